"""The publisher and the event log on a real journal, with a link that does as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.errors import NotConnectedError, StorageFullError
from agent.event_log import EventLog
from agent.events import EngineLost, Event, ModelLoaded, ReplyUndeliverable, StorageFull
from agent.journal import Journal, JournalThread
from agent.link import BrokerBusyError, ConnectionEndedError, PublishRefusedError
from agent.link.problem import End, Problem
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.units import Bytes, Seconds
from tests.unconnected_link import UnconnectedLink

CLOCK = Clock.of_this_machine()
EVENTS = "edge/test/event"


class ObedientLink(UnconnectedLink):
    """Takes everything, except what it is told to refuse, to put off, to hang up on, or to be silent on."""

    def __init__(self) -> None:
        super().__init__(CLOCK)
        self.there = asyncio.Event()
        self.there.set()
        self.sent: list[str] = []
        self.refused: set[str] = set()
        self.busy: set[str] = set()
        self.hangs_up_on: set[str] = set()
        self.silent_on: set[str] = set()
        self.hang_ups = 0
        self.losses = 0
        self.hung_up = asyncio.Event()
        self.took_one = asyncio.Event()
        self._cut = False

    async def connected(self) -> None:
        await self.there.wait()
        self._cut = False

    async def publish(self, message: OutMessage) -> None:
        if self.losses:
            self.losses -= 1
            raise NotConnectedError("gone")
        if message.topic in self.hangs_up_on:
            self._cut = True
            self.hang_ups += 1
            self.hung_up.set()
        if self._cut:
            raise ConnectionEndedError(End(Problem.LOST, "hung up"))
        if message.topic in self.busy:
            raise BrokerBusyError("quota exceeded")
        if message.topic in self.refused:
            raise PublishRefusedError("not authorized")
        if message.topic in self.silent_on:
            await asyncio.Event().wait()
        self.sent.append(message.topic)
        self.took_one.set()


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
        self.now = 0.0
        self.publisher = Publisher(
            journal,
            self.link,
            changed=self.changed,
            event_topic=EVENTS,
            emit=self.events.append,
            now=lambda: Seconds(self.now),
        )

    async def enqueue(self, *topics: str) -> None:
        for topic in topics:
            await self.journal.run(Journal.enqueue, OutMessage(topic, b"x"))
        self.changed.set()

    async def unsent(self) -> list[str]:
        return [item.message.topic for item in await self.journal.run(Journal.outbox, limit=100)]

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


async def test_what_ends_the_connection_holds_up_nobody(bench: Bench) -> None:
    bench.link.hangs_up_on = {"evil"}
    topics = [f"t/{number}" for number in range(50)]
    await bench.enqueue(*topics[:10], "evil", *topics[10:])
    await bench.flushed()
    assert sorted(bench.link.sent) == sorted(topics)
    assert await bench.unsent() == ["evil"]
    assert bench.link.hang_ups == 2, "once with others, once alone"
    assert bench.events == [], "it may have been the network"


async def test_what_ends_the_connection_is_tried_alone_again_more_and_more_seldom(bench: Bench) -> None:
    bench.link.hangs_up_on = {"evil"}
    await bench.enqueue("evil")
    await bench.flushed()
    for pause, hang_ups in ((59, 2), (1, 3), (119, 3), (1, 4), (239, 4), (1, 5)):
        bench.now += pause
        await bench.enqueue("good")
        await bench.flushed()
        assert bench.link.hang_ups == hang_ups
    assert bench.link.sent == ["good"] * 6
    (event,) = bench.events
    assert isinstance(event, ReplyUndeliverable)
    assert event.topic == "evil"
    bench.link.hangs_up_on = set()
    bench.now += 480
    await bench.flushed()
    assert await bench.unsent() == []


async def test_a_network_that_breaks_once_delays_nothing(bench: Bench) -> None:
    bench.link.hangs_up_on = {"t/3"}
    topics = [f"t/{number}" for number in range(5)]
    bench.link.there.clear()
    await bench.enqueue(*topics)
    bench.link.there.set()
    async with asyncio.timeout(10):
        await bench.link.hung_up.wait()
    bench.link.hangs_up_on = set()
    await bench.flushed()
    assert bench.link.sent == topics
    assert bench.events == []


async def test_what_the_broker_does_not_take_now_is_tried_again_and_holds_up_nobody(bench: Bench) -> None:
    bench.link.busy = {f"busy/{number}" for number in range(40)}
    await bench.enqueue(*sorted(bench.link.busy), "t/1")
    await bench.flushed()
    assert bench.link.sent == ["t/1"]
    assert set(await bench.unsent()) == bench.link.busy
    bench.link.busy = set()
    bench.now += 1
    await bench.flushed()
    assert await bench.unsent() == []
    assert bench.events == []


async def test_what_was_put_off_and_then_pushed_out_is_not_waited_for(bench: Bench) -> None:
    async def tell() -> None:
        await bench.journal.run(Journal.enqueue_newest, OutMessage("door", b"x"), kind="motion", most=1)
        await bench.flushed()

    bench.link.busy = {"door"}
    await tell()
    bench.link.busy = set()
    await tell()
    assert await bench.unsent() == []
    bench.now += 1
    await bench.flushed()
    assert bench.publisher._deferrals.next_due_in() is None, "it would be due for ever, and the publisher never rest"


async def test_nobody_has_to_say_when_it_is_time(journal: JournalThread) -> None:
    changed = asyncio.Event()
    link = ObedientLink()
    link.busy = {"busy"}
    publisher = Publisher(journal, link, changed=changed, event_topic=EVENTS, emit=lambda _: None)
    await journal.run(Journal.enqueue, OutMessage("busy", b"x"))
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(publisher.run())
        await publisher.flushed()
        link.busy = set()
        await link.took_one.wait()
        running.cancel()


async def test_what_is_settled_leaves_the_outbox_while_another_is_waited_for(bench: Bench) -> None:
    bench.link.silent_on = {"t/0"}
    await bench.enqueue("t/0", "t/1", "t/2")
    async with asyncio.timeout(10):
        while await bench.unsent() != ["t/0"]:
            await bench.link.took_one.wait()


async def test_events_go_to_the_log_and_to_the_outbox(journal: JournalThread, caplog: pytest.LogCaptureFixture) -> None:
    woken = asyncio.Event()
    log = EventLog(journal, topic=EVENTS, clock=CLOCK, wake_publisher=woken.set)
    log.emit(EngineLost("signal SIGKILL"))
    log.emit(ModelLoaded("edge-tiny", 0.3, 4096, "onnxruntime-genai"))
    await log.write()
    items = await journal.run(Journal.outbox, limit=10)
    assert [json.loads(item.message.payload)["event"] for item in items] == ["engine_lost", "model_loaded"]
    assert {item.message.topic for item in items} == {EVENTS}
    assert woken.is_set()
    assert "engine_lost" in caplog.messages


async def test_an_event_outlives_a_full_disk(journal: JournalThread) -> None:
    log = EventLog(journal, topic=EVENTS, clock=CLOCK, wake_publisher=lambda: None)
    await journal.run(lambda journal: journal._database.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(StorageFullError):
        await journal.run(Journal.enqueue, OutMessage("t", bytes(100_000)))
    log.emit(StorageFull("no room" + 100_000 * "!"))
    assert not await log.write()
    await journal.run(lambda journal: journal._database.execute("PRAGMA max_page_count = 100000"))
    assert await log.write()
    assert len(await journal.run(Journal.outbox, limit=10)) == 1


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
