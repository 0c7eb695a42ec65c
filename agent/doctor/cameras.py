"""What the configured cameras can be read with, and what they are missing."""

from collections.abc import Iterator, Mapping

from agent.camera.capture.abilities import Abilities
from agent.camera.capture.shortcomings import shortcoming_of, what_there_is
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
        missing = shortcoming_of(camera.source, abilities, user)
        if missing is not None:
            yield Finding("cameras", Mark.WARN, f"{name}: {missing.found}", missing.advice)
