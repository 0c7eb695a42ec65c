"""How long to wait before a child that ended is started anew."""

import random

from agent.units import Seconds

_FIRST_WAIT = Seconds(1.0)
_LONGEST_WAIT = Seconds(30.0)


def wait_before_restart(failures: int) -> Seconds:
    """None before the first restart, then exponential; jittered, so that a fleet does not act as one."""
    if failures <= 1:
        return Seconds(0.0)
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(failures - 2, 10))
    return Seconds(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter needs no secrecy
