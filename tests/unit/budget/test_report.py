"""An operator is told of what lasts, once."""

import pytest

from agent.budget.report import NOTHING_REPORTED, PowerEvent, report
from agent.budget.state import GovernorState, PowerState
from agent.events import OverBudget, PowerLimited, PowerUnmetered, PowerWithin
from agent.scheduler import Limits
from agent.units import Milliwatts, Ratio, Seconds

BUDGET = Milliwatts(12_000.0)


def state(kind: PowerState, budget: Milliwatts | None = BUDGET) -> GovernorState:
    limits = Limits(Ratio(0.5), 1, "m", "why")
    return GovernorState(kind, Seconds(7.0), budget, limits, "why")


def test_no_meter_and_no_budget_is_no_news() -> None:
    reported = NOTHING_REPORTED
    for _ in range(100):
        event, reported = report(reported, state(PowerState.UNMETERED, None), Milliwatts(0.0), Seconds(1.0))
        assert event is None


def told(*spans: tuple[PowerState, float]) -> list[PowerEvent]:
    reported, events = NOTHING_REPORTED, []
    for kind, seconds in spans:
        for _ in range(round(seconds * 5)):
            event, reported = report(reported, state(kind), Milliwatts(13_000.0), Seconds(0.2))
            events += [event] if event is not None else []
    return events


def test_what_passes_is_not_told() -> None:
    assert told((PowerState.LIMITED, 2), (PowerState.OVER, 3), (PowerState.WITHIN, 90)) == []


def test_each_state_that_lasts_is_told_once() -> None:
    assert told(
        (PowerState.LIMITED, 60), (PowerState.OVER, 30), (PowerState.UNMETERED, 90), (PowerState.WITHIN, 90)
    ) == [
        PowerLimited(12.0, 0.5, "why"),
        OverBudget(12.0, 13.0, 7.0, "why"),
        PowerUnmetered(12.0, "why"),
        PowerWithin(12.0),
    ]


def test_what_is_better_is_told_after_a_minute() -> None:
    limited, over = PowerLimited(12.0, 0.5, "why"), OverBudget(12.0, 13.0, 7.0, "why")
    assert told((PowerState.OVER, 10), (PowerState.LIMITED, 59), (PowerState.OVER, 10)) == [over]
    assert told((PowerState.OVER, 10), (PowerState.LIMITED, 61), (PowerState.OVER, 10)) == [over, limited, over]


@pytest.mark.parametrize("one", PowerState)
@pytest.mark.parametrize("other", PowerState)
def test_no_two_states_that_alternate_flood_an_operator(one: PowerState, other: PowerState) -> None:
    assert len(told(*[(one, 6), (other, 6)] * 100)) <= 2


def test_what_comes_and_goes_is_told_once() -> None:
    assert told(*[(PowerState.LIMITED, 20), (PowerState.WITHIN, 20)] * 5) == [PowerLimited(12.0, 0.5, "why")]


def test_a_budget_that_is_taken_back_while_nothing_measures() -> None:
    reported, events = NOTHING_REPORTED, []
    for budget in (BUDGET, None):
        for _ in range(90):
            event, reported = report(reported, state(PowerState.UNMETERED, budget), Milliwatts(0.0), Seconds(1.0))
            events += [event] if event is not None else []
    assert events == [PowerUnmetered(12.0, "why"), PowerWithin(None)]
