"""What is put off, why, and until when: for the same reason again, each time for twice as long."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from agent.units import Seconds

_MAX_PAUSE = Seconds(3600.0)
_ENOUGH_DOUBLINGS = 12


class Why(Enum):
    """Why a message is put off; the value is the first pause."""

    BUSY = Seconds(1.0)
    """The broker did not take it."""
    HANGS_UP = Seconds(60.0)
    """The connection ended when nothing else was on its way."""


@dataclass(frozen=True, slots=True)
class _Deferral:
    why: Why
    times: int
    due: Seconds


class Deferrals:
    """Messages of the outbox, by their `seq`, that are tried again later. In memory: a new start tries all at once.

    Args:
        now: The time.
    """

    def __init__(self, now: Callable[[], Seconds]) -> None:
        self._now = now
        self._deferred: dict[int, _Deferral] = {}

    def put_off(self, seq: int, why: Why) -> int:
        """Put a message off; how many times in a row that was for this reason."""
        before = self._deferred.get(seq)
        times = before.times + 1 if before is not None and before.why is why else 1
        pause = min(why.value * 2.0 ** min(times - 1, _ENOUGH_DOUBLINGS), _MAX_PAUSE)
        self._deferred[seq] = _Deferral(why, times, Seconds(self._now() + pause))
        return times

    def why(self, seq: int) -> Why | None:
        """Why it was put off, no matter whether it is due by now; None when it was not."""
        deferral = self._deferred.get(seq)
        return None if deferral is None else deferral.why

    def forget(self, seq: int) -> None:
        """It is settled."""
        self._deferred.pop(seq, None)

    def keep_only(self, seqs: set[int]) -> None:
        """Forget all others: they are not in the outbox any more."""
        for seq in self._deferred.keys() - seqs:
            del self._deferred[seq]

    def waiting(self) -> set[int]:
        """Those that are not due."""
        now = self._now()
        return {seq for seq, deferral in self._deferred.items() if deferral.due > now}

    def next_due_in(self) -> Seconds | None:
        """How long until the next one is due; None without any."""
        due = min((deferral.due for deferral in self._deferred.values()), default=None)
        return None if due is None else Seconds(max(0.0, due - self._now()))
