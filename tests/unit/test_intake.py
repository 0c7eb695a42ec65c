"""What the intake counts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.accounting import EnergyAccounting
from agent.clock import Clock
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.host import EngineHost, EngineSpec
from agent.errors import ErrorCode
from agent.intake import Intake
from agent.journal import JournalThread
from agent.lanes import Lanes
from agent.units import Bytes, Seconds
from agent.worker import Worker
from tests.unit.journal.values import Time, arrival, prompt, refusal

CLOCK = Clock.of_this_machine()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    opened = JournalThread.open(tmp_path / "journal.db", clock=CLOCK, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        yield journal


async def test_what_is_new_known_refused_and_too_much(journal: JournalThread) -> None:
    counters = Counters()
    engine = EngineHost(
        EngineSpec("model", Path(), ""), load_timeout=Seconds(1), step_timeout=Seconds(1), on_event=lambda _: None
    )
    worker = Worker(
        journal,
        engine,
        clock=CLOCK,
        publish_lossy=lambda _: None,
        wake_publisher=lambda: None,
        counters=counters,
        energy=EnergyAccounting(is_loaded=lambda: True),
        egress=Egress({}),
    )
    intake = Intake(journal, Lanes(worker, {}), max_prompts=1, wake_publisher=lambda: None, counters=counters)
    await intake.accept(
        [
            arrival(prompt("a", Time())),
            arrival(prompt("a", Time())),
            refusal("b", retryable=False),
            arrival(prompt("c", Time())),
        ]
    )
    counts = counters.counts()
    assert (counts.received, counts.taken) == (4, 1)
    assert counts.errors == {ErrorCode.TOO_LARGE: 1, ErrorCode.QUEUE_FULL: 1}
    await intake.answer(arrival(prompt("d", Time())))
    counts = counters.counts()
    assert counts.received == 5
    assert counts.errors[ErrorCode.STORAGE_FULL] == 1
