"""The agent as the updater sees it: drained, asked, counted."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from agent.accounting import EnergyAccounting
from agent.clock import Clock
from agent.counters import Counters
from agent.draining import Draining
from agent.engine.host import EngineHost, EngineSpec
from agent.engine.protocol import Capabilities, Finished, GenerationRequest, Outcome, Refused
from agent.errors import AgentError, EngineLostError, ErrorCode, RetryError
from agent.fleet.service_port import AgentService
from agent.fleet.values import Canary, Tally
from agent.lanes import Lanes
from agent.link import Link
from agent.presence import Presence
from agent.prompt import Completion, Delta, Failure, FinishReason, PromptId, Timing, Usage
from agent.restarting import Restarting
from agent.units import Seconds, UnixSeconds
from agent.worker import Worker

CANARY = Canary("capital", "What is the capital of France?", 16, ("Paris",))


class StandInWorker(Worker):
    """The device's, of which a test says whether anything runs."""

    def __init__(self) -> None:
        self.is_held = False
        self.turns = 0
        self.nothing_runs = asyncio.Event()
        self.nothing_runs.set()

    def hold(self) -> None:
        self.is_held = True

    def release(self) -> None:
        self.is_held = False

    async def idle(self) -> None:
        await self.nothing_runs.wait()

    async def caught_up(self) -> None:
        self.turns += 1


class StandInLanes(Lanes):
    """One of them is the device's; the others are held only by who drains."""

    def __init__(self) -> None:
        self.worker = StandInWorker()
        self.upstream_is_held = False

    def held(self) -> bool:
        """Whether nothing is begun on the device."""
        return self.worker.is_held

    @property
    def device(self) -> Worker:
        return self.worker

    @property
    def queued(self) -> int:
        return 3

    def hold(self) -> None:
        self.upstream_is_held = True
        self.worker.hold()

    def release(self) -> None:
        self.upstream_is_held = False
        self.worker.release()

    async def idle(self) -> None:
        await self.worker.idle()


