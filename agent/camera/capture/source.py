"""What a configured source is, by how it is written. Pure: nothing is opened."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

_CSI: Final = re.compile(r"csi://(\d{1,2})")
_USER_AND_PASSWORD: Final = re.compile(r":[^:]*@")
_NO_SOURCE: Final = (
    "must be /dev/video0, rtsp://, rtsps://, http://, https://, csi://0, gst: with a pipeline, or the path of a "
    "file or a folder, without user and password"
)
"""It repeats nothing of what is there: that may be a URL with a password, mistyped."""
_PICTURES: Final = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Device:
    """A V4L2 device: a USB camera, a grabber."""

    path: str


@dataclass(frozen=True, slots=True)
class Rtsp:
    """An RTSP server, `rtsps` with TLS."""

    url: str


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP server; whether it sends MJPEG or single pictures is what it says itself."""

    url: str


@dataclass(frozen=True, slots=True)
class Csi:
    """A sensor on a Jetson's camera connector, read by Argus."""

    sensor: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A GStreamer pipeline that ends in raw video."""

    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A video file, or a folder of pictures: which of them, the file system says."""

    path: str


Source = Device | Rtsp | Http | Csi | Pipeline | Stored


def source_of(text: str) -> Source:
    """What a source is.

    Raises:
        ValueError: It is none; the words have nothing of it.
    """
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if text.startswith("gst:"):
        return Pipeline(text.removeprefix("gst:").strip())
    if scheme == "csi":
        match = _CSI.fullmatch(text.lower())
        if match is None:
            raise ValueError("a CSI source is csi:// and the sensor's number: csi://0")
        return Csi(int(match[1]))
    if scheme in ("rtsp", "rtsps"):
        return Rtsp(text)
    if scheme in ("http", "https"):
        return Http(text)
    if scheme or _USER_AND_PASSWORD.search(text):
        raise ValueError(_NO_SOURCE)
    if text.startswith("/dev/"):
        return Device(text)
    return Stored(text)


def is_picture(name: str) -> bool:
    """Whether a file in a folder is one of its pictures."""
    return PurePath(name).suffix.lower() in _PICTURES and not name.startswith(".")
