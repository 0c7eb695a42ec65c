"""How often it is told that a camera is lost, or back. Pure.

A stream that comes and goes would be told with each of its losses, hundreds of times an hour. So a return is told at
most once a minute; until then the camera is told as lost, however often it is lost again.
"""

from dataclasses import dataclass, replace
from typing import Final

from agent.units import Seconds

APART: Final = Seconds(60.0)
"""Between two returns that are told."""
_NEVER: Final = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Losses:
    """What is told of a camera's losses.

    Attributes:
        is_lost: Whether it is told as lost.
        is_away: Whether there really are no frames.
        lost_at: When it was told as lost last.
        times: How often it was lost from then to its return as told.
        back_at: When its last return was told; None: there was none.
    """

    is_lost: bool = False
    is_away: bool = False
    lost_at: Seconds = _NEVER
    times: int = 0
    back_at: Seconds | None = None

    @property
    def is_back_untold(self) -> bool:
        """Whether it gives frames while it is told as lost."""
        return self.is_lost and not self.is_away


def follow(state: Losses, now: Seconds, *, is_away: bool) -> Losses:
    """After each look, and when frames are lost.

    Args:
        state: Until now.
        now: On the boot clock.
        is_away: Whether there are no frames.
    """
    if is_away and not state.is_away:
        lost_at, times = (state.lost_at, state.times + 1) if state.is_lost else (now, 1)
        return replace(state, is_lost=True, is_away=True, lost_at=lost_at, times=times)
    state = replace(state, is_away=is_away)
    if state.is_back_untold and (state.back_at is None or now - state.back_at >= APART):
        return replace(state, is_lost=False, back_at=now)
    return state
