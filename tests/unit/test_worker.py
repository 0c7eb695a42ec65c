"""The worker on a real journal, with an engine that does as it is told."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.accounting import EnergyAccounting
from agent.answering import MAX_CLAIMS
from agent.budget.admission import Admission, Room
from agent.clock import Clock
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.host import EngineHost, EngineSpec
from agent.engine.protocol import Capabilities, Finished, GenerationRequest, Outcome, Refused
from agent.errors import EngineGivenUpError, EngineLostError, EngineWithdrawnError, ErrorCode
from agent.journal import Arrival, Journal, JournalThread
from agent.observed import MOST_UNSENT, Dropped, Observed
from agent.prompt import (
    Delta,
    FinishReason,
    Message,
    OutMessage,
    Prompt,
    PromptId,
    ReplyTo,
    Role,
    Sampling,
    Usage,
)
from agent.scheduler import Limits
from agent.units import Bytes, Ratio, Seconds, UnixSeconds
from agent.worker import Worker
from tests.unit.journal.values import append

CLOCK = Clock.of_this_machine()
SEEN = Observed("door", "motion", UnixSeconds(1_790_000_000.0), '{"light": "dark"}')
MODEL = Capabilities("model", context_length=100, max_batch=1, guidance=True)


class ObedientEngine(EngineHost):
    """Plays a list of scripts: each is what one request gets."""

    def __init__(self) -> None:
        super().__init__(
            EngineSpec("model", Path(), ""), load_timeout=Seconds(1), step_timeout=Seconds(1), on_event=lambda _: None
        )
        self.scripts: deque[list[str | Exception | Refused]] = deque()
        self.requests: list[GenerationRequest] = []
        self.loaded: Capabilities | None = MODEL
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.cancelled: list[PromptId] = []

        self.lost_after_looks: int | None = None

    @property
    def capabilities(self) -> Capabilities | None:
        if self.lost_after_looks is not None:
            self.lost_after_looks -= 1
            if self.lost_after_looks < 0:
                self.loaded = None
        return self.loaded

    def cancel(self, request_id: PromptId) -> None:
        self.cancelled.append(request_id)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        self.requests.append(request)
        self.begun.set()
        script = self.scripts.popleft() if self.scripts else ["Yes", "."]
        text = ""
        for index, item in enumerate(script):
            await self.go_on.wait()
            match item:
                case str():
                    text += item
                    yield Delta(request.id, index, item)
                case Refused():
                    yield replace(item, id=request.id)
                    return
                case _:
                    raise item
        now = CLOCK.now()
        yield Finished(request.id, FinishReason.STOP, text, Usage(3, len(script)), now, Seconds(now + 0.5))


class Bench:
    """A worker and what is around it."""

    def __init__(self, journal: JournalThread) -> None:
        self.journal = journal
        self.engine = ObedientEngine()
        self.lossy: list[OutMessage] = []
        self.finished = asyncio.Event()
        self.at_reply: Callable[[], None] = lambda: None
        self.counters = Counters()
        self.waits_for_camera = asyncio.Event()
        self.camera_shows = asyncio.Event()
        self.worker = Worker(
            journal,
            self.engine,
            clock=CLOCK,
            publish_lossy=self.lossy.append,
            wake_publisher=self.replied,
            counters=self.counters,
            energy=EnergyAccounting(is_loaded=lambda: True),
            egress=Egress({}),
            show=self.show,
        )

    async def show(self, prompt: Prompt, _takes_images: bool) -> Prompt:  # noqa: FBT001 - as in `Show`
        if prompt.cameras:
            self.waits_for_camera.set()
            await self.camera_shows.wait()
        return prompt

    def replied(self) -> None:
        self.at_reply()
        self.finished.set()

    async def send(
        self,
        name: str,
        to: str | None = None,
        **changes: Any,  # noqa: ANN401 - any field of a prompt
    ) -> None:
        reply_to = ReplyTo(to or f"to/{name}")
        prompt = Prompt(
            PromptId(name),
            (Message(Role.USER, "?"),),
            Sampling(),
            reply_to,
            received=CLOCK.now(),
            received_wall=CLOCK.wall(),
        )
        arrival = Arrival(prompt.id, reply_to, replace(prompt, **changes), None, "digest", redelivered=False)
        self.worker.offer(await self.journal.run(append, [arrival]))

    async def replies(self, count: int = 1) -> dict[str, dict[str, Any]]:
        """The replies in the outbox, by topic, when there are so many."""
        async with asyncio.timeout(10):
            while len(items := await self.journal.run(Journal.outbox, limit=100)) < count:
                self.finished.clear()
                await self.finished.wait()
        return {item.message.topic: json.loads(item.message.payload) for item in items}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    opened = JournalThread.open(tmp_path / "journal.db", clock=CLOCK, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        await journal.run(Journal.recover)
        yield journal


@pytest.fixture
async def bench(journal: JournalThread) -> AsyncIterator[Bench]:
    bench = Bench(journal)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.worker.run())
        yield bench
        running.cancel()


async def test_a_prompt_becomes_a_completion(bench: Bench) -> None:
    await bench.send("a")
    reply = (await bench.replies())["to/a"]
    assert reply["choices"][0]["message"]["content"] == "Yes."
    assert reply["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    assert reply["timing"]["decode_tokens_per_s"] == 2.0
    assert [json.loads(message.payload)["delta"] for message in bench.lossy] == ["Yes", "."]
    assert {message.topic for message in bench.lossy} == {"to/a/stream"}


async def test_the_reply_to_a_camera_is_its_observation(bench: Bench) -> None:
    await bench.send("a", observed=SEEN)
    observation = (await bench.replies())["to/a"]
    assert (observation["camera"], observation["text"], observation["facts"]) == ("door", "Yes.", {"light": "dark"})
    assert observation["usage"]["completion_tokens"] == 2


async def test_of_a_cameras_answers_the_newest_few_wait_for_the_broker(bench: Bench) -> None:
    async with asyncio.timeout(10):
        for number in range(MOST_UNSENT + 2):
            await bench.send(f"a{number}", to="door", observed=SEEN)
            await bench.finished.wait()
            bench.finished.clear()
    items = await bench.journal.run(Journal.outbox, limit=100)
    assert [json.loads(item.message.payload)["id"] for item in items] == [f"a{n}" for n in range(2, MOST_UNSENT + 2)]
    assert bench.counters.counts().dropped == {Dropped.REPLACED: 2}


async def test_a_camera_that_gets_no_answer_is_told_in_its_observation(bench: Bench) -> None:
    bench.engine.loaded = None
    await bench.send("a", observed=SEEN, timeout=Seconds(0.01))
    observation = (await bench.replies())["to/a"]
    assert (observation["camera"], observation["text"]) == ("door", None)
    assert observation["error"]["code"] == "deadline_exceeded"


async def test_what_waits_of_a_camera_is_known_and_can_be_forgotten(bench: Bench) -> None:
    bench.worker.hold()
    await bench.send("a", observed=SEEN)
    await bench.send("b")
    assert bench.worker.made_old_by(SEEN) == ["a"]
    assert bench.worker.made_old_by(replace(SEEN, camera="yard")) == []
    assert bench.worker.made_old_by(replace(SEEN, trigger="code")) == []
    bench.worker.forget(PromptId("a"))
    bench.worker.forget(PromptId("a"))
    bench.worker.release()
    assert list(await bench.replies()) == ["to/b"]


async def test_why_nothing_new_would_run(bench: Bench) -> None:
    found = [bench.worker.idle_for]
    bench.engine.loaded = None
    bench.worker.admit(Admission(is_open=False))  # a model is being loaded, or will be for the next prompt
    found.append(bench.worker.idle_for)
    bench.worker.admit(Admission(is_open=False, refusal="2 GB of 1 GB"))
    found.append(bench.worker.idle_for)
    bench.worker.limit(Limits(Ratio(0.0), 0, None, "unmetered"))
    found.append(bench.worker.idle_for)
    bench.worker.hold()
    found.append(bench.worker.idle_for)
    assert found == [None, None, Dropped.MEMORY, Dropped.OVER_BUDGET, Dropped.DRAINING]


async def test_a_refusal_of_the_engine_is_the_reply(bench: Bench) -> None:
    refusal = Refused(PromptId(""), ErrorCode.TOO_LARGE, "200 of 100")
    bench.engine.scripts.extend([[refusal], [replace(refusal, retry_after=Seconds(30.0))]])
    await bench.send("a")
    await bench.send("b")
    replies = await bench.replies(2)
    assert replies["to/a"]["error"] == {"code": "too_large", "message": "200 of 100", "retry_after_ms": None}
    assert replies["to/b"]["error"]["retry_after_ms"] == 30_000


@pytest.mark.parametrize("observed", [None, SEEN])
async def test_a_reply_that_cannot_be_sent_costs_one_prompt_and_not_the_agent(
    bench: Bench, observed: Observed | None
) -> None:
    refusal = Refused(PromptId(""), ErrorCode.TOO_LARGE, "half a character: \ud83d")
    bench.engine.scripts.extend([[refusal], [replace(refusal, message="no", retry_after=Seconds(float("inf")))]])
    await bench.send("a", observed=observed)
    await bench.send("b", observed=observed)
    await bench.send("c")
    replies = await bench.replies(3)
    assert [replies[it]["error"]["code"] for it in ("to/a", "to/b")] == ["engine_failed"] * 2
    assert replies["to/c"]["choices"][0]["message"]["content"] == "Yes."
    assert bench.counters.counts().errors == {ErrorCode.ENGINE_FAILED: 2}


async def test_a_prompt_that_loses_the_engine_once_is_tried_again(bench: Bench) -> None:
    bench.engine.scripts.append(["Ye", EngineLostError("gone")])
    await bench.send("a")
    assert (await bench.replies())["to/a"]["choices"][0]["message"]["content"] == "Yes."
    assert len(bench.engine.requests) == 2


async def test_a_prompt_that_loses_the_engine_twice_is_failed(bench: Bench) -> None:
    bench.engine.scripts.extend([[EngineLostError("gone")], [EngineGivenUpError("gone again")]])
    await bench.send("a")
    await bench.send("b")
    replies = await bench.replies(2)
    assert replies["to/a"]["error"]["code"] == "engine_failed"
    assert "gone again" in replies["to/a"]["error"]["message"]
    assert "choices" in replies["to/b"]


async def test_an_engine_that_is_taken_away_costs_a_prompt_nothing(bench: Bench) -> None:
    bench.engine.scripts.extend([[EngineWithdrawnError("another model")]] * 3)
    await bench.send("a")
    assert "choices" in (await bench.replies())["to/a"]
    assert len(bench.engine.requests) == 4


async def test_a_bug_costs_one_prompt(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.engine.scripts.append([KeyError("a bug")])
    await bench.send("a")
    await bench.send("b")
    replies = await bench.replies(2)
    assert replies["to/a"]["error"]["code"] == "engine_failed"
    assert "choices" in replies["to/b"]
    assert "prompt_failed" in caplog.messages


async def test_another_model_is_not_found(bench: Bench) -> None:
    await bench.send("a", model="another")
    assert (await bench.replies())["to/a"]["error"]["code"] == "model_not_found"
    assert not bench.engine.requests


async def test_late_prompts_are_answered_without_a_model(bench: Bench) -> None:
    bench.engine.loaded = None
    await bench.send("a", timeout=Seconds(0.05))
    await bench.send("b")
    replies = await bench.replies()
    assert set(replies) == {"to/a"}
    assert replies["to/a"]["error"]["code"] == "deadline_exceeded"


async def test_while_memory_is_tight_prompts_wait_and_then_run(bench: Bench) -> None:
    bench.worker.admit(Admission(is_open=False))
    await bench.send("a")
    await bench.send("late", timeout=Seconds(0.05))
    assert set(await bench.replies()) == {"to/late"}
    assert bench.worker.queued == 1
    bench.worker.admit(Admission(room=Room(Bytes(10), Bytes(1000), 100)))
    assert "choices" in (await bench.replies(2))["to/a"]
    assert bench.engine.requests[0].room == Room(Bytes(10), Bytes(1000), 100)


async def test_without_memory_prompts_are_told_the_numbers(bench: Bench) -> None:
    bench.worker.admit(Admission(is_open=False, refusal="m needs 2 bytes of memory, and 1 are available to it"))
    await bench.send("a")
    bench.worker.admit(Admission(is_open=False, refusal="m needs 3 bytes", retry_after=Seconds(30.0)))
    await bench.send("b")
    replies = await bench.replies(2)
    assert {replies[f"to/{name}"]["error"]["code"] for name in "ab"} == {"does_not_fit"}
    assert replies["to/b"]["error"] == {"code": "does_not_fit", "message": "m needs 3 bytes", "retry_after_ms": 30000}
    assert not bench.engine.requests


async def test_memory_that_comes_back_amid_the_refusals_saves_the_rest(bench: Bench) -> None:
    bench.worker.admit(Admission(is_open=False))
    for name in "abc":
        await bench.send(name)
    bench.at_reply = lambda: bench.worker.admit(Admission())
    bench.worker.admit(Admission(is_open=False, refusal="m needs 2 bytes", retry_after=Seconds(30.0)))
    replies = await bench.replies(3)
    assert replies["to/a"]["error"]["code"] == "does_not_fit"
    assert all("choices" in replies[f"to/{name}"] for name in "bc")


async def test_what_the_governor_does_not_allow_waits_and_is_then_told_why(bench: Bench) -> None:
    bench.worker.limit(Limits(Ratio(0.0), 0, None, "5 W leave too little"))
    await bench.send("late", timeout=Seconds(0.05))
    await bench.send("patient")
    error = (await bench.replies())["to/late"]["error"]
    assert error["code"] == "over_budget"
    assert error["message"].endswith("s: 5 W leave too little")
    assert error["retry_after_ms"] == 60_000
    assert not bench.engine.requests
    bench.worker.limit(Limits(Ratio(0.5), 4, "model", "8 W"))
    assert "choices" in (await bench.replies(2))["to/patient"]


@pytest.mark.parametrize("model", [None, "model"])
async def test_what_has_waited_too_long_for_power_is_refused(bench: Bench, model: str | None) -> None:
    stopped = Limits(Ratio(0.0), 0 if model is None else 1, model, "it is too hot")
    bench.worker.limit(stopped)
    await bench.send("patient")
    bench.worker.limit(replace(stopped, refuses=True))
    await bench.send("new")
    replies = await bench.replies(2)
    for name in ("patient", "new"):
        error = replies[f"to/{name}"]["error"]
        assert (error["code"], error["retry_after_ms"]) == ("over_budget", 60_000)
        assert error["message"].endswith("s: it is too hot")
    assert not bench.engine.requests
    bench.worker.limit(Limits(Ratio(0.1), 1, "model", "cooler"))
    await bench.send("later")
    assert "choices" in (await bench.replies(3))["to/later"]


async def test_what_waits_for_the_first_pace_starts_with_it(bench: Bench) -> None:
    bench.worker.limit(Limits(Ratio(0.0), 1, "model", "it is too hot"))
    await bench.send("a")
    bench.worker.limit(Limits(Ratio(0.1), 1, "model", "cooler"))
    assert "choices" in (await bench.replies())["to/a"]


async def test_no_more_run_at_once_than_the_governor_allows(bench: Bench) -> None:
    bench.engine.loaded = replace(MODEL, max_batch=4)
    bench.worker.limit(Limits(Ratio(1.0), 2, "model", ""))
    bench.engine.go_on.clear()
    for name in "abc":
        await bench.send(name)
    async with asyncio.timeout(10):
        while len(bench.engine.requests) < 2:
            bench.engine.begun.clear()
            await bench.engine.begun.wait()
    assert (bench.worker.running, bench.worker.queued) == (2, 1)
    bench.engine.go_on.set()
    await bench.replies(3)


async def test_cancelled_while_it_waits(bench: Bench) -> None:
    bench.engine.loaded = None
    await bench.send("a", priority=-5)
    await bench.send("b", priority=5)
    bench.worker.cancel(PromptId("a"))
    bench.worker.cancel(PromptId("never seen"))
    replies = await bench.replies()
    assert set(replies) == {"to/a"}
    assert replies["to/a"]["choices"][0]["finish_reason"] == "cancelled"
    assert bench.worker.queued == 1


async def test_cancelled_while_it_runs(bench: Bench) -> None:
    bench.engine.go_on.clear()
    await bench.send("a")
    async with asyncio.timeout(10):
        await bench.engine.begun.wait()
    bench.worker.cancel(PromptId("a"))
    assert bench.engine.cancelled == ["a"]
    bench.engine.go_on.set()
    await bench.replies()


async def test_cancelled_while_it_waits_for_its_camera(bench: Bench) -> None:
    await bench.send("a", cameras=("door",))
    async with asyncio.timeout(10):
        await bench.waits_for_camera.wait()
    bench.worker.cancel(PromptId("a"))
    bench.camera_shows.set()
    reply = (await bench.replies())["to/a"]
    assert reply["choices"][0]["finish_reason"] == "cancelled"
    assert not bench.engine.requests


async def test_a_model_that_goes_while_a_prompt_waits_for_its_camera_costs_it_nothing(bench: Bench) -> None:
    for turn in range(3):  # twice would be too often for an engine that was lost
        bench.waits_for_camera.clear()
        bench.camera_shows.clear()
        if turn == 0:
            await bench.send("a", cameras=("door",))
        else:
            bench.engine.loaded = MODEL
            bench.worker.engine_changed()
        async with asyncio.timeout(10):
            await bench.waits_for_camera.wait()
        bench.engine.loaded = None
        bench.camera_shows.set()
        async with asyncio.timeout(10):
            await bench.worker.idle()
    assert not bench.engine.requests
    bench.engine.loaded = replace(MODEL, model="another")
    bench.worker.engine_changed()
    assert (await bench.replies())["to/a"]["model"] == "another"


async def test_a_model_that_is_switched_while_a_prompt_waits_for_its_camera_is_not_named(bench: Bench) -> None:
    await bench.send("a", cameras=("door",))
    async with asyncio.timeout(10):
        await bench.waits_for_camera.wait()
    bench.engine.loaded = replace(MODEL, model="another")
    bench.camera_shows.set()
    assert (await bench.replies())["to/a"]["model"] == "another"


async def test_a_prompt_during_which_the_agent_keeps_dying_is_failed(journal: JournalThread) -> None:
    first = Bench(journal)
    await first.send("a")
    for _ in range(MAX_CLAIMS):
        assert await journal.run(Journal.claim, PromptId("a")) is not None
        pending = await journal.run(Journal.recover)
    bench = Bench(journal)
    bench.worker.offer(pending)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.worker.run())
        reply = (await bench.replies())["to/a"]
        running.cancel()
    assert reply["error"]["code"] == "engine_failed"
    assert not bench.engine.requests


async def test_drain_puts_back_what_does_not_end(journal: JournalThread) -> None:
    bench = Bench(journal)
    bench.engine.go_on.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bench.worker.run())
        await bench.send("a")
        await bench.send("b")
        async with asyncio.timeout(10):
            await bench.engine.begun.wait()
        await bench.worker.drain(Seconds(0.05))
    stats = await journal.run(Journal.stats)
    assert (stats.queued, stats.running, stats.finished) == (2, 0, 0)
    claimed = await journal.run(Journal.claim, PromptId("a"))
    assert claimed is not None
    assert (claimed.claims, claimed.engine_losses) == (1, 0)


async def test_drain_lets_finish_what_does(journal: JournalThread) -> None:
    bench = Bench(journal)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bench.worker.run())
        await bench.send("a")
        async with asyncio.timeout(10):
            await bench.engine.begun.wait()
        await bench.worker.drain(Seconds(5))
    assert "choices" in (await bench.replies())["to/a"]


async def test_held_it_finishes_what_runs_and_starts_nothing(bench: Bench) -> None:
    bench.engine.go_on.clear()
    await bench.send("a")
    async with asyncio.timeout(10):
        await bench.engine.begun.wait()
    bench.worker.hold()
    await bench.send("b", timeout=Seconds(0.2))
    await bench.send("c")
    assert set(await bench.replies()) == {"to/b"}, "too late while it waited"
    bench.engine.go_on.set()
    async with asyncio.timeout(10):
        await bench.worker.idle()
    assert set(await bench.replies(2)) == {"to/a", "to/b"}
    bench.worker.release()
    assert "choices" in (await bench.replies(3))["to/c"]


async def test_an_engine_that_goes_between_decision_and_start_costs_the_prompt_nothing(bench: Bench) -> None:
    bench.engine.lost_after_looks = 1
    await bench.send("a", timeout=Seconds(0.2))
    reply = (await bench.replies())["to/a"]
    assert reply["error"]["code"] == "deadline_exceeded", "its deadline counts while there is no engine"
    assert not bench.engine.requests


async def test_a_stop_amid_a_claim_puts_the_prompt_back(journal: JournalThread) -> None:
    bench = Bench(journal)
    go_on = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        await bench.send("a")
        tasks.create_task(journal.run(lambda _: go_on.wait(10)))  # what follows waits for the journal
        tasks.create_task(bench.worker.run())
        asyncio.get_running_loop().call_later(0.1, go_on.set)
        await asyncio.sleep(0)  # the worker's turn: it claims
        assert bench.worker.queued == 0
        await bench.worker.drain(Seconds(0))
    stats = await journal.run(Journal.stats)
    assert (stats.queued, stats.running) == (1, 0)


async def test_a_cancelled_worker_ends_also_when_something_has_just_changed(journal: JournalThread) -> None:
    bench = Bench(journal)
    bench.engine.loaded = None
    await bench.send("a", timeout=Seconds(100))
    running = asyncio.create_task(bench.worker.run())
    await asyncio.sleep(0)
    for turns in range(5):
        bench.worker.engine_changed()
        for _ in range(turns):
            await asyncio.sleep(0)
    bench.worker.engine_changed()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await running


async def test_mean_service_follows_recent_prompts(bench: Bench) -> None:
    assert bench.worker.mean_service == 1.0
    for name in map(str, range(40)):
        await bench.send(name)
    await bench.replies(40)
    assert bench.worker.mean_service == pytest.approx(0.5, abs=0.1)
