"""Snapshots of a real journal, worker, link and engine host, none of them busy."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.accounting import EnergyAccounting
from agent.batch_choice import BatchChoice
from agent.candidates import Candidate
from agent.clock import Clock
from agent.config import Memory
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.host import EngineHost, EngineSpec
from agent.governor import Doing, Governor, PowerPlan
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.learnt import LearntModels
from agent.memory_governor import MemoryGovernor
from agent.platform.identity import identify
from agent.platform.readings import Reading, Why
from agent.platform.sampler import Sampler
from agent.platform.sensors import Sensors
from agent.prompt import OutMessage
from agent.units import Bytes, Seconds, UnixSeconds
from agent.vitals import Parts, Vitals
from agent.worker import Worker
from tests.snapshots import completion
from tests.unconnected_link import UnconnectedLink


class Bench:
    """The parts, and a clock that is moved by hand."""

    def __init__(self, journal: JournalThread, folder: Path) -> None:
        self.now = Seconds(1000.0)
        clock = Clock("boot", now=lambda: self.now, wall=lambda: UnixSeconds(5.0))
        self.journal = journal
        self.counters = Counters()
        engine = EngineHost(
            EngineSpec("model", folder, ""), load_timeout=Seconds(1), step_timeout=Seconds(1), on_event=lambda _: None
        )
        link = UnconnectedLink(clock)
        worker = Worker(
            journal,
            engine,
            clock=clock,
            publish_lossy=lambda _: None,
            wake_publisher=lambda: None,
            counters=self.counters,
            energy=EnergyAccounting(is_loaded=lambda: True),
            egress=Egress({}),
        )
        sampler = Sampler(lambda: Sensors(folder), now=clock.now)
        memory = MemoryGovernor(
            Memory(),
            (Candidate("model", folder, None),),
            engine,
            worker,
            gauge=lambda: None,
            footprint=lambda _: Reading(None, Why.GONE),
            learnt=LearntModels(folder / "memory.json"),
            batches=BatchChoice(folder / "batching.json", None),
            emit=lambda _: None,
            on_lacking=lambda _: None,
            now=clock.now,
        )
        governor = Governor(
            PowerPlan(None, (), refuse_unmetered=False, model="model"),
            clock=clock,
            sampled=sampler.look,
            doing=lambda: Doing(Seconds(0.0), Seconds(0.0), 0, 1),
            apply=lambda _: None,
            emit=lambda _: None,
        )
        parts = Parts(
            lanes=Lanes(worker, {}),
            engine=engine,
            memory=memory,
            governor=governor,
            link=link,
            journal=journal,
            sampler=sampler,
            counters=self.counters,
            energy=EnergyAccounting(is_loaded=lambda: True),
            spool=None,
        )
        self.vitals = Vitals(parts, device="d", machine=identify(folder), clock=clock)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = Clock.of_this_machine()
    opened = JournalThread.open(tmp_path / "journal.db", clock=clock, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        yield Bench(journal, tmp_path)


async def test_an_agent_that_has_nothing(bench: Bench) -> None:
    bench.now = Seconds(1010.0)
    snapshot = await bench.vitals.snapshot()
    assert (snapshot.boot_id, snapshot.at, snapshot.wall, snapshot.agent_uptime) == ("boot", 1010.0, 5.0, 10.0)
    assert snapshot.model is None
    assert snapshot.engine_memory == Reading(None, Why.GONE)
    assert snapshot.agent_memory > 10_000_000
    assert snapshot.sampled.why is not None
    assert snapshot.governor.state == "unmetered"
    assert (snapshot.queued, snapshot.running, snapshot.connected, snapshot.connection_losses) == (0, 0, False, 0)
    assert snapshot.outbox == Reading(0)
    assert (snapshot.journal_size.value or 0) > 0


async def test_what_waits_in_the_outbox(bench: Bench) -> None:
    await bench.journal.run(Journal.enqueue, OutMessage("t", b"x"))
    assert (await bench.vitals.snapshot()).outbox == Reading(1)


async def test_tokens_per_second_since_the_last_time(bench: Bench) -> None:
    bench.counters.replied(completion(output=10))
    bench.now = Seconds(1005.0)
    assert (await bench.vitals.snapshot()).output_tokens_per_s == 2.0
    bench.now = Seconds(1010.0)
    assert (await bench.vitals.snapshot()).output_tokens_per_s == 0.0
    assert (await bench.vitals.snapshot()).output_tokens_per_s == 0.0, "no time has passed"


async def test_a_disk_that_hangs_is_asked_once_and_does_not_keep_the_rest_back(bench: Bench) -> None:
    go_on = threading.Event()
    hanging = asyncio.create_task(bench.journal.run(lambda _: go_on.wait(30)))
    await asyncio.sleep(0)  # its turn
    tasks = len(asyncio.all_tasks())
    for _ in range(2):
        snapshot = await bench.vitals.snapshot()
        assert snapshot.outbox == snapshot.journal_size == Reading(None, Why.FAILED)
    assert len(asyncio.all_tasks()) == tasks + 1
    go_on.set()
    await hanging
    assert (await bench.vitals.snapshot()).outbox == Reading(0)
