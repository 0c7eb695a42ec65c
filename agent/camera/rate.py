"""How much was done in the last hour. Pure.

Counted by the minute, so that it stays small whatever the limit is. A minute counts for as long as any of it lies
within the last hour: never more than the limit in any hour, and at times a minute later than could be.
"""

from dataclasses import dataclass

from agent.units import Seconds

_MINUTE = 60.0
_MINUTES = 60


@dataclass(frozen=True, slots=True)
class LastHour:
    """What was done, by minute of the boot clock: which, and how often."""

    minutes: tuple[tuple[int, int], ...] = ()

    def times(self, now: Seconds) -> int:
        """How often it was done in the last hour."""
        first = int(now // _MINUTE) - _MINUTES
        return sum(times for minute, times in self.minutes if minute >= first)

    def once_more(self, now: Seconds) -> "LastHour":
        """It was done now."""
        this = int(now // _MINUTE)
        kept = [each for each in self.minutes if this - _MINUTES <= each[0] < this]
        so_far = sum(times for minute, times in self.minutes if minute == this)
        return LastHour((*kept, (this, so_far + 1)))
