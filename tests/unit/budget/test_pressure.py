"""How tight memory is: a table of what changes the level, and that it does not flap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.memory import MemoryNow
from agent.budget.pressure import CALM_FOR, Level, PressureState, next_pressure
from agent.units import Bytes, Ratio, Seconds

RESERVE = Bytes(1000)
CALM = PressureState(Level.CALM, Seconds(0.0))


def reading(available: int, waiting: float | None = None) -> MemoryNow:
    return MemoryNow(Bytes(available), Bytes(100_000), None if waiting is None else Ratio(waiting))


@pytest.mark.parametrize(
    ("available", "waiting", "level"),
    [
        (5000, 0.9, Level.CALM),  # somebody waits for a file
        (1000, None, Level.CALM),
        (999, 0.3, Level.LOW),
        (999, 0.1, Level.CALM),
        (500, None, Level.CALM),
        (499, None, Level.LOW),
        (125, 0.0, Level.LOW),
        (124, 0.0, Level.CRITICAL),
    ],
)
def test_when_it_gets_tight(available: int, waiting: float | None, level: Level) -> None:
    assert next_pressure(CALM, reading(available, waiting), RESERVE, Seconds(1.0)).level is level


def test_low_becomes_critical_and_keeps_its_beginning() -> None:
    low = next_pressure(CALM, reading(400), RESERVE, Seconds(1.0))
    assert next_pressure(low, reading(100), RESERVE, Seconds(2.0)) == PressureState(Level.CRITICAL, Seconds(1.0))


def test_it_is_calm_again_only_after_a_while() -> None:
    state = next_pressure(CALM, reading(400), RESERVE, Seconds(0.0))
    for at in (1.0, 2.0, 5.9):
        state = next_pressure(state, reading(800), RESERVE, Seconds(at))
        assert state.level is Level.LOW
    assert next_pressure(state, reading(800), RESERVE, Seconds(1.0 + CALM_FOR)).level is Level.CALM
    relapsed = next_pressure(state, reading(700), RESERVE, Seconds(5.9))
    assert relapsed.relaxed_since is None


def test_a_machine_that_still_waits_is_not_calm() -> None:
    state = next_pressure(CALM, reading(400), RESERVE, Seconds(0.0))
    assert next_pressure(state, reading(900, 0.15), RESERVE, Seconds(1.0)).relaxed_since is None
    assert next_pressure(state, reading(1100, 0.15), RESERVE, Seconds(1.0)).relaxed_since == 1.0


@given(st.lists(st.tuples(st.integers(0, 3000), st.none() | st.floats(0, 1)), max_size=60))
def test_it_never_changes_back_and_forth_within_the_while(readings: list[tuple[int, float | None]]) -> None:
    state, became_tight = CALM, None
    for at, (available, waiting) in enumerate(readings):
        before, state = state, next_pressure(state, reading(available, waiting), RESERVE, Seconds(float(at)))
        if before.level is Level.CALM and state.level is not Level.CALM:
            became_tight = at
        if before.level is not Level.CALM and state.level is Level.CALM:
            assert became_tight is not None
            assert at - became_tight >= CALM_FOR
