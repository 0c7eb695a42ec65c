"""How far the update is, on the disk: `update.json`, and what the launcher leaves for the next updater.

Read by older and newer agents: fields that are not known are ignored, fields that are not there have their defaults. A
state that is not known is a newer agent's, which was rolled back: the update is taken for idle, and the slots tell what
is to be undone. What must not be forgotten then, the release that came to nothing, is read by itself.
"""

import contextlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from agent.durable_file import write_durably
from agent.fleet.state import is_complete
from agent.fleet.update import Rejected, Update
from agent.fleet.values import ReleaseName
from agent.fleet.waking import GivenUp

_UPDATE: Final = TypeAdapter(Update)
_REJECTED: Final = TypeAdapter(Rejected)
_MOST_READ: Final = 4096
"""Bytes of what the launcher left."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was read.

    Attributes:
        update: How far the update is.
        problem: Why it is taken for idle, for a person; None: it was read.
    """

    update: Update
    problem: str | None = None


class UpdateRecord(Protocol):
    """Where the updater keeps how far it is. Blocking."""

    def read(self) -> Kept:
        """What was written last; idle where that cannot be read."""

    def write(self, update: Update) -> None:
        """Durable when it returns. Raises `OSError`: what was there before is."""

    def given_up(self) -> GivenUp | None:
        """What the launcher gave up since `forget_given_up`."""

    def forget_given_up(self) -> None:
        """It has been heeded. Raises `OSError`."""


class UpdateFile:
    """In the fleet's folder.

    Args:
        folder: `<state_dir>/fleet`; made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "update.json"
        self._fell_back = folder / "fell-back"

    def read(self) -> Kept:
        """As `UpdateRecord`; a damaged file is set aside."""
        try:
            fields = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return Kept(Update())
        except OSError as error:
            return Kept(Update(), f"{self._file} cannot be read: {error.strerror}")
        except ValueError:
            return self._set_aside()
        try:
            update = _UPDATE.validate_python(fields)
        except ValidationError:
            return _of_another_agent(fields)
        return Kept(update) if is_complete(update) else _of_another_agent(fields)

    def write(self, update: Update) -> None:
        """As `UpdateRecord`."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._file, to_json(update))

    def given_up(self) -> GivenUp | None:
        """As `UpdateRecord`: the release's name, then why."""
        try:
            with self._fell_back.open(encoding="utf-8", errors="replace") as file:
                name, _, why = file.read(_MOST_READ).strip().partition(" ")
        except OSError:
            return None
        return GivenUp(ReleaseName(name), why.strip() or "the launcher gave it up") if name else None

    def forget_given_up(self) -> None:
        """As `UpdateRecord`."""
        self._fell_back.unlink(missing_ok=True)

    def _set_aside(self) -> Kept:
        aside = self._file.with_suffix(".damaged")
        with contextlib.suppress(OSError):
            self._file.replace(aside)
        _log.error("update_file_damaged", extra={"set_aside": str(aside)})
        return Kept(Update(), f"{self._file} was damaged, and is {aside.name} now")


def _of_another_agent(fields: object) -> Kept:
    state = fields.get("state") if isinstance(fields, dict) else None
    return Kept(Update(rejected=_rejected(fields)), f"the update is {state!r} in a way that this agent does not know")


def _rejected(fields: object) -> Rejected | None:
    try:
        return _REJECTED.validate_python(fields["rejected"]) if isinstance(fields, dict) else None
    except (KeyError, ValidationError):
        return None
