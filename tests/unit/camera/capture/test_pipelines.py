"""GStreamer's pipelines, and its messages in words."""

import pytest

from agent.camera.capture.pipelines import arguments_of, csi_pipeline, decode_pipeline, user_pipeline, why_of
from agent.camera.capture.source import Csi


def test_a_sensor_is_read_in_the_hardwares_memory() -> None:
    arguments = arguments_of(csi_pipeline(Csi(1), 1920, 1080, fd=7))
    assert arguments[:5] == [
        "nvarguscamerasrc",
        "sensor-id=1",
        "!",
        "video/x-raw(memory:NVMM),width=1920,height=1080,format=NV12,framerate=30/1",
        "!",
    ]
    assert arguments[5:8] == ["nvvidconv", "!", "video/x-raw,format=I420"]
    assert arguments[-3:] == ["fdsink", "fd=7", "sync=false"]


@pytest.mark.parametrize("text", ["videotestsrc ! x", "videotestsrc ! x !"])
def test_a_users_pipeline_is_continued(text: str) -> None:
    assert user_pipeline(text, fd=5).startswith("videotestsrc ! x ! videoconvert ! video/x-raw,format=I420 ! ")


def test_a_users_quotes_are_a_shells() -> None:
    assert arguments_of('filesrc location="a b.mp4" ! x')[:2] == ["filesrc", "location=a b.mp4"]
    with pytest.raises(ValueError, match="quotation"):
        arguments_of('filesrc location="a')


@pytest.mark.parametrize(("codec", "parser"), [(b"h264", "h264parse"), (b"HEVC", "h265parse"), (b"avc1", "h264parse")])
def test_a_known_codec_has_a_parser(codec: bytes, parser: str) -> None:
    assert str(decode_pipeline(codec, "nvv4l2decoder", 3)).startswith(f"fdsrc fd=0 ! {parser} ! nvv4l2decoder ! ")


def test_another_codec_has_none() -> None:
    assert decode_pipeline(b"MJPG", "nvv4l2decoder", 3) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            'WARNING: erroneous pipeline: no element "nosuch"',
            "GStreamer has no element nosuch: a plugin package is missing, or it is misspelt",
        ),
        (
            'WARNING: erroneous pipeline: no element "nvarguscamerasrc"',
            "the element nvarguscamerasrc is missing: CSI cameras need a Jetson with JetPack's nvidia-l4t-camera",
        ),
        (
            "ERROR: from element /GstPipeline:p/GstV4l2Src:v: Cannot identify device '/dev/video9'.\nAdditional",
            "GStreamer: Cannot identify device '/dev/video9'.",
        ),
        (
            "(Argus) Error Timeout\nERROR: from element x: Failed to create CaptureSession",
            "the camera service does not answer: sudo systemctl restart nvargus-daemon",
        ),
        ("", "the pipeline ended without a reason"),
    ],
)
def test_messages_in_words(said: str, why: str) -> None:
    assert why_of(said) == why
