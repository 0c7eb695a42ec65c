"""What the doctor says of the configured cameras."""

from pathlib import Path

from agent.camera.capture.abilities import Abilities, OpenCv
from agent.camera.settings import Camera
from agent.doctor.cameras import judge_cameras
from agent.doctor.finding import Mark

OPENCV = OpenCv("5.0.0", ffmpeg=True, v4l2=True)


def test_what_there_is_and_what_is_missing() -> None:
    cameras = {
        "door": Camera(source="rtsp://ann:hunter2@cam/live"),
        "yard": Camera(source="csi://0"),
    }
    there, *missing = judge_cameras(Abilities(OPENCV, None, ()), cameras, "ann")
    assert there.mark is Mark.OK
    assert there.found == "OpenCV 5.0.0 with FFmpeg and V4L2. Without GStreamer: no CSI cameras, no pipelines."
    assert [(finding.mark, finding.found) for finding in missing] == [
        (Mark.WARN, "yard: GStreamer's programs are not installed."),
    ]


def test_a_jetson() -> None:
    elements = frozenset({"nvarguscamerasrc", "nvvidconv", "videoconvert", "y4menc", "fdsink", "queue", "identity"})
    cameras = {"yard": Camera(source="csi://0")}
    (there,) = judge_cameras(Abilities(OPENCV, elements, ()), cameras, "ann")
    assert there.found.endswith("GStreamer with nvarguscamerasrc, nvvidconv.")


def test_no_opencv() -> None:
    opencv = OpenCv(None, problem="ImportError: libGL.so.1")
    there, missing = judge_cameras(Abilities(opencv, frozenset(), ()), {"a": Camera(source="/dev/video0")}, "ann")
    assert "OpenCV does not load: ImportError: libGL.so.1." in there.found
    assert missing.advice is not None
    assert missing.advice.startswith("pip install")


def test_a_file_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "there.mp4").touch()
    cameras = {name: Camera(source=f"{tmp_path}/{name}.mp4") for name in ("there", "gone")}
    _, missing = judge_cameras(Abilities(OPENCV, frozenset(), ()), cameras, "ann")
    assert missing.mark is Mark.WARN
    assert missing.found == f"gone: {tmp_path}/gone.mp4 is not there, or ann may not see it."
