"""The owner of the cameras, with hand-made looks and nothing that captures."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.camera.asking import Sighting
from agent.camera.cameras import Cameras
from agent.camera.first_looks import FirstLooks
from agent.camera.observing import Observer, Outlets
from agent.camera.parts import Parts
from agent.camera.ring import Ring
from agent.camera.run_time import Change, RunTimeFile, holding
from agent.camera.states import States
from agent.camera.values import CameraName, Picture, Trigger
from agent.camera.watch import Watch
from agent.clock import Clock
from agent.errors import NoPictureError, NotConnectedError, RejectedError, RetryError
from agent.events import CameraBack, CameraCondition, CameraLost, Event, StorageFull
from agent.journal import JournalThread
from agent.link import BrokerBusyError, PublishRefusedError
from agent.units import Bytes, Seconds, UnixSeconds
from tests.unit.camera.links import FakeLink
from tests.unit.camera.observations import DOOR, PICTURE, TOPIC, Line, look, settings

CONFIGURED = {DOOR: settings(when=["always"], every="0s", looks=5, stall_timeout="5s", most_per_hour=100)}
COVERED: dict[str, Any] = {"brightness": 1.0, "contrast": 0.3, "sharpness": 0.0}


class Runs:
    """Runs, and says that it does."""

    def __init__(self) -> None:
        self.running = False
        self.closed = False
        self.started = asyncio.Event()

    async def run(self) -> None:
        self.running = True
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False

    def close(self) -> None:
        self.closed = True


class Recorder(Observer):
    """Only notes what it is offered; what it is made to tell, it tells."""

    def __init__(self, outlets: Outlets, ring: Ring) -> None:
        super().__init__(DOOR, topic=TOPIC, ring=ring, outlets=outlets)
        self.offered: list[Sighting] = []

    def offer(self, sighting: Sighting) -> None:
        self.offered.append(sighting)


class Eye(Runs):
    """Has a picture, or none."""

    has_picture = True

    async def picture(self, camera: CameraName, *, most_bytes: Bytes) -> Picture:
        assert camera == DOOR
        assert most_bytes == 256 * 1024
        if not self.has_picture:
            raise NoPictureError("the looking process is being started")
        return PICTURE


@dataclass
class Stage:
    """One camera, a clock that is set by hand, and all that it tells."""

    line: Line
    file: Path
    changes: dict[CameraName, Change] = field(default_factory=lambda: {DOOR: Change()})
    now: float = 100.0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire it."""
        clock = Clock("boot", now=lambda: Seconds(self.now), wall=lambda: UnixSeconds(1_790_000_000 + self.now))
        self.link, self.eye, self.capture, self.frames = FakeLink(), Eye(), Runs(), Runs()
        self.watch = Watch(DOOR, holding(CONFIGURED, self.changes)[DOOR], clock)
        self.observer = Recorder(self.line.outlets, self.line.ring)
        self.first_looks = FirstLooks(CONFIGURED, clock)
        self.cameras = Cameras(
            Parts(
                {DOOR: self.watch},
                {DOOR: self.observer},
                {DOOR: self.capture},
                self.eye,
                (self.frames,),
                self.first_looks,
            ),
            CONFIGURED,
            changes=self.changes,
            file=RunTimeFile(self.file),
            prefix="edge/dev",
            states=lambda state_of: States(self.link, CONFIGURED, state_of),
            emit=self.events.append,
            clock=clock,
        )

    def looks(self, seconds: float, **given: Any) -> None:  # noqa: ANN401 - the fields of a look
        """So many seconds of looks, five a second."""
        for _ in range(round(seconds * 5)):
            self.now += 0.2
            self.cameras.looked(look(self.now, number=round(self.now * 5), **given))

    async def states(self, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state that is so, from those that are said."""
        async with asyncio.timeout(10):
            while True:
                for message in self.link.published:
                    assert (message.topic, message.retain) == ("edge/dev/camera/door/state", True)
                    state: dict[str, Any] = json.loads(message.payload)
                    if until(state):
                        return state
                self.link.heard.clear()
                await self.link.heard.wait()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    opened = JournalThread.open(
        tmp_path / "journal.db", clock=Clock.of_this_machine(), keep=Seconds(60), max_size=Bytes(2**22)
    )
    async with opened as journal:
        yield Stage(Line(journal, Ring(tmp_path / "ring", Bytes(0))), tmp_path / "cameras.json")


@pytest.fixture
async def running(stage: Stage) -> AsyncIterator[Stage]:
    task = asyncio.create_task(stage.cameras.run())
    await asyncio.sleep(0)
    yield stage
    task.cancel()
    await asyncio.wait([task])


async def test_everything_runs_and_nothing_is_left(stage: Stage) -> None:
    task = asyncio.create_task(stage.cameras.run())
    async with asyncio.timeout(10):
        await stage.eye.started.wait()
        await stage.capture.started.wait()
    assert not stage.frames.closed
    task.cancel()
    await asyncio.wait([task])
    assert (stage.eye.running, stage.capture.running, stage.frames.closed) == (False, False, True)


async def test_a_look_that_is_worth_telling_is_told(stage: Stage) -> None:
    stage.looks(1.0)
    assert {it.trigger for it in stage.observer.offered} == {Trigger.EVERY}
    assert stage.observer.offered[0].facts.camera == "door"


async def test_a_covered_lens_is_an_event_within_five_seconds_and_so_is_its_end(stage: Stage) -> None:
    stage.looks(3.0)
    stage.looks(5.0, **COVERED)
    assert [type(it) for it in stage.events] == [CameraCondition]
    assert Trigger.CONDITION in {it.trigger for it in stage.observer.offered}
    stage.looks(10.0)
    assert stage.events[-1] == CameraCondition("door", "clear")


async def test_what_comes_and_goes_is_an_event_once_a_minute(stage: Stage) -> None:
    stage.looks(3.0)
    for _ in range(20):
        stage.looks(4.0, **COVERED)
        stage.looks(4.0)
    words = [it.condition for it in stage.events if isinstance(it, CameraCondition)]
    assert words == ["covered", "clear", "covered", "clear", "covered", "clear", "covered"]
    assert [it.facts.condition for it in stage.observer.offered if it.trigger is Trigger.CONDITION] == words


async def test_a_lost_camera_and_its_return_are_events(running: Stage) -> None:
    running.looks(1.0)
    running.cameras.lost(DOOR, "no frame came for 5 s")
    assert running.events == [CameraLost("door", "no frame came for 5 s")]
    assert running.observer.offered[-1].facts.condition == "lost"
    lost = await running.states(lambda state: state["condition"] == "lost" and state["why"] != "")
    assert lost["on"]
    with pytest.raises(RejectedError, match="no frame came"):
        running.cameras.facts(DOOR)
    running.now += 30
    running.looks(5.0)
    (back,) = running.events[1:]
    assert isinstance(back, CameraBack)
    assert 30 <= back.seconds <= 35
    assert running.cameras.facts(DOOR).condition == "clear"


async def test_a_camera_that_comes_and_goes_is_told_once_a_minute(stage: Stage) -> None:
    begin = stage.now
    while stage.now - begin < 3600:
        stage.looks(6.0)
        stage.cameras.lost(DOOR, "the stream ended")
        stage.now += 1.5
    conditions = [it.facts.condition for it in stage.observer.offered if it.trigger is Trigger.CONDITION]
    assert conditions[:3] == ["lost", "clear", "lost"]
    assert 100 <= len(conditions) <= 121
    backs = [it for it in stage.events if isinstance(it, CameraBack)]
    assert 50 <= len(backs) <= 60
    assert {it.times for it in backs[1:]} <= {8, 9}
    assert sum(it.times for it in backs) >= 465
    assert len(stage.events) - len(backs) == len([it for it in stage.events if isinstance(it, CameraLost)])
    stage.looks(61.0)
    assert isinstance(stage.events[-1], CameraBack)
    assert stage.observer.offered[-1].facts.condition == "clear"


async def test_what_comes_and_goes_is_observed_while_it_is_there(stage: Stage) -> None:
    stage.looks(6.0)
    for _ in range(2):
        stage.cameras.lost(DOOR, "the stream ended")
        stage.observer.offered.clear()
        stage.looks(6.0)
    assert {it.trigger for it in stage.observer.offered} == {Trigger.EVERY}
    assert [type(it) for it in stage.events] == [CameraLost, CameraBack, CameraLost]
    assert stage.cameras.facts(DOOR).condition == "clear"


async def test_before_the_first_look_and_after_the_last_there_is_nothing_to_show(stage: Stage) -> None:
    with pytest.raises(RejectedError, match="not been looked at yet"):
        await stage.cameras.picture(DOOR)
    stage.looks(0.2)
    assert await stage.cameras.picture(DOOR) == PICTURE
    stage.now += 6
    with pytest.raises(RejectedError, match="for a while"):
        await stage.cameras.picture(DOOR)


@pytest.mark.parametrize("how", ["looked at", "lost"])
async def test_whoever_waits_for_the_first_look_is_woken_by_it_and_by_a_loss(stage: Stage, how: str) -> None:
    waiting = asyncio.create_task(stage.first_looks.wait([DOOR], deadline=None))
    await asyncio.sleep(0)
    assert not waiting.done()
    if how == "lost":
        stage.cameras.lost(DOOR, "connection refused")
    else:
        stage.looks(0.2)
    async with asyncio.timeout(10):
        await waiting


async def test_a_picture_that_cannot_be_made(stage: Stage) -> None:
    stage.looks(0.2)
    stage.eye.has_picture = False
    with pytest.raises(RejectedError, match="being started"):
        await stage.cameras.picture(DOOR)


async def test_set_holds_at_once_is_said_and_kept(running: Stage) -> None:
    running.looks(0.2)
    await running.cameras.set(DOOR, Change(on=False))
    running.observer.offered.clear()
    running.looks(1.0)
    assert running.observer.offered == []
    state = await running.states(lambda state: not state["on"])
    assert state == {
        "on": False,
        "every": "0s",
        "when": ["always"],
        "prompt": None,
        "most_per_hour": 100,
        "quiet": [],
        "is_set": True,
        "condition": "clear",
        "why": None,
    }
    assert RunTimeFile(running.file).read(CONFIGURED) == {DOOR: Change(on=False)}
    await running.cameras.set(DOOR, Change(reset=True))
    running.looks(1.0)
    assert running.observer.offered != []


async def test_what_was_set_before_holds_from_the_start(stage: Stage) -> None:
    again = Stage(stage.line, stage.file, changes={DOOR: Change(on=False)})
    again.looks(1.0)
    assert again.observer.offered == []


async def test_what_cannot_be_set_changes_nothing(stage: Stage) -> None:
    with pytest.raises(RejectedError):
        await stage.cameras.set(DOOR, Change(on=False, when=("class",)))
    assert stage.watch.holds.on
    assert not stage.file.exists()


async def test_a_disk_that_takes_nothing_costs_the_restart_alone(stage: Stage) -> None:
    stage.file.mkdir()
    await stage.cameras.set(DOOR, Change(on=False))
    assert not stage.watch.holds.on
    assert [type(it) for it in stage.events] == [StorageFull]


async def test_a_snapshot_is_an_observation_with_its_picture(stage: Stage) -> None:
    stage.looks(0.2)
    assert "edge/dev/camera/door/snapshot" in await stage.cameras.snapshot("door")
    assert [it["trigger"] for it in await stage.line.sent()] == ["on_demand"]
    assert [it.payload for it in stage.line.published] == [PICTURE.jpeg]


async def test_a_snapshot_that_becomes_no_observation_says_so(stage: Stage) -> None:
    await stage.cameras.set(DOOR, Change(prompt="What is there?"))
    stage.looks(0.2)
    stage.line.lanes.hold()
    said = await stage.cameras.snapshot("door")
    assert said == "the picture is on edge/dev/camera/door/snapshot; there is no observation of it: draining"
    assert [it.payload for it in stage.line.published] == [PICTURE.jpeg]
    assert list(stage.line.waiting()) == []


async def test_no_snapshot_of_what_is_not_there(stage: Stage) -> None:
    with pytest.raises(RejectedError, match="there is no camera attic; there are: door"):
        await stage.cameras.snapshot("attic")
    stage.looks(0.2)
    stage.line.picture = None
    with pytest.raises(RejectedError, match="could not be made or sent"):
        await stage.cameras.snapshot("door")


async def test_snapshots_are_not_held_back_by_what_was_observed_before(stage: Stage) -> None:
    stage.looks(25.0)
    assert len(stage.observer.offered) == 100, "most_per_hour"
    assert "edge/dev/camera/door/snapshot" in await stage.cameras.snapshot("door")


async def test_states_are_said_at_each_connection_and_until_the_broker_takes_them(
    running: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.camera.states._BUSY_PAUSE", 0.0)
    await running.states(lambda _: True)
    for error in (NotConnectedError("gone"), BrokerBusyError("quota"), PublishRefusedError("not authorized")):
        running.link.refused.clear()
        running.link.published.clear()
        running.link.errors = [error]
        running.cameras.connected()
        await running.link.refused.wait()
        if not isinstance(error, RetryError):
            assert running.link.published == []
            running.cameras.connected()
        await running.states(lambda _: True)
