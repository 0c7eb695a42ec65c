"""Budgets by time of day."""

import pytest

from agent.budget.schedule import Span, budget_at
from agent.units import Milliwatts, MinuteOfDay

GENERAL = Milliwatts(15.0)


def span(begins: int, ends: int, watts: float) -> Span:
    return Span(MinuteOfDay(begins * 60), MinuteOfDay(ends * 60), Milliwatts(watts))


DAY, NIGHT = span(6, 22, 12.0), span(22, 6, 8.0)


@pytest.mark.parametrize(
    ("hour", "spans", "expected"),
    [
        (5, [], 15.0),
        (5, [DAY], 15.0),
        (6, [DAY], 12.0),
        (21, [DAY], 12.0),
        (22, [DAY], 15.0),
        (23, [NIGHT], 8.0),
        (0, [NIGHT], 8.0),
        (5, [NIGHT], 8.0),
        (6, [NIGHT], 15.0),
        (7, [span(0, 0, 3.0), DAY], 3.0),
        (7, [DAY, span(0, 0, 3.0)], 12.0),
    ],
)
def test_the_first_that_holds(hour: int, spans: list[Span], expected: float) -> None:
    assert budget_at(spans, MinuteOfDay(hour * 60), GENERAL) == expected


def test_none_without_any() -> None:
    assert budget_at([DAY], MinuteOfDay(0), None) is None
