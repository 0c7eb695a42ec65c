"""Who sends just enough not to be silent is told from who sends."""

from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.least_rate import LeastRate, RateMeter
from agent.units import Bytes, Seconds

LEAST = LeastRate(Bytes(1000), Seconds(10.0))


def test_a_byte_from_time_to_time_is_too_slow() -> None:
    meter = RateMeter(LEAST)
    assert [meter.is_too_slow(1, Seconds(2.0)) for _ in range(5)] == [False] * 4 + [True]


def test_what_came_fast_before_does_not_count_for_ever() -> None:
    meter = RateMeter(LEAST)
    assert not meter.is_too_slow(10**9, Seconds(10.0))
    assert meter.is_too_slow(999, Seconds(10.0))


def test_a_little_that_comes_at_once_is_not_slow() -> None:
    meter = RateMeter(LEAST)
    assert not any(meter.is_too_slow(1, Seconds(0.001)) for _ in range(9_000))


@given(st.lists(st.floats(0.01, 30.0), min_size=1, max_size=50))
def test_who_keeps_the_rate_is_never_too_slow(waits: list[float]) -> None:
    meter = RateMeter(LEAST)
    assert not any(meter.is_too_slow(int(wait * 100) + 1, Seconds(wait)) for wait in waits)
