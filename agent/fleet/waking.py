"""What a new process finds of an update that an earlier one was amid. Pure."""

from dataclasses import dataclass
from typing import Final

from agent.fleet.happenings import FellBack, Happening, Orphaned, Proved, Started, Troubled
from agent.fleet.update import State, Update
from agent.fleet.values import ReleaseName

UNKNOWN: Final = ReleaseName("?")
"""What the launcher writes where it could not read which release was on trial."""

NOT_COUNTED: Final = "its start could not be counted"
"""What it writes where the disk was full, or failed."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What the launcher has written when it went back by itself."""

    release: ReleaseName
    why: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is so when a process starts.

    Attributes:
        running: The release that this process is; None: the installed one.
        good: As `Slots.good`.
        trial: As `Slots.trial`.
        given_up: What the launcher gave up since an updater last looked.
    """

    running: ReleaseName | None
    good: ReleaseName | None
    trial: ReleaseName | None
    given_up: GivenUp | None


def on_waking(update: Update, found: Circumstances) -> Happening | None:  # noqa: PLR0911 - a table
    """What has happened since the file was written; None: nothing, its step is to be done.

    Args:
        update: What the file says.
        found: What is so.
    """
    is_running = found.running == update.release and update.release is not None
    if update.state is State.SWITCHING:
        if is_running and found.good == update.release:  # it did not come up, and has been tried again
            return Proved("it was the good one already")
        if is_running:
            return Started()
        if _given_up(update, found) is not None:
            return _fell_back(update, found)
        return Troubled(f"{update.release} was to be started, and {_named(found.running)} was")
    if update.state is State.PROVING:
        return None if is_running else _fell_back(update, found)
    if update.is_over or update.state not in (State.COMMITTED, State.ROLLED_BACK):
        return _orphan(update, found)
    if update.state is State.COMMITTED and not is_running and found.good != update.release:
        return _fell_back(update, found)
    return None


def _orphan(update: Update, found: Circumstances) -> Orphaned | None:
    if found.trial is None or found.trial == found.good:
        return None
    return Orphaned(found.trial, f"it was on trial, and the update is {update.state}")


def _fell_back(update: Update, found: Circumstances) -> FellBack:
    """What the disk did not let it write down either was no word on the release."""
    why = _given_up(update, found) or f"the launcher started {_named(found.running)}"
    return FellBack(why, rejected=found.given_up is not None and why != NOT_COUNTED)


def _given_up(update: Update, found: Circumstances) -> str | None:
    given_up = found.given_up
    return given_up.why if given_up is not None and given_up.release in (update.release, UNKNOWN) else None


def _named(release: ReleaseName | None) -> str:
    return "the installed release" if release is None else release
