"""The looking process itself: it looks, makes pictures, and whatever becomes of it, another one goes on."""

import asyncio
import contextlib
import io
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from agent.camera.frames import FrameSlots
from agent.camera.looking.child import NICENESS, OOM_SCORE_ADJ, RATES_EVERY
from agent.camera.looking.host import Looking
from agent.camera.looking.pipe import DetectorRefused, LookFailed
from agent.camera.looking.plan import DetectorPlan, LookPlan
from agent.camera.looking.scaled import Pixels
from agent.camera.looking.trouble import LeftOut, LookingLost, LooksShed, Trouble
from agent.camera.values import CameraName, Code, Look
from agent.clock import boottime
from agent.errors import NoPictureError
from agent.units import Bytes, Ratio, Seconds, UnixSeconds
from tests.crashing_looker import DEADLY, IMPOSSIBLE, STARVED
from tests.synthetic_frames import Yard, with_code
from tests.tiny_detector import write_people_detector

DOOR, YARD = CameraName("door"), CameraName("yard")
PATIENCE = 20.0
PLAN = LookPlan(30.0, code_kinds=("qr",))


class Watching:
    """A running `Looking` at some cameras, and what it told."""

    def __init__(self, plans: dict[CameraName, LookPlan], silence: Seconds, now: Callable[[], Seconds]) -> None:
        self.slots = {name: FrameSlots.create(1280, 720) for name in plans}
        self.looks: list[Look] = []
        self.troubles: list[Trouble] = []
        self.blind: list[tuple[CameraName, str]] = []
        self._told = asyncio.Event()
        self.looking = Looking(
            {name: (self.slots[name], plan) for name, plan in plans.items()},
            on_look=self._look_came,
            on_blind=self._blind_came,
            on_trouble=self._trouble_came,
            silence=silence,
            now=now,
        )

    def _look_came(self, look: Look) -> None:
        self.looks.append(look)
        self._told.set()

    def _trouble_came(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        self._told.set()

    def _blind_came(self, camera: CameraName, why: str) -> None:
        self.blind.append((camera, why))
        self._told.set()

    def show(self, frame: Pixels, camera: CameraName = DOOR) -> int:
        """A frame comes; and its number."""
        self.slots[camera].write(frame, boottime(), UnixSeconds(1e9))
        return self.slots[camera].header().number

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait for something that is told to make this true."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self._told.clear()
                await self._told.wait()

    async def look(self, frame: Pixels, camera: CameraName = DOOR) -> Look:
        """Show a frame, and wait until it has been looked at."""
        number = self.show(frame, camera)
        await self.until(lambda: self._look_of(camera, number))
        return self._look_of(camera, number)[0]

    def _look_of(self, camera: CameraName, number: int) -> list[Look]:
        return [look for look in self.looks if (look.camera, look.number) == (camera, number)]


@contextlib.asynccontextmanager
async def watching(
    plans: dict[CameraName, LookPlan], *, silence: float = PATIENCE, now: Callable[[], Seconds] = boottime
) -> AsyncIterator[Watching]:
    """A `Looking` for the length of a block; afterwards nothing of it is left."""
    before = set(psutil.Process().children())
    descriptors = psutil.Process().num_fds()
    watched = Watching(plans, Seconds(silence), now)
    run = asyncio.create_task(watched.looking.run(), name="looking")
    try:
        yield watched
    finally:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        for slots in watched.slots.values():
            slots.close()
    assert set(psutil.Process().children()) == before
    assert psutil.Process().num_fds() <= descriptors


async def test_looks_come_from_every_camera_each_with_its_own_frames() -> None:
    async with watching({DOOR: PLAN, YARD: PLAN}) as watched:
        yard = Yard()
        one = await watched.look(yard.frame(), DOOR)
        other = await watched.look(np.zeros((90, 160, 3), np.uint8), YARD)
        assert (one.camera, one.width, other.camera, other.width) == (DOOR, 640, YARD, 160)
        assert other.brightness == 0.0
        while (read := await watched.look(with_code(yard.frame(), "open the gate", 160, (240, 100)))).codes is None:
            pass  # codes are not looked for in every frame
        assert read.codes == (Code("qr", "open the gate"),)
        assert watched.troubles == []


def oom_score_adj(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii"))


async def test_its_process_is_below_the_agent_when_time_or_memory_run_short() -> None:
    async with watching({DOOR: PLAN}) as watched:
        await watched.look(Yard().frame())
        pid = watched.looking.pid
        assert psutil.Process(pid).nice() == psutil.Process().nice() + NICENESS
        assert oom_score_adj(pid) == OOM_SCORE_ADJ


async def test_a_picture_is_the_latest_frame() -> None:
    async with watching({DOOR: PLAN}) as watched:
        await watched.look(Yard(width=1280, height=720).frame())
        picture = await watched.looking.picture(DOOR, most_bytes=Bytes(20_000))
        assert len(picture.jpeg) <= 20_000
        assert picture.at_wall == 1e9
        with Image.open(io.BytesIO(picture.jpeg)) as opened:
            assert opened.width / opened.height == pytest.approx(16 / 9, rel=0.03)
            assert opened.getexif()[0x010E] == "door"


async def test_why_there_is_no_picture_is_said() -> None:
    async with watching({DOOR: PLAN, YARD: PLAN}) as watched:
        with pytest.raises(NoPictureError, match="is being started"):
            await watched.looking.picture(DOOR, most_bytes=Bytes(20_000))
        await watched.look(Yard().frame())
        with pytest.raises(NoPictureError, match="camera yard has given no frame yet"):
            await watched.looking.picture(YARD, most_bytes=Bytes(20_000))
        with pytest.raises(NoPictureError, match="fits in 100 bytes"):
            await watched.looking.picture(DOOR, most_bytes=Bytes(100))


async def test_a_crash_costs_no_camera_and_who_waits_for_a_picture_is_told() -> None:
    async with watching({DOOR: PLAN, YARD: PLAN}) as watched:
        yard = Yard()
        await watched.look(yard.frame())
        pid = watched.looking.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        waiting = asyncio.create_task(watched.looking.picture(DOOR, most_bytes=Bytes(20_000)))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGSEGV)
        os.kill(pid, signal.SIGCONT)
        with pytest.raises(NoPictureError, match="the looking process ended"):
            await waiting
        await watched.look(yard.frame(), DOOR)
        await watched.look(yard.frame(), YARD)
        assert watched.troubles == [LookingLost("signal SIGSEGV")]
        assert watched.blind == [(DOOR, "signal SIGSEGV"), (YARD, "signal SIGSEGV")]
        assert watched.looking.pid != pid


async def test_a_process_that_hangs_is_replaced() -> None:
    async with watching({DOOR: PLAN}, silence=4 * RATES_EVERY) as watched:
        await watched.look(Yard().frame())
        pid = watched.looking.pid
        assert pid is not None
        assert watched.troubles == []
        os.kill(pid, signal.SIGSTOP)
        await watched.until(lambda: watched.troubles)
        assert watched.troubles == [LookingLost("no sign of life for 8 s")]
        await watched.look(Yard().frame())
        assert watched.looking.pid != pid


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certain frames do harm."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nshift 3\nexec {sys.executable} -P -m tests.crashing_looker "$@"\n', encoding="ascii")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


def full_of(value: int) -> Pixels:
    return np.full((90, 160, 3), value, np.uint8)


@pytest.mark.usefixtures("crashing")
async def test_a_camera_whose_frames_end_the_process_twice_is_left_out_and_tried_again_later() -> None:
    later = 0.0
    async with watching({DOOR: PLAN, YARD: PLAN}, now=lambda: Seconds(boottime() + later)) as watched:
        watched.show(full_of(DEADLY), DOOR)
        await watched.until(lambda: len(watched.troubles) == 2)
        await watched.look(Yard().frame(), YARD)
        with pytest.raises(NoPictureError, match="camera door is left out"):
            await watched.looking.picture(DOOR, most_bytes=Bytes(20_000))
        assert watched.troubles == [LookingLost("signal SIGSEGV"), LeftOut(DOOR, "signal SIGSEGV", Seconds(600.0))]
        assert [camera for camera, _ in watched.blind] == [DOOR, YARD] * 2
        later = 601.0
        await watched.until(lambda: len(watched.blind) == 6)  # it is no better
        await watched.look(Yard().frame(), YARD)
        later = 1900.0
        await watched.look(Yard().frame(), DOOR)
        assert len(watched.troubles) == 2


@pytest.mark.usefixtures("crashing")
async def test_no_camera_is_blamed_for_a_process_that_the_kernel_ends() -> None:
    async with watching({DOOR: PLAN}) as watched:
        watched.show(full_of(STARVED))
        await watched.until(lambda: len(watched.blind) == 2)
        await watched.look(Yard().frame())
        assert watched.troubles == [LookingLost("signal SIGKILL")]


@pytest.mark.usefixtures("crashing")
async def test_a_frame_that_cannot_be_measured_costs_no_process_and_two_in_a_row_the_camera() -> None:
    async with watching({DOOR: PLAN, YARD: PLAN}) as watched:
        await watched.look(Yard().frame(), DOOR)
        pid = watched.looking.pid
        watched.show(full_of(IMPOSSIBLE), DOOR)
        await watched.until(lambda: watched.troubles)
        assert watched.blind == []
        with pytest.raises(NoPictureError, match="no picture of camera door: what is this"):
            await watched.looking.picture(DOOR, most_bytes=Bytes(20_000))
        watched.show(full_of(IMPOSSIBLE), DOOR)
        await watched.until(lambda: watched.blind)
        await watched.look(Yard().frame(), DOOR)
        assert watched.blind == [(DOOR, "its frames cannot be measured: what is this?")]
        assert watched.troubles == [LookFailed(DOOR, "what is this?")]
        assert watched.looking.pid == pid


async def test_frames_of_any_form_and_content_are_looked_at() -> None:
    random = np.random.default_rng(4)
    async with watching({DOOR: LookPlan(30.0, code_kinds=("qr", "barcode"))}) as watched:
        for size in ((1, 1), (1, 900), (900, 1), (1280, 720), (33, 47), (4000, 200)):
            frame = random.integers(0, 2, (size[1], size[0], 3), dtype=np.uint8) * np.uint8(255)
            look = await watched.look(frame)
            assert (look.width, look.height) == size
        assert watched.troubles == []


async def test_detectors_are_run_and_refused_there(tmp_path: Path) -> None:
    write_people_detector(tmp_path / "people.onnx")
    least = (Ratio(0.5), Ratio(0.5))
    people = DetectorPlan(tmp_path / "people.onnx", ("person", "dog"), least)
    missing = DetectorPlan(tmp_path / "missing.onnx", ("person", "dog"), least)
    plans = {DOOR: LookPlan(30.0, detector=people), YARD: LookPlan(30.0, detector=missing)}
    async with watching(plans) as watched:
        white = np.full((640, 640, 3), 250, np.uint8)
        seen = await watched.look(white, DOOR)
        assert seen.detections is not None
        assert [each.label for each in seen.detections] == ["person"]
        while not watched.troubles:  # until it is this camera's turn
            assert (await watched.look(white, YARD)).detections is None
        assert watched.troubles == [DetectorRefused(YARD, f"{tmp_path}/missing.onnx is not there")]


async def test_what_it_cannot_keep_up_with_it_says() -> None:
    minutes = itertools.count()
    plans = {CameraName(f"camera{number}"): LookPlan(2000.0) for number in range(3)}
    async with watching(plans, now=lambda: Seconds(60.0 * next(minutes))) as watched:
        running = True

        async def film() -> None:
            yard = Yard(width=1280, height=720)
            frames = [yard.frame() for _ in range(4)]
            while running:
                for name in watched.slots:
                    watched.show(frames[len(watched.looks) % 4], name)
                await asyncio.sleep(0.001)

        filming = asyncio.create_task(film())
        await watched.until(lambda: len(watched.troubles) == 3)
        running = False
        await filming
        rates = [trouble.rate for trouble in watched.troubles if isinstance(trouble, LooksShed)]
        assert len(rates) == 3
        assert max(rate.looked for rate in rates) < 2 * min(rate.looked for rate in rates)


async def test_without_cameras_there_is_no_process() -> None:
    async with watching({}) as watched:
        await watched.looking.run()
        assert watched.looking.pid is None
