"""The updater with ports that really block: stopped at once, and told how far a download is."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.events import Event, UpdateState
from agent.fleet.eligibility import Device
from agent.fleet.steps import Ports
from agent.fleet.telling import Reports
from agent.fleet.update_file import UpdateFile
from agent.fleet.updater import Updater
from agent.fleet.values import Release
from agent.units import Bytes, Seconds
from tests.fleet.device import SETTINGS, SimulatedService
from tests.fleet.disk import Disk, SimulatedBlobs, SimulatedSlots
from tests.fleet.releases import GOOD, SimulatedFleet


class SlowBlobs(SimulatedBlobs):
    """A download that only ends when it is stopped."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk)
        self.begun, self.stopped = threading.Event(), threading.Event()
        self.when_stopped: Callable[[], None] = lambda: None

    def fetch(self, release: Release, *, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]) -> None:
        assert release.name == "r1"
        self.begun.set()
        while not is_stopped():
            progress(Bytes(1024 * 1024))
            threading.Event().wait(0.01)
        self.stopped.set()
        self.when_stopped()


class SilentFleet(SimulatedFleet):
    """One that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_now, self.answer = threading.Event(), threading.Event()

    def refresh(self) -> None:
        self.asked_now.set()
        self.answer.wait()


class Site:
    """A device of which a test sets the lock."""

    def __init__(self, folder: Path, fleet: SimulatedFleet) -> None:
        self.lock: str | None = None
        self.events: list[Event] = []
        self.record = UpdateFile(folder)
        disk = Disk()
        self.blobs = SlowBlobs(disk)
        ports = Ports(
            trust=fleet,
            blobs=self.blobs,
            slots=SimulatedSlots(disk, self.blobs),
            service=SimulatedService(GOOD),
            record=self.record,
            lock=lambda: self.lock,
        )
        self.updater = Updater(
            ports,
            Reports(emit=self.events.append, show=lambda _state: None),
            Device("orin-1", "aarch64", "Jetson Orin Nano", launcher=1, journal=1),
            SETTINGS,
            clock=Clock.of_this_machine(),
            running=None,
            jitter=lambda: 0.0,
        )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.fleet.bringing.LOOK_EVERY", Seconds(0.02))


def _fleet(fleet: SimulatedFleet) -> SimulatedFleet:
    fleet.publish("r1")
    fleet.want("r1")
    return fleet


@pytest.mark.usefixtures("quick")
async def test_a_download_is_told_and_ends_when_the_site_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path, _fleet(SimulatedFleet()))
    told: list[str] = []

    async def tell(how_far: str) -> None:
        told.append(how_far)
        if "downloading r1: " in how_far and "0.0 of" not in how_far:
            site.lock = "the line runs"

    running = asyncio.create_task(site.updater.run())
    async with asyncio.timeout(30):
        assert await site.updater.check_now(tell) == "updates.lock: the line runs"
    assert site.blobs.stopped.is_set()
    assert site.events[-1] == UpdateState("r1", "idle", "updates.lock: the line runs")
    assert site.record.read().update.release == "r1"
    running.cancel()
    await asyncio.wait({running})


@pytest.mark.usefixtures("quick")
async def test_a_lock_that_goes_again_before_the_download_has_ended_leaves_no_half_release(tmp_path: Path) -> None:
    site = Site(tmp_path, _fleet(SimulatedFleet()))

    def unlock() -> None:
        site.lock = None

    async def tell(how_far: str) -> None:
        if "downloading r1: " in how_far:
            site.lock = "the line runs"

    site.blobs.when_stopped = unlock
    running = asyncio.create_task(site.updater.run())
    async with asyncio.timeout(30):
        assert await site.updater.check_now(tell) == "updates.lock: the line runs"
    assert site.events[-1] == UpdateState("r1", "idle", "updates.lock: the line runs")
    running.cancel()
    await asyncio.wait({running})


async def test_a_download_ends_with_the_updater(tmp_path: Path) -> None:
    site = Site(tmp_path, _fleet(SimulatedFleet()))
    running = asyncio.create_task(site.updater.run())
    async with asyncio.timeout(30):
        while not site.blobs.begun.is_set():  # noqa: ASYNC110 - what a thread brings about
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        assert await asyncio.to_thread(site.blobs.stopped.wait, 20)
    assert site.record.read().update.state == "downloading"


async def test_a_server_that_does_not_answer_does_not_hold_up_the_end(tmp_path: Path) -> None:
    fleet = SilentFleet()
    site = Site(tmp_path, _fleet(fleet))
    running = asyncio.create_task(site.updater.run())
    try:
        async with asyncio.timeout(30):
            while not fleet.asked_now.is_set():  # noqa: ASYNC110 - what a thread brings about
                await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.wait({running})
    finally:
        fleet.answer.set()
    assert running.cancelled()
    assert site.record.read().update.state == "checking"
