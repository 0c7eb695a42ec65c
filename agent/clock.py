"""The clocks of the agent, in one value that tests replace.

Durations and deadlines are measured on `CLOCK_BOOTTIME`: it is monotonic, it counts suspended time, and it is the
same for every process of this boot, so that the engine process understands a deadline which the agent set. It starts
again at each boot; `boot_id` says which boot a stored time belongs to.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.units import MinuteOfDay, Seconds, UnixSeconds

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boottime() -> Seconds:
    """Seconds since this boot, monotonic, suspend included (`CLOCK_BOOTTIME`, see clock_gettime(2))."""
    return Seconds(time.clock_gettime(time.CLOCK_BOOTTIME))


def _wall() -> UnixSeconds:
    return UnixSeconds(time.time())


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, in both senses."""

    boot_id: str
    now: Callable[[], Seconds] = boottime
    wall: Callable[[], UnixSeconds] = _wall

    def minute_of_day(self) -> MinuteOfDay:
        """The minute of the day, by local time."""
        local = time.localtime(self.wall())
        return MinuteOfDay(local.tm_hour * 60 + local.tm_min)

    @classmethod
    def of_this_machine(cls) -> "Clock":
        """The machine's own clocks; the boot id as in random(4)."""
        return cls(boot_id=_BOOT_ID.read_text(encoding="ascii").strip())
