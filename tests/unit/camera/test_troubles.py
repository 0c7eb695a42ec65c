"""When a trouble of the picture, and its end, are told."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.camera.losses import APART
from agent.camera.troubles import Troubles
from agent.camera.values import Condition
from agent.units import Seconds

CLEAR, COVERED, BLACK, LOST = Condition.CLEAR, Condition.COVERED, Condition.BLACK, Condition.LOST


def told(*steps: tuple[float, Condition]) -> list[tuple[float, Condition]]:
    """What is told, and when: each condition holds from so many seconds on."""
    state, found = Troubles(), []
    for at, condition in steps:
        if condition is not state.told and not state.waits(condition, Seconds(at)):
            state = state.tell(condition, Seconds(at))
            found.append((at, condition))
    return found


def test_a_first_trouble_and_its_end_are_told_at_once() -> None:
    assert told((0, CLEAR), (5, COVERED), (9, CLEAR)) == [(5, COVERED), (9, CLEAR)]


def test_another_one_soon_after_is_told_at_once_and_its_end_when_the_minute_is_over() -> None:
    steps = [(5, COVERED), (9, CLEAR), (12, COVERED), (20, CLEAR), (30, COVERED), (68, CLEAR), (69, CLEAR)]
    assert told(*steps) == [(5, COVERED), (9, CLEAR), (12, COVERED), (69, CLEAR)]


def test_a_trouble_that_becomes_another_one_is_told_at_once_but_not_to_and_fro() -> None:
    steps = [(5, BLACK), (9, COVERED), (20, BLACK), (30, COVERED), (65, BLACK)]
    assert told(*steps) == [(5, BLACK), (9, COVERED), (65, BLACK)]


def test_losses_are_not_held_up_twice() -> None:
    assert told((5, LOST), (9, CLEAR), (20, LOST), (30, CLEAR)) == [(5, LOST), (9, CLEAR), (20, LOST), (30, CLEAR)]


@given(st.lists(st.tuples(st.floats(0.1, 90), st.sampled_from([c for c in Condition if c is not LOST])), max_size=80))
def test_no_trouble_is_hidden_and_ends_are_a_minute_apart(steps: Sequence[tuple[float, Condition]]) -> None:
    now, state, ends = 0.0, Troubles(), []
    for wait, condition in steps:
        now += wait
        if condition is not state.told and not state.waits(condition, Seconds(now)):
            state = state.tell(condition, Seconds(now))
            ends += [now] if condition is CLEAR else []
        assert condition is CLEAR or state.told is not CLEAR
        assert condition is state.told or now - state.at[condition] < APART
    assert all(after - before >= APART for before, after in pairwise(ends))
