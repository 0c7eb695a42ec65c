"""What a source is missing, by what a machine can do."""

from dataclasses import replace

import pytest

from agent.camera.capture.abilities import Abilities, OpenCv
from agent.camera.capture.shortcomings import JETSON_ELEMENTS, NEEDED_ELEMENTS, shortcoming_of
from agent.platform.device_file import DeviceFile

OPENCV = OpenCv("5.0.0", ffmpeg=True, v4l2=True)
DEVICES = (DeviceFile("/dev/video0", "video", allowed=True), DeviceFile("/dev/video1", "video", allowed=False))
PLAIN = Abilities(OPENCV, frozenset(NEEDED_ELEMENTS), DEVICES)
JETSON = replace(PLAIN, elements=frozenset((*NEEDED_ELEMENTS, *JETSON_ELEMENTS)))


@pytest.mark.parametrize(
    ("source", "abilities"),
    [
        ("/dev/video0", PLAIN),
        ("/dev/v4l/by-id/usb-cam", PLAIN),
        ("rtsp://cam/", PLAIN),
        ("http://cam/", replace(PLAIN, opencv=replace(OPENCV, ffmpeg=False))),
        ("clip.mp4", PLAIN),
        ("gst:videotestsrc", PLAIN),
        ("csi://0", JETSON),
    ],
)
def test_nothing(source: str, abilities: Abilities) -> None:
    assert shortcoming_of(source, abilities, "ann") is None


@pytest.mark.parametrize(
    ("source", "abilities", "found", "advice"),
    [
        ("/dev/video1", PLAIN, "is for the group video, and ann is not in it", "usermod -aG video ann"),
        ("/dev/video9", PLAIN, "/dev/video9 is not there; there is /dev/video0, /dev/video1", "Plug the camera in"),
        ("/dev/video0", replace(PLAIN, opencv=replace(OPENCV, v4l2=False)), "without V4L2", "The wheel has it"),
        ("rtsp://cam/", replace(PLAIN, opencv=replace(OPENCV, ffmpeg=False)), "without FFmpeg", "The wheel has it"),
        ("csi://0", PLAIN, "GStreamer has no nvarguscamerasrc, nvvidconv", "nvidia-l4t-camera"),
        ("csi://0", replace(PLAIN, elements=None), "are not installed", "gstreamer1.0-tools"),
        ("gst:x", replace(PLAIN, elements=frozenset({"fdsink"})), "has no videoconvert, y4menc", "plugins-good"),
        ("rtsp://cam/", replace(PLAIN, opencv=OpenCv(None, problem="no numpy")), "not load: no numpy", "pip install"),
    ],
)
def test_something(source: str, abilities: Abilities, found: str, advice: str) -> None:
    missing = shortcoming_of(source, abilities, "ann")
    assert missing is not None
    assert found in missing.found
    assert advice in missing.advice
