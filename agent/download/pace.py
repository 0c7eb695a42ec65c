"""Keeps a download below a rate. Pure: the caller has the clock and waits."""

from agent.units import Bytes, Seconds


class Pace:
    """When the next bytes may be read.

    Args:
        rate: Bytes a second; None: no limit.
    """

    def __init__(self, rate: Bytes | None) -> None:
        self._rate = rate
        self._free_at = Seconds(0.0)

    def wait(self, size: int, now: Seconds) -> Seconds:
        """How long to wait after so many bytes have come; time in which none came is not made up for."""
        if self._rate is None:
            return Seconds(0.0)
        self._free_at = Seconds(max(self._free_at, now) + size / self._rate)
        return Seconds(self._free_at - now)
