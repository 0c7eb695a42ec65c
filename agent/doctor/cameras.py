"""What the configured cameras can be read with, and what they are missing."""

import os
from collections.abc import Iterator, Mapping

from agent.camera.capture.abilities import Abilities
from agent.camera.capture.shortcomings import JETSON_ELEMENTS, Shortcoming, shortcoming_of
from agent.camera.capture.source import Stored, source_of
from agent.camera.settings import Camera
from agent.doctor.finding import Finding, Mark


def judge_cameras(abilities: Abilities, cameras: Mapping[str, Camera], user: str) -> Iterator[Finding]:
    """What there is, then each camera that is missing something.

    Args:
        abilities: What there is.
        cameras: The configured ones, by their names.
        user: Who reads them.
    """
    yield Finding("cameras", Mark.OK, _what_there_is(abilities))
    for name, camera in cameras.items():
        missing = shortcoming_of(camera.source, abilities, user) or _absent(camera.source, user)
        if missing is not None:
            yield Finding("cameras", Mark.WARN, f"{name}: {missing.found}", missing.advice)


def _absent(source: str, user: str) -> Shortcoming | None:
    """That a file or a folder is not there."""
    kind = source_of(source)
    if not isinstance(kind, Stored) or os.path.exists(kind.path):  # noqa: PTH110 - also where looking is not allowed
        return None
    return Shortcoming(f"{kind.path} is not there, or {user} may not see it.", "Correct cameras.<name>.source.")


def _what_there_is(abilities: Abilities) -> str:
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
