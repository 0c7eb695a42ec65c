"""What this machine can read cameras with.

Found out in processes of their own: the agent does not import OpenCV, and GStreamer looks through its plugins for some
time when it is asked for the first time.
"""

import glob
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.platform.device_file import DeviceFile, device_file
from agent.units import Seconds

_TIMEOUT: Final = Seconds(30.0)
_ASK_OPENCV: Final = (
    sys.executable,
    "-P",
    "-c",
    "import cv2; print(cv2.__version__); print(cv2.getBuildInformation())",
)
_ASK_GSTREAMER: Final = ("gst-inspect-1.0",)
_ELEMENT: Final = re.compile(r"^\S+:\s+([\w-]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OpenCv:
    """What came of the import of OpenCV.

    Attributes:
        version: None when it does not load.
        ffmpeg: Whether it reads RTSP and video files.
        v4l2: Whether it reads devices.
        problem: Why it does not load.
    """

    version: str | None
    ffmpeg: bool = False
    v4l2: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Abilities:
    """What cameras can be read with.

    Attributes:
        opencv: The library.
        elements: GStreamer's; None: its programs are not installed.
        devices: Cameras and grabbers, as far as this user sees their files.
    """

    opencv: OpenCv
    elements: frozenset[str] | None
    devices: tuple[DeviceFile, ...]


def find_abilities() -> Abilities:
    """Ask; takes about a second, and some more for the first time after a boot."""
    return Abilities(ask_opencv(), ask_gstreamer(), find_devices())


def ask_opencv(command: Sequence[str] = _ASK_OPENCV) -> OpenCv:
    """What OpenCV says of how it was built.

    Args:
        command: What prints its version, and then `getBuildInformation`.
    """
    try:
        asked = subprocess.run(  # noqa: S603 - our own interpreter
            command, check=False, capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return OpenCv(None, problem=f"it has not loaded after {_TIMEOUT:g} s")
    if asked.returncode != 0:
        return OpenCv(None, problem=(asked.stderr.strip().splitlines() or ["it said nothing"])[-1])
    version, _, built = asked.stdout.partition("\n")

    def has(name: str) -> bool:
        return re.search(rf"^\s*{name}:\s+YES", built, re.MULTILINE) is not None

    return OpenCv(version, has("FFMPEG"), has("v4l/v4l2"))


def ask_gstreamer(command: Sequence[str] = _ASK_GSTREAMER) -> frozenset[str] | None:
    """Which elements there are; None: its programs are not installed, or do not answer.

    Args:
        command: What lists them.
    """
    try:
        asked = subprocess.run(  # noqa: S603 - a program of GStreamer's
            command, check=False, capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return frozenset(_ELEMENT.findall(asked.stdout)) if asked.returncode == 0 else None


def find_devices(pattern: str = "/dev/video*") -> tuple[DeviceFile, ...]:
    """Cameras and grabbers.

    Args:
        pattern: Their files.
    """
    return tuple(
        device_file(Path(path), path)
        for path in sorted(glob.glob(pattern))  # noqa: PTH207 - of the root, a pattern
    )
