"""The publisher and the event log on a real journal, with a link that does as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.config import Broker
from agent.errors import NotConnectedError
from agent.event_log import EventLog
from agent.events import EngineLost, Event, ModelLoaded, ReplyUndeliverable
from agent.journal import Journal, JournalThread
from agent.link import Link, PublishRefusedError
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.units import Bytes, Seconds

CLOCK = Clock.of_this_machine()
EVENTS = "edge/test/event"


class ObedientLink(Link):
    """Takes everything, except what it is told to refuse."""

    def __init__(self) -> None:
        nothing = OutMessage("will", b"")
        super().__init__(
            Broker(), client_id="x", subscriptions=(), will=nothing, birth=lambda: nothing, max_payload=1, clock=CLOCK
        )
        self.there = asyncio.Event()
        self.there.set()
        self.sent: list[str] = []
        self.refused: set[str] = set()
        self.losses = 0

    async def connected(self) -> None:
        await self.there.wait()

    async def publish(self, message: OutMessage) -> None:
        if self.losses:
            self.losses -= 1
            raise NotConnectedError("gone")
        if message.topic in self.refused:
            raise PublishRefusedError("not authorized")
        self.sent.append(message.topic)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    opened = JournalThread.open(tmp_path / "journal.db", clock=CLOCK, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        yield journal


class Bench:
    """A publisher and what is around it."""

    def __init__(self, journal: JournalThread) -> None:
        self.journal = journal
        self.link = ObedientLink()
        self.changed = asyncio.Event()
        self.events: list[Event] = []
        self.publisher = Publisher(
            journal, self.link, changed=self.changed, event_topic=EVENTS, emit=self.events.append
        )

    async def enqueue(self, *topics: str) -> None:
        for topic in topics:
            await self.journal.run(Journal.enqueue, OutMessage(topic, b"x"))
        self.changed.set()

    async def flushed(self) -> None:
        async with asyncio.timeout(10):
            await self.publisher.flushed()


@pytest.fixture
async def bench(journal: JournalThread) -> AsyncIterator[Bench]:
    bench = Bench(journal)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.publisher.run())
        yield bench
        running.cancel()


async def test_everything_is_sent_in_order_and_leaves_the_outbox(bench: Bench) -> None:
    topics = [f"t/{number}" for number in range(100)]
    await bench.enqueue(*topics)
    await bench.flushed()
    assert bench.link.sent == topics
    assert await bench.journal.run(Journal.outbox, limit=10) == []


async def test_what_comes_later_is_sent_later(bench: Bench) -> None:
    await bench.flushed()
    await bench.enqueue("t/1")
    await bench.flushed()
    await bench.enqueue("t/2")
    await bench.flushed()
    assert bench.link.sent == ["t/1", "t/2"]


async def test_nothing_leaves_the_outbox_without_a_broker(bench: Bench) -> None:
    bench.link.there.clear()
    bench.link.losses = 3
    await bench.enqueue("t/1")
    assert len(await bench.journal.run(Journal.outbox, limit=10)) == 1
    bench.link.there.set()
    await bench.flushed()
    assert bench.link.sent == ["t/1"]


async def test_a_refused_reply_does_not_block_the_others_and_is_told(bench: Bench) -> None:
    bench.link.refused = {"secret/reply"}
    await bench.enqueue("secret/reply", "t/1")
    await bench.flushed()
    assert bench.link.sent == ["t/1"]
    assert bench.events == [ReplyUndeliverable(topic="secret/reply", reason="not authorized")]


async def test_a_refused_event_is_no_event(bench: Bench) -> None:
    bench.link.refused = {EVENTS}
    await bench.enqueue(EVENTS)
    await bench.flushed()
    assert bench.events == []


async def test_events_go_to_the_log_and_to_the_outbox(journal: JournalThread, caplog: pytest.LogCaptureFixture) -> None:
    woken = asyncio.Event()
    log = EventLog(journal, topic=EVENTS, clock=CLOCK, wake_publisher=woken.set)
    log.emit(EngineLost("signal SIGKILL"))
    log.emit(ModelLoaded("edge-tiny", 0.3))
    await log.write()
    items = await journal.run(Journal.outbox, limit=10)
    assert [json.loads(item.message.payload)["event"] for item in items] == ["engine_lost", "model_loaded"]
    assert {item.message.topic for item in items} == {EVENTS}
    assert woken.is_set()
    assert "engine_lost" in caplog.messages


async def test_events_that_cannot_be_written_are_bounded(
    journal: JournalThread, caplog: pytest.LogCaptureFixture
) -> None:
    log = EventLog(journal, topic=EVENTS, clock=CLOCK, wake_publisher=lambda: None)
    for number in range(300):
        log.emit(EngineLost(str(number)))
    assert caplog.messages.count("event_dropped") == 300 - 256
    await log.write()
    items = await journal.run(Journal.outbox, limit=1000)
    assert [json.loads(item.message.payload)["detail"]["reason"] for item in items] == [
        str(number) for number in range(44, 300)
    ]
