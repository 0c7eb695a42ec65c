"""GStreamer's pipelines as text, and what its messages mean. Pure.

NVIDIA's elements: Jetson Linux Developer Guide, Accelerated GStreamer. `nvvidconv` brings frames from the hardware's
memory to the processor's, and gives I420 without the processor's help.
"""

import shlex
from typing import Final

from agent.camera.capture.source import Csi

_RAW: Final = "video/x-raw,format=I420"
_TO_PIPE: Final = "! identity drop-allocation=true ! y4menc ! fdsink fd={fd} sync={sync}"
"""Without `identity` a decoder is told that it may pad its rows, which `y4menc` (1.22) then writes out as they are."""
_LATEST_ONLY: Final = "! queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0"
_RATE: Final = 30
_PARSERS: Final = {b"h264": "h264parse", b"avc1": "h264parse", b"hevc": "h265parse", b"hev1": "h265parse"}
"""By OpenCV's name of the codec."""

_MEANINGS: Final = (
    ("CaptureSession", "the camera service does not answer: sudo systemctl restart nvargus-daemon"),
    ("InvalidState", "the camera service does not answer: sudo systemctl restart nvargus-daemon"),
    ("No cameras available", "there is no sensor: is it connected, and its overlay chosen with jetson-io?"),
    (
        'no element "nvarguscamerasrc"',
        "the element nvarguscamerasrc is missing: CSI cameras need a Jetson with JetPack's nvidia-l4t-camera",
    ),
)
_NO_ELEMENT: Final = 'no element "'
_ERRORS: Final = ("ERROR: from element", "ERROR:", "WARNING: erroneous pipeline:")


def csi_pipeline(source: Csi, width: int, height: int, fd: int) -> str:
    """From a sensor to a pipe."""
    return (
        f"nvarguscamerasrc sensor-id={source.sensor} ! "
        f"video/x-raw(memory:NVMM),width={width},height={height},format=NV12,framerate={_RATE}/1 ! "
        f"nvvidconv ! {_RAW} {_LATEST_ONLY} {_TO_PIPE.format(fd=fd, sync='false')}"
    )


def user_pipeline(text: str, fd: int) -> str:
    """From a pipeline that ends in raw video to a pipe; at the speed of its timestamps, or a file would rush by."""
    return f"{text.rstrip().removesuffix('!').rstrip()} ! videoconvert ! {_RAW} {_TO_PIPE.format(fd=fd, sync='true')}"


def decode_pipeline(codec: bytes, decoder: str, fd: int) -> str | None:
    """From encoded video on standard input to a pipe; None: no parser is known for the codec.

    Args:
        codec: OpenCV's four characters.
        decoder: An element, with what brings its frames to the processor's memory.
        fd: Of the pipe.
    """
    parser = _PARSERS.get(codec.lower())
    if parser is None:
        return None
    return f"fdsrc fd=0 ! {parser} ! {decoder} ! {_RAW} {_LATEST_ONLY} {_TO_PIPE.format(fd=fd, sync='false')}"


def arguments_of(pipeline: str) -> list[str]:
    """A pipeline as gst-launch's arguments, as a shell would split it.

    Raises:
        ValueError: A quotation is not closed.
    """
    return shlex.split(pipeline)


def why_of(said: str) -> str:
    """What went wrong, by what gst-launch printed."""
    for sign, meaning in _MEANINGS:
        if sign in said:
            return meaning
    lines = [line.strip() for line in said.splitlines()]
    for begin in _ERRORS:
        for line in lines:
            if line.startswith(begin):
                return _in_words(line.removeprefix(begin).strip())
    return "the pipeline ended without a reason"


def _in_words(error: str) -> str:
    if error.startswith(_NO_ELEMENT):
        element = error.removeprefix(_NO_ELEMENT).partition('"')[0]
        return f"GStreamer has no element {element}: a plugin package is missing, or it is misspelt"
    return f"GStreamer: {error.partition(': ')[2] or error}"
