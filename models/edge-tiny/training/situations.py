"""Small situations that need one step of thought, each with its question and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import measures
import pairings

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from measures import Situation

_ALL: tuple[Callable[[Random], Situation], ...] = (
    *(measures.limit,) * 4,
    measures.total,
    *(measures.share,) * 2,
    *(measures.usage,) * 2,
    measures.span,
    *(pairings.inside,) * 2,
    *(pairings.status,) * 2,
    *(pairings.written,) * 2,
    pairings.switches,
    *(pairings.duo,) * 2,
)


def situation(rng: Random) -> Situation:
    """Facts, a question with its answer, what can be extracted, and whether it is telemetry."""
    return rng.choice(_ALL)(rng)
