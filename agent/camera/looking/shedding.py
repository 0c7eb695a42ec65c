"""Whether so many of a camera's looks are shed that an operator should know. Pure.

Single looks come late on every machine. So a judgement is on half a minute at least, what holds ends only at a clearly
smaller share, and what comes and goes is told now and then only.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from agent.camera.looking.pipe import Rate
from agent.units import Seconds

OVER: Final = Seconds(30.0)
"""A share is that of so long, at least."""
BEGINS_ABOVE: Final = 0.05
ENDS_BELOW: Final = 0.02
TOLD_EVERY: Final = Seconds(600.0)
"""At most once in so long."""
_NEVER: Final = Seconds(-math.inf)


@dataclass(frozen=True, slots=True)
class Shedding:
    """What is known of one camera's looks.

    Attributes:
        since: When the stretch began that is judged next.
        looked: The sum of its rates.
        shed: Likewise.
        parts: How many rates they are.
        holds: Whether too many are shed.
        is_told: Whether that has been told since it began.
        told_at: When it was told last, this time or another.
    """

    since: Seconds
    looked: float = 0.0
    shed: float = 0.0
    parts: int = 0
    holds: bool = False
    is_told: bool = False
    told_at: Seconds = _NEVER


def judge(before: Shedding, rate: Rate, now: Seconds) -> tuple[Shedding, Rate | None]:
    """One more rate.

    Args:
        before: What was known.
        rate: Of the last seconds.
        now: On a clock that only goes forward.

    Returns:
        What is known; and the rate to tell, of the whole stretch, where it is time to.
    """
    looked, shed, parts = before.looked + rate.looked, before.shed + rate.shed, before.parts + 1
    if now - before.since < OVER or looked + shed == 0.0:
        return replace(before, looked=looked, shed=shed, parts=parts), None
    share = shed / (looked + shed)
    holds = share >= ENDS_BELOW if before.holds else share > BEGINS_ABOVE
    after = Shedding(now, holds=holds, is_told=before.is_told and holds, told_at=before.told_at)
    if not holds or after.is_told or now - after.told_at < TOLD_EVERY:
        return after, None
    return replace(after, is_told=True, told_at=now), Rate(looked / parts, shed / parts)
