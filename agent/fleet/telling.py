"""What is told of an update: to the broker, by events and in `R/status`, and to those who have asked.

Owns what was told last. Invariant: nothing is told twice, nor a check that finds nothing: a fleet makes many of those.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from agent.events import Event, UpdateRefused, UpdateState
from agent.fleet.askers import Askers
from agent.fleet.update import State, Update

_TRIED_IN_VAIN: Final = 2
"""A server that does not answer once, and does half a minute later, is told nobody."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Whom the updater tells.

    Attributes:
        emit: Of events.
        show: How far the update is, for `R/status`.
    """

    emit: Callable[[Event], None]
    show: Callable[[UpdateState], None]


class Telling:
    """Of one device's updates.

    Args:
        reports: Whom.
        askers: Those who have asked for a check.
    """

    def __init__(self, reports: Reports, askers: Askers) -> None:
        self._reports = reports
        self._askers = askers
        self._told = Update().said()
        self._refused: UpdateRefused | None = None

    def recall(self, update: Update) -> None:
        """What an earlier process told is not told again; `Settled` is told by whoever settles."""
        state = update.said()
        self._reports.show(state)
        if update.is_over or update.state not in (State.COMMITTED, State.ROLLED_BACK):
            self._told = state

    def unread(self, update: Update, problem: str) -> None:
        """The file of how far it is could not be read."""
        self._reports.emit(UpdateState(update.release, update.state.value, problem))

    def tell(self, update: Update) -> None:
        """Tell what is new."""
        if update.state in (State.COMMITTED, State.ROLLED_BACK) and not update.is_over:
            return
        state = update.said()
        is_same = (self._told.release, self._told.state) == (state.release, state.state)
        if update.state is State.CHECKING or (is_same and not update.is_over):
            self._show_trouble(update)
            return
        if self._told == state:
            return
        self._told = state
        self._reports.show(state)
        if update.release is not None:
            self._reports.emit(state)
            self._askers.tell(f"{update.release} is {update.state}")

    def _show_trouble(self, update: Update) -> None:
        """Why a step comes to nothing; what a release came to nothing of stays."""
        if update.attempts < _TRIED_IN_VAIN or self._told.rejected or self._told.why == update.why:
            return
        self._told = replace(self._told, why=update.why)
        self._reports.show(self._told)

    def refuse(self, refused: UpdateRefused) -> None:
        """Told once, until the fleet is believed again; of the same kind, the time and the place may differ."""
        if self._refused is None or refused.kind != self._refused.kind:
            self._refused = refused
            self._reports.emit(refused)

    def believed(self) -> None:
        """The fleet is believed again."""
        self._refused = None
