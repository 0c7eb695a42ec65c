"""What may be started, and what is said of what may not: the governors' word, the operator's, and the engine's."""

from dataclasses import replace

import pytest

from agent.allowance import Allowance, starts_the_same
from agent.budget.admission import Admission
from agent.engine.protocol import Capabilities
from agent.errors import ErrorCode
from agent.observed import Dropped
from agent.prompt import Pending, PromptId
from agent.scheduler import Limits
from agent.units import Ratio, Seconds

MODEL = Capabilities("m", context_length=100, max_batch=4, guidance=True)
HALF = Limits(Ratio(0.5), 2, "m", "hot")
NO_MODEL = Limits(Ratio(0.0), 0, None, "over budget")
REFUSED = Limits(Ratio(0.0), 0, None, "no power", refuses=True)
SHUT = Admission(is_open=False)
NO_ROOM = Admission(is_open=False, refusal="too large", retry_after=Seconds(3))
BROKEN = Admission(is_open=False, refusal="m does not load", code=ErrorCode.ENGINE_FAILED)
NOW = Seconds(10.0)


def pending(deadline: float | None = None) -> Pending:
    return Pending(PromptId("a"), 0, 1, Seconds(1.0), None if deadline is None else Seconds(deadline))


@pytest.mark.parametrize(
    ("allowance", "most"),
    [
        (Allowance(), 4),
        (Allowance(HALF), 2),
        (Allowance(replace(HALF, max_running=9)), 4),
        (Allowance(HALF, is_held=True), 0),
        (Allowance(HALF, SHUT), 0),
    ],
)
def test_the_least_of_what_all_allow_holds(allowance: Allowance, most: int) -> None:
    limits = allowance.limits(MODEL)
    assert (limits.max_running, limits.model) == (most, "m")
    assert allowance.limits(None).max_running == 0


@pytest.mark.parametrize(
    ("allowance", "why", "refuses"),
    [
        (Allowance(), None, False),
        (Allowance(HALF), None, False),
        (Allowance(REFUSED, NO_ROOM, is_held=True), Dropped.DRAINING, True),
        (Allowance(REFUSED), Dropped.OVER_BUDGET, True),
        (Allowance(NO_MODEL), Dropped.OVER_BUDGET, False),
        (Allowance(memory=NO_ROOM), Dropped.MEMORY, True),
        (Allowance(memory=SHUT), Dropped.MEMORY, False),
        (Allowance(memory=BROKEN), None, True),
    ],
)
def test_why_nothing_new_would_run(allowance: Allowance, why: Dropped | None, *, refuses: bool) -> None:
    assert allowance.idle_for(MODEL) is why
    assert allowance.refuses == refuses


@pytest.mark.parametrize(
    ("allowance", "what"),
    [
        (Allowance(is_held=True), None),
        (Allowance(NO_MODEL, is_held=True), Dropped.OVER_BUDGET),
        (Allowance(memory=NO_ROOM), Dropped.MEMORY),
        (Allowance(memory=replace(NO_ROOM, retry_after=None)), None),
        (Allowance(REFUSED, memory=replace(NO_ROOM, retry_after=None)), Dropped.OVER_BUDGET),
    ],
)
def test_what_lets_nothing_run_and_may_again(allowance: Allowance, what: Dropped | None) -> None:
    assert allowance.starved_of(MODEL) is what


def test_while_a_model_loads_memory_is_no_reason() -> None:
    assert Allowance(memory=SHUT).idle_for(None) is None


@pytest.mark.parametrize(
    ("allowance", "deadline", "code"),
    [
        (Allowance(), 11.0, None),
        (Allowance(), None, None),
        (Allowance(), 10.0, ErrorCode.DEADLINE_EXCEEDED),
        (Allowance(HALF), 9.0, ErrorCode.DEADLINE_EXCEEDED),
        (Allowance(NO_MODEL), 9.0, ErrorCode.OVER_BUDGET),
        (Allowance(REFUSED), None, ErrorCode.OVER_BUDGET),
        (Allowance(memory=NO_ROOM), None, ErrorCode.DOES_NOT_FIT),
        (Allowance(memory=NO_ROOM), 9.0, ErrorCode.DEADLINE_EXCEEDED),
    ],
)
def test_what_is_said_of_what_is_not_run(allowance: Allowance, deadline: float | None, code: ErrorCode | None) -> None:
    refusal = allowance.refusal(pending(deadline), NOW)
    assert (None if refusal is None else refusal.code) is code


def test_the_pace_starts_nothing() -> None:
    assert starts_the_same(HALF, replace(HALF, duty=Ratio(0.7), reason="cooler"))
    assert not starts_the_same(HALF, replace(HALF, duty=Ratio(0.0)))
    assert not starts_the_same(HALF, replace(HALF, max_running=1))


def test_a_model_that_no_engine_loads_is_a_failure_and_no_lack_of_memory() -> None:
    allowance = Allowance(memory=BROKEN)
    refusal = allowance.refusal(pending(deadline=11.0), NOW)
    assert refusal is not None
    assert (refusal.code, refusal.message, refusal.retry_after) == (ErrorCode.ENGINE_FAILED, "m does not load", None)
    assert allowance.starved_of(None) is None
