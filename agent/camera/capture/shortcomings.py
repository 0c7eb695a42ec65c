"""What cameras can be read with, and what a source is missing on a machine, in words with what to do. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from agent.camera.capture.abilities import Abilities
from agent.camera.capture.source import Csi, Device, Http, Pipeline, Rtsp, Source, Stored, source_of

_INSTALL_OPENCV: Final = "pip install 'opencv-python-headless>=4.12,<6'"
_INSTALL_GSTREAMER: Final = (
    "sudo apt-get install gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-plugins-bad; in a container, install them in the image."
)
NEEDED_ELEMENTS: Final = ("videoconvert", "y4menc", "fdsink", "queue", "identity")
"""Whatever the pipeline begins with, it ends with these."""
JETSON_ELEMENTS: Final = ("nvarguscamerasrc", "nvvidconv", "nvv4l2decoder")


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Why a source cannot be read here.

    Attributes:
        found: One sentence.
        advice: What to do.
    """

    found: str
    advice: str


def shortcoming_of(source: str, abilities: Abilities, user: str) -> Shortcoming | None:
    """What a source is missing on this machine; None: nothing that can be seen before it is opened.

    Args:
        source: As it is configured.
        abilities: What there is.
        user: Who reads it.
    """
    if abilities.opencv.version is None:
        return Shortcoming(f"OpenCV does not load: {abilities.opencv.problem}.", _INSTALL_OPENCV)
    return _of_kind(source_of(source), abilities, user)


def what_there_is(abilities: Abilities) -> str:
    """What cameras can be read with here, in a sentence or two."""
    opencv = abilities.opencv
    if opencv.version is None:
        library = f"OpenCV does not load: {opencv.problem}."
    else:
        parts = [name for name, there in (("FFmpeg", opencv.ffmpeg), ("V4L2", opencv.v4l2)) if there]
        library = f"OpenCV {opencv.version} with {' and '.join(parts) or 'neither FFmpeg nor V4L2'}."
    if abilities.elements is None:
        return f"{library} Without GStreamer: no CSI cameras, no pipelines."
    hardware = ", ".join(name for name in JETSON_ELEMENTS if name in abilities.elements)
    return f"{library} GStreamer {f'with {hardware}' if hardware else 'without the elements of a Jetson'}."


def _of_kind(source: Source, abilities: Abilities, user: str) -> Shortcoming | None:
    match source:
        case Device(path):
            return _of_device(path, abilities, user)
        case Rtsp() | Stored() if not abilities.opencv.ffmpeg:
            return Shortcoming("This OpenCV was built without FFmpeg.", f"The wheel has it: {_INSTALL_OPENCV}")
        case Csi():
            return _of_elements(abilities.elements, JETSON_ELEMENTS[:2])
        case Pipeline():
            return _of_elements(abilities.elements, ())
        case Rtsp() | Stored() | Http():
            return None
        case other:
            assert_never(other)


def _of_device(path: str, abilities: Abilities, user: str) -> Shortcoming | None:
    if not abilities.opencv.v4l2:
        return Shortcoming("This OpenCV was built without V4L2.", f"The wheel has it: {_INSTALL_OPENCV}")
    node = next((device for device in abilities.devices if device.path == path), None)
    if node is None and path.startswith("/dev/video"):  # others are links to these
        there = ", ".join(device.path for device in abilities.devices) or "none"
        return Shortcoming(
            f"{path} is not there; there is {there}.", f"Plug the camera in; in a container: --device {path}."
        )
    if node is not None and not node.allowed:
        return Shortcoming(
            f"{path} is for the group {node.group}, and {user} is not in it.",
            f"sudo usermod -aG {node.group} {user}; it counts from the next login, for a service from its next start.",
        )
    return None


def _of_elements(elements: frozenset[str] | None, further: Sequence[str]) -> Shortcoming | None:
    if elements is None:
        return Shortcoming("GStreamer's programs are not installed.", _INSTALL_GSTREAMER)
    missing = [name for name in (*NEEDED_ELEMENTS, *further) if name not in elements]
    if not missing:
        return None
    found = f"GStreamer has no {', '.join(missing)}."
    if set(missing) & set(JETSON_ELEMENTS):
        return Shortcoming(
            found,
            "CSI cameras need a Jetson: sudo apt-get install nvidia-l4t-gstreamer nvidia-l4t-camera; in a container: "
            "--runtime nvidia, and mount /tmp/argus_socket.",
        )
    return Shortcoming(found, _INSTALL_GSTREAMER)
