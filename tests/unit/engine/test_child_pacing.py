"""The loop's pace, in simulated time: the busy share, and what interrupts a rest."""

import contextlib

import pytest

from agent.engine.child import PROGRESS_EVERY, Loop
from agent.engine.pipe import Admit, Cancel, Pace, ToAgent
from agent.engine.protocol import Finished, GenerationRequest, Progress
from agent.prompt import FinishReason, Message, PromptId, Role, Sampling
from agent.units import Ratio, Seconds
from tests.plant.boards import PLANT_BOARDS
from tests.plant.engine import PlantEngine
from tests.plant.pipe import PlantPipe
from tests.plant.world import World


class Run:
    """A loop in a world, and what it said."""

    def __init__(self, *, paced: bool = True) -> None:
        self.world = World(PLANT_BOARDS["orin-nx"])
        self.engine = PlantEngine(self.world, max_batch=2, paced=paced)
        self.heard: list[tuple[float, ToAgent]] = []
        self.pipe = PlantPipe(self.world, self._hear)
        self.after_each: Admit | None = None
        """What is asked when a request has ended."""

    def _hear(self, message: ToAgent) -> None:
        self.heard.append((self.world.now(), message))
        if isinstance(message, Finished) and self.after_each is not None:
            self.pipe.inbox.append(self.after_each)

    def tell(self, at: float, message: Admit | Cancel | Pace) -> None:
        self.world.at(at, lambda: self.pipe.inbox.append(message))

    def until(self, seconds: float) -> None:
        self.world.at(seconds, self.pipe.close)
        with contextlib.suppress(EOFError):
            Loop(self.pipe, self.engine, self.world.now).run()

    @property
    def finished(self) -> list[tuple[float, FinishReason]]:
        return [(at, message.reason) for at, message in self.heard if isinstance(message, Finished)]


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
def by_itself() -> Run:
    """With an engine that is not paced."""
    return Run(paced=False)


def ask(name: str = "a", *, deadline: float | None = None, answer: int = 100_000) -> Admit:
    until = None if deadline is None else Seconds(deadline)
    return Admit(GenerationRequest(PromptId(name), (Message(Role.USER, "64"),), Sampling(answer), deadline=until))


@pytest.mark.parametrize("duty", [0.05, 0.3, 0.5, 0.9, 1.0])
def test_the_busy_share_is_the_duty(run: Run, duty: float) -> None:
    run.tell(0.0, Pace(Ratio(duty)))
    run.tell(0.1, ask())
    run.until(20.1)
    assert run.engine.busy / 20 == pytest.approx(duty, rel=0.02)


def test_what_is_reported_is_what_was_done_ten_times_a_second(run: Run) -> None:
    run.tell(0.0, Pace(Ratio(0.5)))
    run.tell(0.0, ask())
    run.until(10.0)
    progress = [message for _, message in run.heard if isinstance(message, Progress)]
    assert sum(it.busy for it in progress) == pytest.approx(run.engine.busy, abs=0.2)
    assert sum(it.prefill for it in progress) == pytest.approx(PLANT_BOARDS["orin-nx"].prefill_s)
    assert len(progress) == pytest.approx(10 / PROGRESS_EVERY, rel=0.2)


def test_a_rest_is_a_sign_of_life_too(run: Run) -> None:
    run.tell(0.0, ask())
    run.tell(1.0, Pace(Ratio(0.0)))
    run.until(5.0)
    assert run.engine.busy == pytest.approx(1.0, abs=0.05)
    assert len([at for at, message in run.heard if isinstance(message, Progress) and at > 2]) == pytest.approx(
        30, abs=3
    )


def test_a_new_duty_is_taken_at_once(run: Run) -> None:
    run.tell(0.0, ask())
    run.tell(0.5, Pace(Ratio(0.001)))
    run.tell(2.0, Pace(Ratio(1.0)))
    run.until(3.0)
    assert run.engine.busy == pytest.approx(1.5, abs=0.05)


def test_a_cancellation_does_not_wait_for_the_rest(run: Run) -> None:
    run.tell(0.0, ask())
    run.tell(1.0, Pace(Ratio(0.0)))
    run.tell(2.0, Cancel(PromptId("a")))
    run.until(4.0)
    ((at, reason),) = run.finished
    assert reason is FinishReason.CANCELLED
    assert at == pytest.approx(2.0, abs=0.05)


