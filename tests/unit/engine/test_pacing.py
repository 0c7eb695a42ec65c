"""The pacer's account: the busy share is what was asked for, whatever steps and clocks do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.pacing import Pacer
from agent.units import Ratio, Seconds


def pacer(duty: float) -> Pacer:
    made = Pacer()
    made.ask(Ratio(duty))
    return made


def test_at_full_duty_there_is_no_rest() -> None:
    full = pacer(1.0)
    full.worked(Seconds(5.0))
    assert full.rest == 0.0


def test_at_none_there_is_nothing_else() -> None:
    assert pacer(0.0).rest == math.inf


def test_a_quarter_rests_three_times_as_long_as_it_works() -> None:
    quarter = pacer(0.25)
    quarter.worked(Seconds(1.0))
    assert quarter.rest == 3.0
    quarter.rested(Seconds(1.0))
    assert quarter.rest == 2.0


def test_a_new_duty_counts_at_once() -> None:
    paced = pacer(0.1)
    paced.worked(Seconds(1.0))
    assert paced.rest == pytest.approx(9.0)
    paced.ask(Ratio(0.5))
    assert paced.rest == pytest.approx(1.0)
    paced.ask(Ratio(1.0))
    assert paced.rest == 0.0
    paced.ask(Ratio(0.1))
    assert paced.rest == 0.0


def test_a_long_wait_is_not_made_up_for() -> None:
    half = pacer(0.5)
    half.rested(Seconds(100.0))
    half.worked(Seconds(1.0))
    assert half.rest == pytest.approx(0.95)


@given(
    st.floats(0.05, 0.95),
    st.lists(st.floats(1e-4, 0.2), min_size=50, max_size=200),
    st.floats(0, 0.003),
)
def test_the_busy_share_is_the_duty(duty: float, steps: list[float], coarse: float) -> None:
    paced, busy, passed = pacer(duty), 0.0, 0.0
    for step in steps:
        paced.worked(Seconds(step))
        busy, passed = busy + step, passed + step
        if paced.rest > 0:
            rest = paced.rest + coarse  # a timer that rings late
            paced.rested(Seconds(rest))
            passed += rest
    allowance = max(steps) / (duty * passed) + 2 * coarse / passed + 0.05 / passed
    assert busy / passed == pytest.approx(duty, rel=allowance)
