"""Spans of the day."""

import pytest

from agent.day_span import is_within
from agent.units import MinuteOfDay


@pytest.mark.parametrize(
    ("begins", "ends", "within", "without"),
    [
        (360, 1320, [360, 720, 1319], [0, 359, 1320, 1439]),
        (1320, 360, [1320, 1439, 0, 359], [360, 720, 1319]),
        (0, 0, [0, 720, 1439], []),
        (600, 600, [600, 599], []),
        (1439, 0, [1439], [0, 1438]),
    ],
)
def test_over_midnight_too(begins: int, ends: int, within: list[int], without: list[int]) -> None:
    span = MinuteOfDay(begins), MinuteOfDay(ends)
    assert all(is_within(MinuteOfDay(minute), *span) for minute in within)
    assert not any(is_within(MinuteOfDay(minute), *span) for minute in without)
