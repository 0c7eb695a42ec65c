"""How long an engine rests between two steps, so that it is busy for a given share of the time. Pure.

What is counted is work that has not been rested for. A rest that was too long, because a clock is coarse, is credit
for the next one; a new duty counts at once, also for what was done under the old one.
"""

import math

from agent.units import Ratio, Seconds

_MOST_CREDIT = Seconds(0.05)
"""Rest beyond this is no credit: an engine that waited for the agent does not make up for it."""

_TRIFLE = 1e-5
"""Seconds that no clock could wait for."""


class Pacer:
    """Keeps the account of one engine."""

    def __init__(self) -> None:
        self._duty = Ratio(1.0)
        self._unrested = 0.0

    def ask(self, duty: Ratio) -> None:
        """From now on, be busy for this share of the time; 0: not at all."""
        self._duty = duty
        if duty >= 1:
            self._unrested = 0.0

    def worked(self, seconds: Seconds) -> None:
        """A step took so long."""
        if self._duty < 1:
            self._unrested += seconds

    def rested(self, seconds: Seconds) -> None:
        """So much time passed without one."""
        if self._duty < 1:
            self._unrested = max(-_MOST_CREDIT, self._unrested - seconds * self._duty / (1 - self._duty))

    @property
    def rest(self) -> Seconds:
        """How long to rest now; infinite at duty 0."""
        if self._duty <= 0:
            return Seconds(math.inf)
        rest = self._unrested * (1 - self._duty) / self._duty
        return Seconds(rest if rest > _TRIFLE else 0.0)
