"""Tells a server that sends just enough not to be silent from one that sends. Pure: the caller has the clock."""

from dataclasses import dataclass

from agent.units import Bytes, Seconds


@dataclass(frozen=True, slots=True)
class LeastRate:
    """What a server has to send.

    Attributes:
        size: So many bytes at least
        each: in so long.
    """

    size: Bytes
    each: Seconds


class RateMeter:
    """Of what one server sends; connections that end early and are begun again included.

    Args:
        least: What it has to send.
    """

    def __init__(self, least: LeastRate) -> None:
        self._least = least
        self._size = 0
        self._spent = 0.0

    def is_too_slow(self, size: int, spent: Seconds) -> bool:
        """Whether it was below the least rate, after so many more bytes for which it was waited so long."""
        self._size += size
        self._spent += spent
        if self._spent < self._least.each:
            return False
        enough = self._least.size * self._spent / self._least.each
        is_slow = self._size < enough
        self._size, self._spent = 0, 0.0
        return is_slow
