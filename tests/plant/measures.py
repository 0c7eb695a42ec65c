"""What a run is judged by: figures of the true power, not of what the meter says of it."""

from collections.abc import Sequence
from statistics import fmean, pstdev

from tests.plant.world import BIN_S

_SHORT_S = 0.2
"""Pulses shorter than this are the pacing itself: a supply sees their mean."""
_SETTLED_S = 4.0
"""Of a Nano at a quarter of its speed, two seconds hold four pulses: their mean says little."""
_CALM_S = 5.0
_EXCURSION_S = 1.0
_USED = 0.9
_ALLOWED = 1.05


def mean_w(bins: Sequence[float], begin_s: float, end_s: float) -> float:
    """Mean power of a span."""
    return fmean(bins[_place(begin_s) : _place(end_s)])


def worst_mean_w(bins: Sequence[float], begin_s: float, window_s: float) -> float:
    """The highest mean of any window after a moment."""
    return max(_means(bins[_place(begin_s) :], window_s))


def longest_excursion_s(bins: Sequence[float], begin_s: float, limit_w: float) -> float:
    """How long the power, as means over 0.2 s, was above a limit without a break."""
    longest = run = 0
    for mean in _means(bins[_place(begin_s) :], _SHORT_S):
        run = run + 1 if mean > limit_w else 0
        longest = max(longest, run)
    return longest * BIN_S


def settling_s(bins: Sequence[float], step_s: float, end_s: float, budget_w: float) -> float:
    """How long after a step the power is above the budget by 5 %, by means over the four seconds that follow.

    Args:
        bins: The run.
        step_s: When the step was.
        end_s: Until when to look; at most until five seconds were calm.
        budget_w: What holds after it.
    """
    settled = 0
    for number, mean in enumerate(_means(bins[_place(step_s) : _place(end_s)], _SETTLED_S)):
        if mean > _ALLOWED * budget_w:
            settled = number + 1
        elif number - settled >= _place(_CALM_S):
            break
    return settled * BIN_S


def filling_s(bins: Sequence[float], step_s: float, end_s: float, old_w: float, new_w: float) -> float:
    """How long after a step that gave room it takes to use 90 % of it, by means over the four seconds that follow.

    Args:
        bins: The run.
        step_s: When the step was.
        end_s: Until when to look; the answer where it is not reached.
        old_w: What is drawn where nobody takes the room.
        new_w: What is drawn when all of it is taken.
    """
    means = _means(bins[_place(step_s) : _place(end_s)], _SETTLED_S)
    enough = old_w + _USED * (new_w - old_w)
    reached = (number * BIN_S for number, mean in enumerate(means) if mean >= enough)
    return next(reached, end_s - step_s)


def highest_w(bins: Sequence[float], begin_s: float, end_s: float) -> float:
    """The highest mean over a second of a span."""
    return max(_means(bins[_place(begin_s) : _place(end_s)], _EXCURSION_S))


def spread(values: Sequence[float]) -> float:
    """Standard deviation."""
    return pstdev(values)


def _means(bins: Sequence[float], window_s: float) -> list[float]:
    width = _place(window_s)
    total, means = sum(bins[:width]), []
    for number in range(width, len(bins)):
        means.append(total / width)
        total += bins[number] - bins[number - width]
    return [*means, total / width]


def _place(time_s: float) -> int:
    return round(time_s / BIN_S)
