"""Whether a capture process gets on, judged by the numbers of its frames alone. Pure."""

from dataclasses import dataclass, replace

from agent.units import Seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """What has been seen of one process.

    Attributes:
        number: Of the latest frame.
        at: When it was first seen, or when the process started.
        first_at: When its first frame was seen; None: not yet.
    """

    number: int
    at: Seconds
    first_at: Seconds | None = None


def advance(progress: Progress, number: int, now: Seconds) -> Progress:
    """After another look at the latest frame's number."""
    if number == progress.number:
        return progress
    return replace(progress, number=number, at=now, first_at=now if progress.first_at is None else progress.first_at)


def has_stalled(progress: Progress, now: Seconds, stall_timeout: Seconds, opening: Seconds) -> bool:
    """Whether it is to be given up.

    Args:
        progress: What has been seen of it.
        now: On the same clock.
        stall_timeout: It may be without a frame for so long.
        opening: And before its first one for so much longer.
    """
    allowed = stall_timeout if progress.first_at is not None else stall_timeout + opening
    return now - progress.at >= allowed


def was_good(progress: Progress, stall_timeout: Seconds) -> bool:
    """Whether it gave frames for long enough that its failure is a new one, not the last one again."""
    return progress.first_at is not None and progress.at - progress.first_at >= stall_timeout
