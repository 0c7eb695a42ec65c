"""When telemetry is sent, and what becomes of it when it cannot be."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.config import Config, Device, Telemetry
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, PublishRefusedError
from agent.prompt import OutMessage
from agent.snapshot import Snapshot
from agent.telemetry import Telemetry as Sender
from agent.telemetry import next_due, phase
from agent.units import Seconds
from tests.boards import BOARDS, BoardTree
from tests.snapshots import snapshot
from tests.unconnected_link import UnconnectedLink

CLOCK = Clock.of_this_machine()
PERIOD = Seconds(0.3)
DEVICE = next(name for name in map(str, range(1000)) if phase(name) < 0.02)


class ObedientLink(UnconnectedLink):
    """Takes messages, or does not."""

    def __init__(self) -> None:
        super().__init__(CLOCK)
        self.sent: list[OutMessage] = []
        self.error: Exception | None = None
        self.acknowledges = True
        self.there = True
        self.asked = 0
        self.unacknowledged = self.most_unacknowledged = 0

    @property
    def is_connected(self) -> bool:
        return self.there

    def publish_lossy(self, message: OutMessage) -> None:
        self.sent.append(message)

    async def publish(self, message: OutMessage) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        if not self.acknowledges:
            self.unacknowledged += 1
            self.most_unacknowledged = max(self.most_unacknowledged, self.unacknowledged)
            try:
                await asyncio.Event().wait()
            finally:
                self.unacknowledged -= 1
        self.sent.append(message)


class Bench:
    """A sender, its link and its snapshots."""

    def __init__(self, taken: Snapshot, every: Seconds = PERIOD, qos: int = 0) -> None:
        self.link = ObedientLink()
        self.snapshots = 0
        self._taken = taken
        settings = Telemetry.model_construct(every=every, qos=qos)  # shorter than a file may say
        config = Config(device=Device(id=DEVICE), telemetry=settings)
        self.kept: list[bytes] = []
        self.sender = Sender(config, self.link, snapshot=self._snapshot, keep=self._keep, clock=CLOCK)

    async def _snapshot(self) -> Snapshot:
        self.snapshots += 1
        return self._taken

    async def _keep(self, payload: bytes) -> None:
        self.kept.append(payload)

    async def run_until(self, is_done: Callable[[], object]) -> None:
        """Also a little longer, on a busy machine."""
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.sender.run())
            while not is_done():  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)
            running.cancel()


@pytest.fixture
def taken(tmp_path: Path) -> Snapshot:
    with BoardTree(tmp_path, BOARDS["thor"]) as tree:
        return snapshot(tree)


async def test_once_a_period(taken: Snapshot) -> None:
    bench, began = Bench(taken), CLOCK.now()
    await bench.run_until(lambda: len(bench.link.sent) >= 3)
    assert CLOCK.now() - began >= PERIOD * (len(bench.link.sent) - 1)
    assert {(message.topic, message.qos, message.retain) for message in bench.link.sent} == {
        (f"edge/{DEVICE}/telemetry", 0, False)
    }
    assert json.loads(bench.link.sent[0].payload)["device"] == "orin-7"
    assert bench.sender.latest is taken


async def test_never_sends_when_told_so_but_measures_for_the_metrics(taken: Snapshot) -> None:
    bench = Bench(taken, every=Seconds(0), qos=1)
    await bench.run_until(lambda: bench.snapshots >= 2)
    assert bench.link.asked == 0
    assert bench.link.sent == []


async def test_without_a_broker_it_is_kept(taken: Snapshot) -> None:
    bench = Bench(taken, qos=1)
    bench.link.error = NotConnectedError("not connected")
    await bench.run_until(lambda: len(bench.kept) >= 2)
    assert bench.link.asked == len(bench.kept)
    bench.link.error = None
    before = bench.snapshots + 1  # the first of a run is not sent
    await bench.run_until(lambda: bench.link.sent)
    assert len(bench.link.sent) == bench.snapshots - before, "only what is new"
    assert bench.link.sent[0].qos == 1


async def test_without_a_broker_it_is_kept_at_qos_0_too(taken: Snapshot) -> None:
    bench = Bench(taken)
    bench.link.there = False
    await bench.run_until(lambda: len(bench.kept) >= 2)
    assert not any(json.loads(payload)["historical"] for payload in bench.kept)


async def test_what_a_busy_broker_does_not_take_is_kept(taken: Snapshot) -> None:
    bench = Bench(taken, qos=1)
    bench.link.error = BrokerBusyError("quota exceeded")
    await bench.run_until(lambda: bench.kept)
    assert bench.link.asked == len(bench.kept)


async def test_a_broker_that_does_not_acknowledge_holds_one_message_at_most(taken: Snapshot) -> None:
    bench = Bench(taken, qos=1)
    bench.link.acknowledges = False
    before = len(asyncio.all_tasks())
    await bench.run_until(lambda: bench.link.asked >= 3)
    assert bench.link.most_unacknowledged == 1
    assert len(bench.kept) >= 2
    assert len(asyncio.all_tasks()) == before


async def test_a_refusal_is_told_once(taken: Snapshot, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(taken, qos=1)
    bench.link.error = PublishRefusedError("Not authorized")
    await bench.run_until(lambda: bench.link.asked >= 2)
    assert not bench.kept, "the broker does not want it"
    assert caplog.messages == ["telemetry_refused"]


def test_a_fleet_does_not_speak_at_once() -> None:
    tenths = [int(phase(f"orin-{number}") * 10) for number in range(2000)]
    assert all(150 < tenths.count(tenth) < 250 for tenth in range(10))
    assert phase("orin-7") == phase("orin-7")


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [(100, 100, 110), (100, 100.5, 110), (100, 109.9, 110), (100, 110, 120), (100, 3725, 3730), (100, 99.9, 110)],
)
def test_a_machine_that_was_suspended_skips(due: float, now: float, expected: float) -> None:
    assert next_due(Seconds(due), Seconds(10), Seconds(now)) == expected