def test_nor_does_a_deadline(run: Run) -> None:
    run.tell(0.0, ask(deadline=2.0))
    run.tell(1.0, Pace(Ratio(0.0)))
    run.until(4.0)
    ((at, reason),) = run.finished
    assert reason is FinishReason.DEADLINE
    assert at == pytest.approx(2.0, abs=0.05)


def test_who_came_late_pays_for_nobody_else(run: Run) -> None:
    run.tell(0.0, ask("a", deadline=1.0))
    run.tell(0.0, Pace(Ratio(0.1)))
    run.tell(1.1, ask("b"))
    run.tell(1.1, Pace(Ratio(1.0)))
    run.until(2.1)
    assert next(time for time in run.engine.token_times if time > 1.1) < 1.25


def test_short_requests_are_paced_together(run: Run) -> None:
    """What one has not rested for when it ends, the next one does."""
    run.tell(0.0, Pace(Ratio(0.25)))
    run.tell(0.0, ask(answer=1))
    run.after_each = ask(answer=1)
    run.until(20.0)
    assert run.engine.busy / 20 == pytest.approx(0.25, rel=0.03)


def test_without_work_it_waits_and_says_nothing(run: Run) -> None:
    run.tell(0.0, Pace(Ratio(0.5)))
    run.tell(5.0, Pace(Ratio(0.6)))
    run.until(10.0)
    assert run.heard == []


@pytest.mark.parametrize("duty", [0.0, 0.3])
def test_what_generates_by_itself_is_not_held_up(by_itself: Run, duty: float) -> None:
    by_itself.tell(0.0, ask())
    by_itself.tell(0.1, Pace(Ratio(duty)))
    by_itself.until(5.0)
    assert by_itself.engine.busy == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("answer", [1, 20])
def test_but_the_next_one_waits_until_it_has_been_rested_for(by_itself: Run, answer: int) -> None:
    by_itself.tell(0.0, Pace(Ratio(0.25)))
    by_itself.tell(0.0, ask(answer=answer))
    by_itself.after_each = ask(answer=answer)
    by_itself.until(40.0)
    assert by_itself.engine.busy / 40 == pytest.approx(0.25, rel=0.1)


def test_one_that_waits_may_be_cancelled(by_itself: Run) -> None:
    by_itself.tell(0.0, ask("a", answer=10))
    by_itself.tell(0.1, Pace(Ratio(0.0)))
    by_itself.tell(0.2, ask("b"))
    by_itself.tell(3.0, Cancel(PromptId("b")))
    by_itself.until(4.0)
    at, reason = by_itself.finished[1]
    assert reason is FinishReason.CANCELLED
    assert at == pytest.approx(3.0, abs=0.05)


def test_or_end_at_its_deadline(by_itself: Run) -> None:
    by_itself.tell(0.0, ask("a", answer=10))
    by_itself.tell(0.1, Pace(Ratio(0.0)))
    by_itself.tell(0.2, ask("b", deadline=3.0))
    by_itself.until(4.0)
    at, reason = by_itself.finished[1]
    assert reason is FinishReason.DEADLINE
    assert at == pytest.approx(3.0, abs=0.05)


def test_while_it_waits_there_are_signs_of_life(by_itself: Run) -> None:
    by_itself.tell(0.0, Pace(Ratio(0.0)))
    by_itself.tell(0.0, ask(answer=1))
    by_itself.tell(0.1, ask("b"))
    by_itself.until(3.0)
    late = [at for at, message in by_itself.heard if isinstance(message, Progress) and at > 1]
    assert len(late) == pytest.approx(2 / PROGRESS_EVERY, abs=3)


def test_with_a_new_duty_it_begins_at_once(by_itself: Run) -> None:
    by_itself.tell(0.0, ask("a", answer=10))
    by_itself.tell(0.1, Pace(Ratio(0.0)))
    by_itself.tell(0.2, ask("b", answer=10))
    by_itself.tell(3.0, Pace(Ratio(1.0)))
    by_itself.until(6.0)
    assert [reason for _, reason in by_itself.finished] == [FinishReason.LENGTH] * 2