class StandInLink(Link):
    """Remembers what was left."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def leave(self, subscriptions: object) -> None:
        self.left.append(str(subscriptions))


class StandInHost(EngineHost):
    """Answers as a test says."""

    def __init__(self, lanes: StandInLanes) -> None:
        super().__init__(
            EngineSpec("m", Path(), "loader"),
            load_timeout=Seconds(1),
            step_timeout=Seconds(1),
            on_event=lambda _event: None,
        )
        self._lanes = lanes
        self.outcome: Finished | Refused | None = None
        self.is_there = True
        self.requests: list[GenerationRequest] = []

    async def ready(self) -> Capabilities:
        self.is_there = True
        return Capabilities("m", 4096, 1, guidance=False)

    @property
    def pid(self) -> int | None:
        return 1 if self.is_there else None

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        assert self._lanes.held(), "nothing else begins meanwhile"
        assert not self._lanes.upstream_is_held, "it does not slow a canary down"
        self.requests.append(request)
        yield Delta(request.id, 0, "It")
        if self.outcome is not None:
            yield self.outcome


class Bench:
    """The service on stand-ins."""

    woken = 0

    def wake(self) -> None:
        self.woken += 1

    def is_serviced(self) -> bool:
        return self.service.is_serviced

    def __init__(self) -> None:
        clock = Clock("boot", now=lambda: Seconds(1.0), wall=lambda: UnixSeconds(1.0))
        self.lanes, self.counters, self.restarting = StandInLanes(), Counters(), Restarting()
        self.presence = Presence("R", clock)
        self.draining = Draining(self.lanes, StandInLink(), self.presence, pools=(), changed=lambda: None)
        self.host = StandInHost(self.lanes)
        self.service = AgentService(
            draining=self.draining,
            presence=self.presence,
            lanes=self.lanes,
            engine=self.host,
            energy=EnergyAccounting(lambda: True),
            counters=self.counters,
            restarting=self.restarting,
            room=lambda: None,
            wake=self.wake,
        )


@pytest.fixture
async def bench() -> Bench:
    return Bench()


def finished(tokens: int, first: float | None, last: float) -> Finished:
    at = None if first is None else Seconds(first)
    usage = Usage(prompt_tokens=5, completion_tokens=tokens)
    return Finished(PromptId("canary 1"), FinishReason.STOP, "It is Paris.", usage, at, Seconds(last))


async def test_a_canary_is_asked_of_the_engine_and_measured_by_its_own_times(bench: Bench) -> None:
    bench.host.outcome = finished(tokens=33, first=10.0, last=12.0)
    answer = await bench.service.ask(CANARY)
    assert (answer.text, answer.tokens_per_second, answer.joules_per_token) == ("It is Paris.", 16.0, None)
    (request,) = bench.host.requests
    assert request.messages[0].content == CANARY.prompt
    assert request.sampling.max_tokens == 16
    assert not bench.lanes.held()
    assert bench.service.tally() == Tally(0, 0), "it is counted nowhere"


@pytest.mark.parametrize(
    ("outcome", "speed"),
    [
        (finished(0, None, 10.5), None),
        (finished(1, 10.0, 10.5), None),
        (finished(31, 10.0, 10.5), None),
        (finished(32, 10.0, 10.5), 62.0),
        (finished(32, 10.0, 10.0), None),
    ],
)
async def test_what_is_not_measured_is_no_figure(bench: Bench, outcome: Finished, speed: float | None) -> None:
    bench.host.outcome = outcome
    assert (await bench.service.ask(CANARY)).tokens_per_second == speed


async def test_a_canary_waits_until_nothing_else_runs(bench: Bench) -> None:
    bench.host.outcome = finished(11, 10.0, 10.5)
    bench.lanes.worker.nothing_runs.clear()
    asking = asyncio.create_task(bench.service.ask(CANARY))
    await asyncio.sleep(0.01)
    assert not bench.host.requests
    bench.lanes.worker.nothing_runs.set()
    await asking


async def test_what_waits_gets_its_turn_before_each_canary(bench: Bench) -> None:
    bench.host.outcome = finished(11, 10.0, 10.5)
    for _ in range(3):
        await bench.service.ask(CANARY)
    assert bench.lanes.worker.turns == 3


async def test_an_engine_that_is_lost_meanwhile_is_waited_for_while_prompts_may_begin(bench: Bench) -> None:
    bench.host.outcome = finished(11, 10.0, 10.5)
    bench.lanes.worker.nothing_runs.clear()
    asking = asyncio.create_task(bench.service.ask(CANARY))
    await asyncio.sleep(0)
    bench.host.is_there = False
    bench.lanes.worker.nothing_runs.set()
    assert (await asking).text == "It is Paris."
    assert bench.lanes.worker.turns == 2


async def test_but_not_for_ever(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.fleet.service_port._ALONE_WITHIN", Seconds(0.01))
    bench.host.outcome = finished(11, 10.0, 10.5)
    bench.lanes.worker.nothing_runs.clear()
    assert (await bench.service.ask(CANARY)).text == "It is Paris."


async def test_a_refusal_and_a_loss_are_told(bench: Bench) -> None:
    bench.host.outcome = Refused(PromptId("canary 1"), ErrorCode.DOES_NOT_FIT, "too large")
    with pytest.raises(AgentError, match="does_not_fit: too large"):
        await bench.service.ask(CANARY)
    bench.host.outcome = None
    with pytest.raises(EngineLostError):
        await bench.service.ask(CANARY)
    assert not bench.lanes.held()


async def test_draining_and_going_on(bench: Bench) -> None:
    await bench.service.go_on()
    await bench.service.drain()
    await bench.service.drain()
    assert bench.lanes.held()
    await bench.service.go_on()
    assert not bench.lanes.held()
    assert not bench.presence.is_draining


async def test_what_an_operator_drains_stays_drained(bench: Bench) -> None:
    assert not bench.is_serviced()
    await bench.draining.set(on=True)
    await bench.service.drain()
    await bench.service.go_on()
    assert bench.is_serviced()
    assert bench.lanes.held()
    bench.host.outcome = finished(11, 10.0, 10.5)
    bench.lanes.upstream_is_held = False
    await bench.service.ask(CANARY)
    assert bench.lanes.held()


async def test_an_operator_who_drains_amid_an_update_holds_it_back(bench: Bench) -> None:
    bench.lanes.worker.nothing_runs.clear()
    draining = asyncio.create_task(bench.service.drain())
    await asyncio.sleep(0)
    assert not bench.is_serviced()
    operators = asyncio.create_task(bench.draining.set(on=True))
    with pytest.raises(RetryError):
        await draining
    await bench.service.go_on()
    assert bench.is_serviced()
    bench.lanes.worker.nothing_runs.set()
    await operators
    assert bench.lanes.held()


async def test_an_operator_who_ends_the_draining_is_heeded(bench: Bench) -> None:
    bench.lanes.worker.nothing_runs.clear()
    draining = asyncio.create_task(bench.service.drain())
    await asyncio.sleep(0.01)
    await bench.draining.set(on=False)
    with pytest.raises(RetryError):
        await draining
    await bench.draining.set(on=False)
    assert not bench.lanes.held()


async def test_prompts_that_failed_here_are_counted_and_those_of_their_senders_not(bench: Bench) -> None:
    timing = Timing(Seconds(0), None, Seconds(1), None)
    bench.counters.replied(Completion(PromptId("p"), "m", UnixSeconds(1), "", FinishReason.STOP, Usage(1, 1), timing))
    for code in (ErrorCode.ENGINE_FAILED, ErrorCode.DOES_NOT_FIT, ErrorCode.INVALID_REQUEST, ErrorCode.OVER_BUDGET):
        bench.counters.replied(Failure(PromptId("q"), code, "no"))
    assert bench.service.tally() == Tally(answered=1, failed=2)


async def test_serving_and_restarting(bench: Bench) -> None:
    await bench.service.serving()
    assert bench.woken == 1, "a model that left for want of work comes back"
    bench.service.restart("to start r1")
    async with asyncio.timeout(10):
        await bench.restarting.asked()
    assert bench.restarting.is_asked
