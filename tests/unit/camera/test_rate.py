"""How much was done in the last hour."""

from hypothesis import given
from hypothesis import strategies as st

from agent.camera.rate import LastHour
from agent.units import Seconds


def test_what_was_done_an_hour_and_a_minute_ago_counts_no_more() -> None:
    hour = LastHour().once_more(Seconds(100.0)).once_more(Seconds(110.0)).once_more(Seconds(3000.0))
    assert hour.times(Seconds(3000.0)) == 3
    assert hour.times(Seconds(3700.0)) == 3
    assert hour.times(Seconds(3780.0)) == 1
    assert hour.times(Seconds(7000.0)) == 0


@given(st.lists(st.floats(0, 1500), max_size=60), st.integers(1, 5))
def test_never_more_than_the_limit_in_any_hour(gaps: list[float], limit: int) -> None:
    hour, at, done = LastHour(), 0.0, list[float]()
    for gap in gaps:
        at += gap
        if hour.times(Seconds(at)) < limit:
            hour = hour.once_more(Seconds(at))
            done.append(at)
        assert len([each for each in done if at - each < 3600]) <= limit
        assert len(hour.minutes) <= 61
