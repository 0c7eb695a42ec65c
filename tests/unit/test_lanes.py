"""Which worker gets a prompt, and what they are together."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.accounting import EnergyAccounting
from agent.clock import Clock
from agent.config import MayLeave, Upstream
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.openai import UpstreamModel, WhenAway
from agent.engine.protocol import Finished, GenerationRequest, Outcome
from agent.errors import UpstreamAwayError
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.prompt import Delta, FinishReason, Pending, Place, PromptId, Usage
from agent.units import Bytes, Seconds
from agent.worker import Worker
from tests.unit.journal.values import Time, append, arrival, prompt

CLOCK = Clock.of_this_machine()
UPSTREAM = {"big": Upstream(url="http://h/v1", may_leave=MayLeave(prompts=True), when_away="local")}


class StandIn:
    """Answers with its name, or is away."""

    place = Place.UPSTREAM

    def __init__(self, model: str) -> None:
        self.model = model
        self.capabilities = UpstreamModel(model, model, 1, WhenAway.LOCAL, Seconds(1))
        self.away = False
        self.asked = 0

    def cancel(self, request_id: PromptId) -> None:
        """Nothing lasts here."""

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        self.asked += 1
        if self.away:
            raise UpstreamAwayError("503")
        yield Finished(request.id, FinishReason.STOP, self.model, Usage(1, 1), None, CLOCK.now())


class Bench:
    """The device and one model upstream."""

    def __init__(self, journal: JournalThread, egress: Egress) -> None:
        self.journal = journal
        self.finished = asyncio.Event()
        self.here, self.there = StandIn("small"), StandIn("big")
        self.device = self._worker(self.here, egress, stands_in_for=("big",), fall_back=None)
        upstream = self._worker(self.there, egress, stands_in_for=(), fall_back=self.device.offer)
        self.lanes = Lanes(self.device, {"big": upstream})

    def _worker(
        self,
        engine: StandIn,
        egress: Egress,
        *,
        stands_in_for: tuple[str, ...],
        fall_back: Callable[[Sequence[Pending]], None] | None,
    ) -> Worker:
        return Worker(
            self.journal,
            engine,
            clock=CLOCK,
            publish_lossy=lambda _: None,
            wake_publisher=self.finished.set,
            counters=Counters(),
            energy=EnergyAccounting(is_loaded=lambda: False),
            egress=egress,
            stands_in_for=stands_in_for,
            fall_back=fall_back,
        )

    async def send(self, name: str, model: str | None) -> None:
        it = replace(prompt(name, Time()), model=model, received=CLOCK.now(), received_wall=CLOCK.wall())
        self.lanes.offer(await self.journal.run(append, [arrival(it)]))

    async def replies(self, count: int) -> list[str]:
        async with asyncio.timeout(10):
            while len(items := await self.journal.run(Journal.outbox, limit=100)) < count:
                self.finished.clear()
                await self.finished.wait()
        return [item.message.payload.decode() for item in items]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    opened = JournalThread.open(tmp_path / "journal.db", clock=CLOCK, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        yield journal


@pytest.fixture
async def bench(journal: JournalThread) -> AsyncIterator[Bench]:
    bench = Bench(journal, Egress(UPSTREAM))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.lanes.run())
        yield bench
        running.cancel()


async def test_the_name_of_the_model_decides(bench: Bench) -> None:
    await bench.send("a", "big")
    assert '"content":"big"' in (await bench.replies(1))[0]
    await bench.send("b", None)
    assert '"content":"small"' in (await bench.replies(2))[1]
    await bench.send("c", "unknown")
    assert "model_not_found" in (await bench.replies(3))[2]


async def test_the_device_answers_for_a_server_that_is_away(bench: Bench) -> None:
    bench.there.away = True
    await bench.send("a", "big")
    assert '"content":"small"' in (await bench.replies(1))[0]
    assert (bench.there.asked, bench.here.asked) == (1, 1)


async def test_held_all_of_them_wait(bench: Bench) -> None:
    bench.lanes.hold()
    await bench.send("a", "big")
    await bench.send("b", None)
    await bench.lanes.idle()
    assert (bench.lanes.queued, bench.lanes.running) == (2, 0)
    bench.lanes.cancel(PromptId("a"))
    assert '"cancelled"' in (await bench.replies(1))[0]
    bench.lanes.release()
    await bench.replies(2)


async def test_who_holds_the_device_between_prompts_lets_each_begin(bench: Bench) -> None:
    device = bench.lanes.device
    for asked, name in enumerate("abc"):
        device.hold()
        await bench.send(name, None)
        await bench.send(f"{name}-elsewhere", "big")
        await bench.replies(2 * asked + 1)  # upstream nothing waits
        assert bench.here.asked == asked
        device.release()
        await device.caught_up()
        device.hold()
        await device.idle()
        assert bench.here.asked == asked + 1


async def test_what_waited_while_the_configuration_changed_does_not_leave(journal: JournalThread) -> None:
    before = Bench(journal, Egress(UPSTREAM))
    await before.send("a", "big")
    bench = Bench(journal, Egress({"big": UPSTREAM["big"].model_copy(update={"may_leave": MayLeave()})}))
    bench.lanes.offer(await journal.run(Journal.recover))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.lanes.run())
        assert "unsupported" in (await bench.replies(1))[0]
        running.cancel()
    assert bench.there.asked == 0
