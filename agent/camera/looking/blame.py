"""Which camera ends the process that looks at all of them, and for how long it is left out. Pure.

A frame that ends the process once will mostly do so again. The others are not to be blind because of it: after the
second death on one camera's frames the process goes on without it, and tries again after a while that doubles.
"""

from dataclasses import dataclass
from typing import Final

from agent.units import Seconds

MOST_DEATHS: Final = 2
FIRST_WHILE: Final = Seconds(600.0)
LONGEST_WHILE: Final = Seconds(4 * 3600.0)
FORGOTTEN_AFTER: Final = Seconds(6 * 3600.0)
"""A death so long ago has nothing to do with the next one."""


@dataclass(frozen=True, slots=True)
class Blame:
    """What one camera's frames have done.

    Attributes:
        deaths: Of processes that were on it.
        last: When the last one was.
    """

    deaths: int
    last: Seconds

    @property
    def is_news(self) -> bool:
        """Whether with its last death it is left out for the first time."""
        return self.deaths == MOST_DEATHS

    @property
    def out_for(self) -> Seconds:
        """For how long it is left out; 0: it is not."""
        if self.deaths < MOST_DEATHS:
            return Seconds(0.0)
        return Seconds(min(LONGEST_WHILE, FIRST_WHILE * 2.0 ** min(self.deaths - MOST_DEATHS, 10)))

    @property
    def until(self) -> Seconds:
        """When that ends."""
        return Seconds(self.last + self.out_for)


def one_more(before: Blame | None, now: Seconds) -> Blame:
    """A process ended while it was on a camera.

    Args:
        before: What was known of that camera; None: nothing.
        now: On a clock that only goes forward.
    """
    if before is None or now - before.last > FORGOTTEN_AFTER:
        return Blame(1, now)
    return Blame(before.deaths + 1, now)
