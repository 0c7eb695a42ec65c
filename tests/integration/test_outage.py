"""An hour without a broker under load, then a real one: nothing durable is lost, and the past does not get in the way.

The hour is simulated: the device's clock runs 360 times as fast as the machine's, and so do its messages. Its wall
clock jumps twice meanwhile.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessage

from agent.backlog import Backlog
from agent.clock import Clock, boottime
from agent.config import Config, Device, Telemetry
from agent.demo.broker import PrivateBroker
from agent.event_log import EventLog
from agent.events import PayloadsDropped
from agent.journal import Journal, JournalThread
from agent.link import Link
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.snapshot import Snapshot
from agent.spool import Spool, SpoolThread
from agent.telemetry import Telemetry as Sender
from agent.units import Bytes, Seconds, UnixSeconds
from tests.boards import BOARDS, BoardTree
from tests.integration.links import make_link, running, settings, until
from tests.integration.peer import Peer
from tests.snapshots import snapshot

FASTER = 360
HOUR = 3600.0
EVERY = 10.0
RATE = 50
LIMIT = Bytes(160 * 1024)
NOW = 1_790_000_000.0
STARTED_WITHOUT_A_CLOCK, SET, LOST = NOW, 0.0, NOW  # how far the wall clock is behind


@dataclass
class DeviceTime:
    """The device's clocks: a second passes on them in a 360th of one."""

    behind: float = STARTED_WITHOUT_A_CLOCK
    began: float = field(default_factory=boottime)

    def now(self) -> Seconds:
        return Seconds(100.0 + (boottime() - self.began) * FASTER)

    def wall(self) -> UnixSeconds:
        return UnixSeconds(NOW - self.behind + self.now())

    def clock(self) -> Clock:
        return Clock("2f1c", now=self.now, wall=self.wall)


class DeviceUnderTest:
    """What an agent sends with, on a link that is not connected yet."""

    def __init__(
        self, time: DeviceTime, journal: JournalThread, link: Link, spool: SpoolThread, board: Snapshot
    ) -> None:
        outbox_changed = asyncio.Event()
        self.time, self.journal, self.link, self.spool = time, journal, link, spool
        self.wake = outbox_changed.set
        self.events = EventLog(journal, topic="edge/dev/event", clock=time.clock(), wake_publisher=self.wake)
        self.publisher = Publisher(
            journal, link, changed=outbox_changed, event_topic="edge/dev/event", emit=self.events.emit
        )
        self.backlog = Backlog(
            spool,
            link,
            self.publisher,
            topic="edge/dev/telemetry",
            rate=RATE,
            begins_after=Seconds(0.0),
            clock=time.clock(),
        )
        config = Config(
            device=Device(id="dev"), telemetry=Telemetry.model_construct(every=Seconds(EVERY / FASTER), qos=1)
        )
        self.telemetry = Sender(config, link, snapshot=self.snapshot, keep=self.keep, clock=Clock.of_this_machine())
        self._board = board
        self.kept: list[float] = []
        self.largest = 0

    async def keep(self, payload: bytes) -> None:
        self.kept.append(json.loads(payload)["uptime_s"])
        await self.backlog.keep(payload)

    async def snapshot(self) -> Snapshot:
        self.largest = max(self.largest, self.spool.stats.size)
        return replace(self._board, at=self.time.now(), wall=self.time.wall())

    async def reply(self, name: str) -> None:
        await self.journal.run(Journal.enqueue, OutMessage(f"edge/dev/reply/{name}", b"{}"))
        self.wake()

    async def an_hour_of_load(self) -> None:
        """A reply every 6 s and an event every minute; the clock is set after 20 minutes, and lost after 40."""
        for sixth in range(600):
            if sixth == 200:
                self.time.behind = SET
            if sixth == 400:
                self.time.behind = LOST
            await self.reply(str(sixth))
            if sixth % 10 == 0:
                self.events.emit(PayloadsDropped(count=sixth))
            begin = 100.0 + HOUR * (sixth + 1) / 600
            await asyncio.sleep(max(0.0, (begin - self.time.now()) / FASTER))


