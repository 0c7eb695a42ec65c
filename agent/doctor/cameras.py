"""What the configured cameras can be read with, and what they are missing."""

import os
from collections.abc import Iterator, Mapping

from agent.camera.capture.abilities import Abilities
from agent.camera.capture.shortcomings import Shortcoming, shortcoming_of, what_there_is
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
    yield Finding("cameras", Mark.OK, what_there_is(abilities))
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
