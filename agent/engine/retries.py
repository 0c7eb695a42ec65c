"""When a server that could not be used is asked again, or not at all any more. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from agent.units import Seconds, UnixSeconds

MOST_TRIES = 3
"""Of a prompt that does not wait for the server to come back; of one that does, those that the server itself failed."""

_FIRST = Seconds(0.5)
_LONGEST = Seconds(30.0)
_ENOUGH_DOUBLINGS = 10
_PATIENCE = Seconds(10.0)
"""What does not wait for the server to come back does not sit out a longer pause either."""

_LONGEST_PAUSE = Seconds(3600.0)
"""A server may ask for any time, also for one that no number holds."""


def pause(
    failures: int,
    *,
    retry_after: Seconds | None,
    time_left: Seconds | None,
    waits: bool,
    jitter: Callable[[], float],
) -> Seconds | None:
    """How long to wait before the next try; None: no more tries.

    Exponential, and jittered, so that a fleet does not come back as one; never sooner than the server asks.

    Args:
        failures: Tries that have failed.
        retry_after: When the server says to come back, as `read_retry_after` gives it; None: it does not say.
        time_left: Until nothing of use can come any more; None: for ever.
        waits: Whether the prompt waits for the server however long it is away.
        jitter: A random number from 0 to 1.
    """
    longest = min(_LONGEST, _FIRST * 2.0 ** min(failures - 1, _ENOUGH_DOUBLINGS))
    wait = Seconds(max(longest * (0.5 + jitter() / 2), retry_after or 0.0))
    if waits:
        return wait
    is_too_long = wait > _PATIENCE or (time_left is not None and wait >= time_left)
    return None if failures >= MOST_TRIES or is_too_long else wait


def read_retry_after(value: str | None, now: UnixSeconds) -> Seconds | None:
    """The header Retry-After: seconds, or a date (RFC 9110, section 10.2.3), an hour at most; None without sense in it.

    Args:
        value: The header's.
        now: By the wall clock.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return Seconds(min(float(value), _LONGEST_PAUSE))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return Seconds(min(max(0.0, (aware - datetime.fromtimestamp(now, UTC)).total_seconds()), _LONGEST_PAUSE))
