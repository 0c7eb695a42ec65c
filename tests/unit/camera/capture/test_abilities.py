"""What programs say of what cameras can be read with."""

import sys
from pathlib import Path

from agent.camera.capture.abilities import OpenCv, ask_gstreamer, ask_opencv, find_devices

BUILT = """
  Video I/O:
    FFMPEG:                      YES
      avcodec:                   YES (59.37.100)
    GStreamer:                   NO
    v4l/v4l2:                    YES (linux/videodev2.h)
"""
LISTED = """coreelements:  fdsink: Filedescriptor Sink
y4menc:  y4menc: YUV4MPEG video encoder
typefindfunctions: video/quicktime: mov, mp4
nvarguscamerasrc:  nvarguscamerasrc: NvArgusCameraSrc

Total count: 3 plugins
"""


def _says(text: str, code: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys; print({text!r}, end=''); sys.exit({code})")


def test_opencv() -> None:
    assert ask_opencv(_says(f"4.12.0\n{BUILT}")) == OpenCv("4.12.0", ffmpeg=True, v4l2=True)


def test_this_opencv() -> None:
    found = ask_opencv()
    assert found.version is not None
    assert found.ffmpeg


def test_an_opencv_that_does_not_load() -> None:
    command = (sys.executable, "-c", "raise ImportError('libGL.so.1')")
    assert ask_opencv(command) == OpenCv(None, problem="ImportError: libGL.so.1")


def test_gstreamer() -> None:
    assert ask_gstreamer(_says(LISTED)) == frozenset({"fdsink", "y4menc", "nvarguscamerasrc"})
    assert ask_gstreamer(_says(LISTED, code=1)) is None
    assert ask_gstreamer(("/nowhere/gst-inspect-1.0",)) is None


def test_devices(tmp_path: Path) -> None:
    for name in ("video1", "video0", "audio0"):
        (tmp_path / name).touch()
    found = find_devices(str(tmp_path / "video*"))
    assert [Path(device.path).name for device in found] == ["video0", "video1"]
    assert all(device.allowed and device.group for device in found)
