"""A keeper that runs for the length of a test, and what it said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil

from agent.camera.capture.keeper import CaptureKeeper, CaptureState
from agent.camera.frames import Frame, FrameSlots
from agent.camera.settings import Camera
from agent.camera.values import CameraName
from agent.clock import Clock
from tests.cameras.marked import number_in

PATIENCE = 30.0
"""Seconds that a test waits for what it knows will come."""
STALL = 3.0
"""Seconds without a frame after which a camera of these tests is lost: on a busy machine, one may take a second."""


class Capturing:
    """A running `CaptureKeeper`; `changes` is what it told."""

    def __init__(self, source: str, written: dict[str, object]) -> None:
        settings = Camera.model_validate(
            {"source": source, "looks": 30, "stall_timeout": f"{round(STALL * 1000)}ms", **written}
        )
        self.stall_timeout = settings.stall_timeout
        width, _, height = (settings.size or "1280x720").partition("x")
        self.slots = FrameSlots.create(int(width), int(height))
        self.changes: asyncio.Queue[CaptureState] = asyncio.Queue()
        self.keeper = CaptureKeeper(
            CameraName("test"),
            settings,
            self.slots,
            clock=Clock.of_this_machine(),
            on_change=self.changes.put_nowait,
        )

    async def change(self) -> CaptureState:
        """The next thing that it tells."""
        try:
            return await asyncio.wait_for(self.changes.get(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"no change within {PATIENCE:g} s: {self.keeper.state}") from None

    async def live(self) -> CaptureState:
        """The next thing that it tells, which is that frames come."""
        state = await self.change()
        assert state.is_live, state
        return state

    async def lost(self) -> CaptureState:
        """The next thing that it tells, which is that no frames come."""
        state = await self.change()
        assert not state.is_live, state
        return state

    async def frame(self, after: int = 0) -> Frame:
        """The next frame."""
        found: list[Frame] = []

        def has_come() -> bool:
            frame = self.slots.latest(after)
            found.extend([] if frame is None else [frame])
            return bool(found)

        await until(has_come)
        return found[0]

    async def numbers(self, count: int) -> list[int]:
        """The numbers in so many pictures, in the order in which they came; one may be seen twice at a loop's end."""
        seen: list[int] = []
        after = 0
        while len(seen) < count:
            frame = await self.frame(after)
            after = frame.number
            seen.append(number_in(frame.pixels))
        return seen


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - other processes change it
            await asyncio.sleep(0.01)


def capture_processes() -> list[psutil.Process]:
    """Our children and theirs, without the servers of the tests."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "tests.cameras.rtsp_server" not in process.cmdline():
                found.append(process)
    return found


@contextlib.asynccontextmanager
async def keeping(source: str | Path, **written: object) -> AsyncIterator[Capturing]:
    """A keeper of a source, one of several."""
    mine = Capturing(str(source), written)
    run = asyncio.create_task(mine.keeper.run(), name="camera test")
    try:
        yield mine
    finally:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        mine.slots.close()
    assert mine.keeper.pid is None


@contextlib.asynccontextmanager
async def capturing(source: str | Path, **written: object) -> AsyncIterator[Capturing]:
    """The only keeper; no process of its is left afterwards."""
    others = {it.pid for it in capture_processes()}  # an agent's of another test, that is still there
    async with asyncio.timeout(3 * PATIENCE), keeping(source, **written) as mine:
        yield mine
    assert {it.pid for it in capture_processes()} <= others
