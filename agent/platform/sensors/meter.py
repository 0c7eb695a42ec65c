"""What every meter of power has in common."""

from typing import Protocol

from agent.platform.readings import Rail, Reading, Why
from agent.units import Milliwatts, Seconds

_MIN_MILLIWATTS = -1000.0
_MAX_MILLIWATTS = 10_000_000.0
"""No machine that this runs on takes 10 kW: more is a broken sensor."""


class Meter(Protocol):
    """Measures one rail."""

    @property
    def rail(self) -> Rail:
        """What it measures."""
        ...

    def read(self, now: Seconds) -> Reading[Milliwatts]:
        """Its power now."""
        ...


def milliwatts(value: float) -> Reading[Milliwatts]:
    """A power that a meter computed; slightly below zero, as an idle shunt's offset is, counts as zero."""
    if not _MIN_MILLIWATTS <= value <= _MAX_MILLIWATTS:
        return Reading(None, Why.IMPLAUSIBLE)
    return Reading(Milliwatts(max(value, 0.0)))
