"""The scheduler decides by priority, then age, and never runs what is late."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.prompt import Pending, PromptId
from agent.scheduler import Decision, Limits, Run, Shed, Wait, decide, retry_after
from agent.units import Ratio, Seconds


def up_to(most: int, model: str | None = "m") -> Limits:
    return Limits(Ratio(1.0), most, model, "")


ONE = up_to(1)
NOW = Seconds(100.0)


def waiting(name: str, seq: int = 0, priority: int = 0, deadline: float | None = None) -> Pending:
    return Pending(PromptId(name), priority, seq, Seconds(0.0), None if deadline is None else Seconds(deadline))


@pytest.mark.parametrize(
    ("pending", "running", "limits", "expected"),
    [
        pytest.param([], 0, ONE, Wait(None), id="nothing waits"),
        pytest.param([waiting("a", 1), waiting("b", 0)], 0, ONE, Run(PromptId("b")), id="oldest first"),
        pytest.param([waiting("a", 0), waiting("b", 1, 5)], 0, ONE, Run(PromptId("b")), id="priority before age"),
        pytest.param([waiting("a", 0), waiting("b", 1, -5)], 0, ONE, Run(PromptId("a")), id="negative priority last"),
        pytest.param([waiting("a")], 1, ONE, Wait(None), id="no room"),
        pytest.param([waiting("a", deadline=130)], 1, ONE, Wait(Seconds(130.0)), id="wakes at the deadline"),
        pytest.param([waiting("a")], 1, up_to(2), Run(PromptId("a")), id="room for a second"),
        pytest.param([waiting("a")], 0, up_to(0), Wait(None), id="no model loaded"),
        pytest.param([waiting("a")], 0, up_to(1, None), Wait(None), id="no model allowed"),
        pytest.param([waiting("a")], 0, replace(ONE, duty=Ratio(0.0)), Wait(None), id="it could not step"),
        pytest.param([waiting("a", deadline=100)], 0, ONE, Shed((PromptId("a"),)), id="late at its deadline"),
        pytest.param([waiting("a", deadline=99)], 1, up_to(0), Shed((PromptId("a"),)), id="late without a model"),
        pytest.param(
            [waiting("a", deadline=99), waiting("b")], 0, ONE, Run(PromptId("b")), id="running before shedding"
        ),
        pytest.param(
            [waiting("a", deadline=99), waiting("b")], 1, ONE, Shed((PromptId("a"),)), id="shedding beside it"
        ),
    ],
)
def test_decision(pending: list[Pending], running: int, limits: Limits, expected: Decision) -> None:
    assert decide(pending, running, limits, NOW) == expected


@given(
    st.lists(
        st.tuples(st.integers(-100, 100), st.one_of(st.none(), st.floats(0, 200))),
        max_size=30,
    ),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_properties(specs: list[tuple[int, float | None]], running: int, most: int) -> None:
    pending = [waiting(str(seq), seq, priority, deadline) for seq, (priority, deadline) in enumerate(specs)]
    late = {prompt.id for prompt in pending if prompt.deadline is not None and prompt.deadline <= NOW}
    match decide(pending, running, up_to(most), NOW):
        case Shed(ids):
            assert ids
            assert set(ids) <= late
            assert running >= most or set(late) == {prompt.id for prompt in pending}
        case Run(prompt_id):
            assert prompt_id not in late
            assert running < most
            chosen = next(prompt for prompt in pending if prompt.id == prompt_id)
            in_time = [p for p in pending if p.id not in late]
            assert all((p.priority, -p.seq) <= (chosen.priority, -chosen.seq) for p in in_time)
        case Wait(until):
            assert not late
            assert not pending or running >= most
            assert until is None or until > NOW


def test_retry_after_grows_with_the_queue() -> None:
    assert retry_after(0, Seconds(2.0)) == 2.0
    assert retry_after(1000, Seconds(2.0)) == 200.0
