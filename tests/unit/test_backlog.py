"""The backlog waits for everything else, goes at its rate, and loses nothing that the broker has not got."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.backlog import Backlog
from agent.clock import Clock
from agent.errors import NotConnectedError
from agent.journal import Journal, JournalThread
from agent.link import BrokerBusyError, ConnectionEndedError, PublishRefusedError
from agent.link.problem import End, Problem
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.spool import Spool, SpoolThread
from agent.units import Bytes, Seconds, UnixSeconds
from agent.wire import encode_telemetry
from tests.boards import BOARDS, BoardTree
from tests.snapshots import snapshot
from tests.unconnected_link import UnconnectedLink

RATE = 100
TOPIC = "edge/orin-7/telemetry"
NOW = Clock("2f1c", now=lambda: Seconds(5000.5), wall=lambda: UnixSeconds(1_790_004_000.0))
REAL = Clock.of_this_machine()
HUNG_UP = ConnectionEndedError(End(Problem.LOST, "hung up"))


class ObedientLink(UnconnectedLink):
    """Takes what it is given, but for the errors that it is told to raise."""

    def __init__(self) -> None:
        super().__init__(REAL)
        self.errors: list[Exception] = []
        self.sent: list[tuple[float, OutMessage]] = []
        self._connected.set()

    async def publish(self, message: OutMessage) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append((asyncio.get_running_loop().time(), message))

    @property
    def topics(self) -> list[str]:
        return [message.topic for _, message in self.sent]


class Bench:
    """A backlog of so many messages."""

    def __init__(self, journal: JournalThread, spool: SpoolThread, message: bytes) -> None:
        self.link = ObedientLink()
        self.journal = journal
        self.spool = spool
        self.message = message
        self.changed = asyncio.Event()
        self.publisher = Publisher(journal, self.link, changed=self.changed, event_topic="e", emit=lambda _: None)
        self.backlog = Backlog(
            spool, self.link, self.publisher, topic=TOPIC, rate=RATE, begins_after=Seconds(0), clock=NOW
        )

    async def until_sent(self) -> list[dict[str, object]]:
        """What was sent of the past, when nothing is left."""
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self.backlog.run()), tasks.create_task(self.publisher.run())]
            while self.spool.stats.messages:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)
            for task in running:
                task.cancel()
        return [json.loads(message.payload) for _, message in self.link.sent if message.topic == TOPIC]

    async def keep(self, count: int) -> None:
        for _ in range(count):
            await self.backlog.keep(self.message)


@pytest.fixture
def message(tmp_path: Path) -> Iterator[bytes]:
    """Of the time 1000.5 s after the start, by a clock that stood at 1970."""
    with BoardTree(tmp_path / "board", BOARDS["thor"]) as tree:
        yield encode_telemetry(snapshot(tree))


@asynccontextmanager
async def bench_in(folder: Path, message: bytes) -> AsyncIterator[Bench]:
    opened = JournalThread.open(folder / "journal.db", clock=REAL, keep=Seconds(60), max_size=Bytes(2**22))
    async with opened as journal:
        with SpoolThread(Spool(folder / "spool", Bytes(2**20))) as spool:
            yield Bench(journal, spool, message)


async def test_at_its_rate_and_marked(tmp_path: Path, message: bytes) -> None:
    async with bench_in(tmp_path, message) as bench:
        await bench.keep(20)
        sent = await bench.until_sent()
    assert [each["historical"] for each in sent] == [True] * 20
    times = [at for at, _ in bench.link.sent]
    assert times[-1] - times[0] >= 19 / RATE
    assert {(each.qos, each.retain) for _, each in bench.link.sent} == {(1, False)}


async def test_the_outbox_goes_first(tmp_path: Path, message: bytes) -> None:
    async with bench_in(tmp_path, message) as bench:
        await bench.keep(5)
        for number in range(50):
            await bench.journal.run(Journal.enqueue, OutMessage(f"reply/{number}", b"x"))
        await bench.until_sent()
    assert bench.link.topics == [f"reply/{number}" for number in range(50)] + [TOPIC] * 5


@pytest.mark.parametrize(
    "errors", [[NotConnectedError("gone")], [HUNG_UP], [BrokerBusyError("quota")], [HUNG_UP, NotConnectedError("gone")]]
)
async def test_what_the_broker_has_not_got_is_sent_again(
    tmp_path: Path, message: bytes, errors: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.backlog._BUSY_PAUSE", Seconds(0.01))
    async with bench_in(tmp_path, message) as bench:
        bench.link.errors = list(errors)
        await bench.keep(3)
        assert len(await bench.until_sent()) == 3


@pytest.mark.parametrize("errors", [[PublishRefusedError("not authorized")], [HUNG_UP, HUNG_UP]])
async def test_what_the_broker_does_not_want_is_given_up(
    tmp_path: Path, message: bytes, errors: list[Exception]
) -> None:
    async with bench_in(tmp_path, message) as bench:
        bench.link.errors = list(errors)
        await bench.keep(3)
        assert len(await bench.until_sent()) == 2


async def test_what_cannot_be_read_is_passed_over_and_told_once(
    tmp_path: Path, message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench_in(tmp_path, message) as bench:
        await bench.backlog.keep(b"{}")
        await bench.keep(1)
        await bench.backlog.keep(b'{"device":"x","of":"another version"}')
        await bench.keep(1)
        assert len(await bench.until_sent()) == 2
    assert [record.getMessage() for record in caplog.records].count("telemetry_unreadable") == 1


async def test_what_comes_while_it_sends_is_sent_too(tmp_path: Path, message: bytes) -> None:
    async with bench_in(tmp_path, message) as bench:
        await bench.keep(1)
        await bench.until_sent()
        await bench.keep(2)
        assert len(await bench.until_sent()) == 3
