"""How long to wait before the next attempt to connect."""

import random
from collections.abc import Callable

from agent.link.problem import Problem
from agent.units import Seconds

_FIRST_S = 1.0
_MAX_S = 30.0
_ENOUGH_DOUBLINGS = 5
_TAKEN_OVER_S = 60.0
"""Two clients with one id push each other out: the slower this is, the more either of them gets done."""

_random = random.SystemRandom()


def backoff(problem: Problem, failures: int, jitter: Callable[[], float] = _random.random) -> Seconds:
    """How long to wait before the next attempt.

    Any time up to a limit that doubles, so that a fleet does not come back all at once.

    Args:
        problem: Why there is no connection.
        failures: Attempts that have failed since the last connection.
        jitter: A random number from 0 to 1.
    """
    if problem is Problem.SESSION_TAKEN_OVER:
        return Seconds(_TAKEN_OVER_S * (1.0 + jitter()))
    return Seconds(jitter() * min(_MAX_S, _FIRST_S * 2.0 ** min(failures, _ENOUGH_DOUBLINGS)))
