"""When a loss and a return are told."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.camera.losses import APART, Losses, follow
from agent.units import Seconds


def _followed(steps: Sequence[tuple[float, bool]]) -> list[tuple[float, Losses]]:
    """The state after each step: so many seconds later, with frames or without."""
    now, state, states = 100.0, Losses(), []
    for wait, is_away in steps:
        now += wait
        state = follow(state, Seconds(now), is_away=is_away)
        states.append((now, state))
    return states


def test_a_first_loss_and_its_end_are_told_at_once() -> None:
    _, lost, still, back = [state for _, state in _followed([(1, False), (1, True), (9, True), (1, False)])]
    assert (lost.is_lost, still.is_lost, back.is_lost) == (True, True, False)
    assert (back.lost_at, back.back_at, back.times) == (Seconds(102.0), Seconds(112.0), 1)


def test_another_one_soon_after_is_back_when_the_minute_is_over() -> None:
    steps = [(1, True), (1, False), (10, True), (1, False), (10, True), (1, False), (37, False), (1, False)]
    states = [state for _, state in _followed(steps)]
    assert [state.is_lost for state in states] == [True, False, True, True, True, True, True, False]
    assert (states[-1].lost_at, states[-1].times) == (Seconds(112.0), 2)


@given(st.lists(st.tuples(st.floats(0.1, 90.0), st.booleans()), max_size=80))
def test_a_loss_is_never_hidden_and_returns_are_a_minute_apart(steps: list[tuple[float, bool]]) -> None:
    states = _followed(steps)
    assert all(state.is_lost for (_, state), (_, is_away) in zip(states, steps, strict=True) if is_away)
    told = sorted({state.back_at for _, state in states if state.back_at is not None})
    assert all(after - before >= APART for before, after in pairwise(told))
    for now, state in states:
        assert not (state.is_back_untold and (state.back_at is None or now - state.back_at >= APART))
