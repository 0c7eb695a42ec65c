"""A download stays below its rate, and does not make up for a pause."""

from hypothesis import given
from hypothesis import strategies as st

from agent.download.pace import Pace
from agent.units import Bytes, Seconds


def test_without_a_rate_nothing_waits() -> None:
    assert Pace(None).wait(10**9, Seconds(5.0)) == 0.0


def test_a_pause_is_not_made_up_for() -> None:
    pace = Pace(Bytes(100))
    assert pace.wait(50, Seconds(1.0)) == 0.5
    assert pace.wait(50, Seconds(100.0)) == 0.5


@given(st.lists(st.integers(1, 10**6), min_size=1), st.integers(1, 10**6))
def test_who_waits_as_told_is_never_faster(sizes: list[int], rate: int) -> None:
    pace, now = Pace(Bytes(rate)), 7.0
    for size in sizes:
        now += pace.wait(size, Seconds(now))
    assert sum(sizes) / (now - 7.0) <= rate * 1.000001