@asynccontextmanager
async def device(tmp_path: Path, port: int) -> AsyncIterator[DeviceUnderTest]:
    time = DeviceTime()
    with BoardTree(tmp_path / "board", BOARDS["orin-nano-super"]) as tree:
        board = snapshot(tree)
    opened = JournalThread.open(tmp_path / "journal.db", clock=time.clock(), keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        with SpoolThread(Spool(tmp_path / "spool", LIMIT)) as spool:
            yield DeviceUnderTest(time, journal, make_link(settings(port)), spool, board)


def of(messages: list[MQTTMessage], topic: str) -> list[tuple[int, dict[str, Any]]]:
    """The messages below a topic, each with its place among all."""
    return [(n, json.loads(it.payload)) for n, it in enumerate(messages) if it.topic.startswith(topic)]


@pytest.mark.parametrize("clock_at_the_end", [SET, LOST])
async def test_an_hour_offline_and_back(tmp_path: Path, clock_at_the_end: float) -> None:
    broker = PrivateBroker(tmp_path, extra_config="max_queued_messages 0\nmax_inflight_messages 0")
    async with device(tmp_path, broker.port) as agent:
        heard: list[MQTTMessage] = []
        async with running(agent.telemetry.run, agent.events.run):
            await agent.an_hour_of_load()
            waiting, agent.time.behind = agent.spool.stats, clock_at_the_end
            kept_offline = len(agent.kept)
            await asyncio.to_thread(broker.start)
            peer = await asyncio.to_thread(Peer, broker.port, "edge/dev/#")
            began = boottime()
            with peer:
                async with running(agent.link.run, agent.publisher.run, agent.backlog.run):
                    while len(of(heard, "edge/dev/telemetry")) < 40:
                        heard.append(await peer.heard())
                    heard += peer.heard_so_far()
                    asked = len(heard)
                    await agent.reply("urgent")
                    await until(lambda: not agent.spool.stats.messages)
                    took, dropped = boottime() - began, agent.spool.stats.dropped
                    await agent.reply("last")
                    while heard[-1].topic != "edge/dev/reply/last":
                        heard.append(await peer.heard())
        await asyncio.to_thread(broker.stop)

    # Nothing durable is lost, and it went before the past.
    replies, events, telemetry = (of(heard, f"edge/dev/{kind}") for kind in ("reply", "event", "telemetry"))
    past = [(place, it) for place, it in telemetry if it["historical"]]
    assert len(replies) == 602
    assert [it["detail"]["count"] for _, it in events] == list(range(0, 600, 10))
    assert all(place < past[0][0] for place, _ in [*replies[:600], *events])
    # A reply that comes meanwhile does not wait for it.
    (urgent,) = (place for place, it in enumerate(heard) if it.topic == "edge/dev/reply/urgent")
    later = sum(it["historical"] for place, it in telemetry if asked <= place < urgent)
    assert later <= 5
    # The spool kept to its bound, the backlog to its rate; what there was came, in order, each once.
    assert agent.largest <= LIMIT
    assert len(past) >= waiting.messages * 0.9, "some went for want of room before the broker was there"
    assert took >= (len(past) - 1) / RATE
    assert waiting.dropped > 50, "the spool was full"
    uptimes = [it["uptime_s"] for _, it in past]
    # The link ends before the telemetry does: what is kept after the hour may come, or not any longer.
    first, last = agent.kept.index(uptimes[0]), agent.kept.index(uptimes[-1])
    assert uptimes == agent.kept[first : last + 1]
    assert waiting.dropped <= first <= dropped, "what is on its way when it gives way to a new one counts, and comes"
    assert last + 1 >= kept_offline
    # Whatever the wall clock did: times are right where anything was known of the time.
    told = [(it["uptime_s"], it["at"]) for _, it in past]
    if clock_at_the_end == SET:
        assert all(at == pytest.approx(NOW + uptime, abs=5) for uptime, at in told)
    uptimes = [it["uptime_s"] for _, it in events]
    assert uptimes == sorted(uptimes)
