"""Steps add up to spans."""

from agent.engine.protocol import Progress, Tokens, Work
from agent.engine.work_log import WorkLog
from agent.prompt import PromptId
from agent.units import Seconds

A, B = PromptId("a"), PromptId("b")


def step(log: WorkLog, began: float, ended: float, **tokens: Tokens) -> None:
    log.add({PromptId(name): each for name, each in tokens.items()}, Seconds(began), Seconds(ended))


def test_steps_of_several_requests() -> None:
    log = WorkLog()
    step(log, 1.0, 2.0, a=Tokens(prefill=64))
    step(log, 3.0, 3.5, a=Tokens(decode=1), b=Tokens(prefill=10))
    assert log.take(Seconds(3.5)) == Progress(
        Seconds(1.0),
        Seconds(3.5),
        Seconds(1.5),
        Seconds(1.5),
        (Work(A, Tokens(64, 1), Seconds(1.5)), Work(B, Tokens(10, 0), Seconds(0.5))),
    )


def test_spans_follow_one_another_until_nothing_runs() -> None:
    log = WorkLog()
    step(log, 1.0, 2.0, a=Tokens(decode=1))
    log.take(Seconds(2.0))
    step(log, 2.5, 3.0, a=Tokens(decode=1))
    assert log.take(Seconds(3.0)).since == 2.0
    log.rest()
    step(log, 9.0, 9.5, b=Tokens(decode=1))
    assert log.take(Seconds(9.5)).since == 9.0


def test_a_rest_has_no_work_and_no_gap() -> None:
    log = WorkLog()
    step(log, 1.0, 2.0, a=Tokens(prefill=64))
    assert log.take(Seconds(2.5)) == Progress(
        Seconds(1.0), Seconds(2.5), Seconds(1.0), Seconds(1.0), (Work(A, Tokens(64, 0), Seconds(1.0)),)
    )
    assert log.take(Seconds(3.0)) == Progress(Seconds(2.5), Seconds(3.0), Seconds(0.0), Seconds(0.0), ())
