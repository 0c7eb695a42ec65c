"""What is set about cameras while the agent runs, over what the configuration says, and kept over a restart.

Owns the file that it is kept in. A file that is not there, or is not what it should be, is as good as none: the
configuration holds then.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from agent.camera.settings import Camera, QuietSpan
from agent.camera.values import CameraName
from agent.durable_file import write_durably
from agent.errors import ErrorCode, RejectedError
from agent.units import Seconds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for, or has been set so far. None: as it was.

    Attributes:
        on: Whether the camera makes observations.
        every: The least time between two observations of the same kind.
        when: What makes one.
        prompt: What the model is asked; empty: nothing, and no model runs.
        most_per_hour: More observations than this in an hour are not made.
        quiet: When none are made; empty: at all hours they are.
        reset: Forget first what was set before.
    """

    on: bool | None = None
    every: Seconds | None = None
    when: tuple[str, ...] | None = None
    prompt: str | None = None
    most_per_hour: int | None = None
    quiet: tuple[QuietSpan, ...] | None = None
    reset: bool = False


_CHANGES: Final = TypeAdapter(dict[CameraName, Change])


def merged(before: Change, change: Change) -> Change:
    """What has been set after one change more."""
    base = Change() if change.reset else before
    return Change(
        on=base.on if change.on is None else change.on,
        every=base.every if change.every is None else change.every,
        when=base.when if change.when is None else change.when,
        prompt=base.prompt if change.prompt is None else change.prompt,
        most_per_hour=base.most_per_hour if change.most_per_hour is None else change.most_per_hour,
        quiet=base.quiet if change.quiet is None else change.quiet,
    )


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for a camera now.

    Attributes:
        on: Whether it makes observations.
        settings: The configuration, with what was set in its place.
        is_set: Whether anything was set.
    """

    on: bool
    settings: Camera
    is_set: bool


def effective(settings: Camera, change: Change) -> Effective:
    """What holds.

    Raises:
        RejectedError: What was set does not go with the configuration.
    """
    when = settings.when if change.when is None else change.when
    if "class" in when and settings.detector is None:
        raise RejectedError(ErrorCode.INVALID_REQUEST, "/when: class needs a detector in the configuration")
    values = {
        "when": when,
        "every": settings.every if change.every is None else change.every,
        "prompt": settings.prompt if change.prompt is None else change.prompt or None,
        "most_per_hour": settings.most_per_hour if change.most_per_hour is None else change.most_per_hour,
        "quiet": settings.quiet if change.quiet is None else change.quiet,
    }
    return Effective(change.on is not False, settings.model_copy(update=values), change != Change())


def holding(
    configured: Mapping[CameraName, Camera], changes: Mapping[CameraName, Change]
) -> dict[CameraName, Effective]:
    """What holds for each camera."""
    return {name: effective(settings, replace(changes[name], reset=False)) for name, settings in configured.items()}


class RunTimeFile:
    """What has been set, by camera, as a file.

    Args:
        file: Where.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self, cameras: Mapping[CameraName, Camera]) -> dict[CameraName, Change]:
        """What was set of each camera; what does not go with the configuration any more is left out."""
        known = self._read()
        changes = {}
        for name, settings in cameras.items():
            change = replace(known.get(name, Change()), reset=False)
            try:
                effective(settings, change)
            except RejectedError as error:
                _log.warning("camera_setting_left_out", extra={"camera": name, "reason": error.message})
                change = Change()
            changes[name] = change
        return changes

    def write(self, changes: Mapping[CameraName, Change]) -> None:
        """Replace it. Blocks.

        Raises:
            OSError: It could not be written; the old one is as it was.
        """
        write_durably(self._file, _CHANGES.dump_json(dict(changes), exclude_none=True, by_alias=True))

    def _read(self) -> dict[CameraName, Change]:
        try:
            return _CHANGES.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            _log.warning(
                "camera_settings_not_read", extra={"file": str(self._file), "reason": str(error).split("\n")[0]}
            )
            return {}
