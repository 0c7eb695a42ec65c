"""Whose turn it is to be looked at when not all can be. Pure.

Each camera has its own period. Of those whose look is due, the one goes first that has waited longest in periods of its
own: what is missing is then missing to all in the same proportion. Looks that were due while another waited are shed:
only the latest frame is worth one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.camera.values import CameraName
from agent.units import Seconds

_POLLS = 8
"""How often in a period it is looked whether there is a frame, when there was none at its time."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A camera's place in the order.

    Attributes:
        period: From one look to the next.
        due: When the next one is.
        last: When the last one was; before the first: any time before it.
        looked: How many there were.
        shed: How many there should have been besides.
    """

    period: Seconds
    due: Seconds
    last: Seconds
    looked: int = 0
    shed: int = 0


def choose(turns: Mapping[CameraName, Turn], now: Seconds) -> CameraName | None:
    """The camera to look at now; None: none is due."""
    due = [(name, turn) for name, turn in turns.items() if turn.due <= now]
    if not due:
        return None
    return max(due, key=lambda each: (now - each[1].last) / each[1].period)[0]


def next_due(turns: Mapping[CameraName, Turn], now: Seconds, longest: Seconds) -> Seconds:
    """How long nothing is due; `longest` at most."""
    return Seconds(max(0.0, min([longest, *(turn.due - now for turn in turns.values())])))


def after_look(turn: Turn, began: Seconds) -> Turn:
    """A look was made.

    Args:
        turn: As it was.
        began: When it began: whole periods since it was due are shed looks.
    """
    shed = int((began - turn.due) / turn.period)
    due = Seconds(turn.due + (shed + 1) * turn.period)
    return replace(turn, due=due, last=began, looked=turn.looked + 1, shed=turn.shed + shed)


def after_nothing(turn: Turn, now: Seconds) -> Turn:
    """There was no new frame: that is nobody's delay."""
    return replace(turn, due=Seconds(now + turn.period / _POLLS))
