"""A keeper whose process a driver holds."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from agent.camera.capture import keeper as keeper_module
from agent.camera.capture.keeper import CaptureKeeper
from agent.camera.capture.spec import CaptureSpec, Report
from agent.camera.frames import FrameSlots
from agent.camera.settings import Camera
from agent.camera.values import CameraName
from agent.clock import Clock


@dataclass
class Held:
    """Stands for `CaptureProcess`: each has failed at once, and does not end before it may."""

    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    pid: int = 1

    async def start(self, _spec: CaptureSpec, _slots: FrameSlots) -> "Held":
        """One more."""
        self.started.put_nowait(self.pid)
        return self

    async def report(self) -> Report:
        """What it says in the end."""
        return Report(has_ended=False, reason="the stream ended")

    async def end(self) -> None:
        """Given up."""

    async def ending(self) -> str:
        """When the driver lets it go."""
        await self.may_end.wait()
        return "signal SIGKILL"


@pytest.fixture
async def held(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Held, asyncio.Task[None]]]:
    held = Held()
    monkeypatch.setattr(keeper_module, "CaptureProcess", held)
    slots = FrameSlots.create(320, 240)
    told = asyncio.Event()
    keeper = CaptureKeeper(
        CameraName("door"),
        Camera(source="/dev/video0"),
        slots,
        clock=Clock.of_this_machine(),
        on_change=lambda _: told.set(),
    )
    run = asyncio.create_task(keeper.run())
    await asyncio.wait_for(told.wait(), 10)
    assert await held.started.get() == 1
    yield held, run
    run.cancel()
    await asyncio.wait({run})
    slots.close()


async def test_there_is_no_second_process_on_the_device(held: tuple[Held, asyncio.Task[None]]) -> None:
    process, _ = held
    with pytest.raises(TimeoutError):  # the wait before the next one is half a second at most
        await asyncio.wait_for(process.started.get(), 0.7)
    process.may_end.set()
    assert await asyncio.wait_for(process.started.get(), 10) == 1


async def test_a_stop_does_not_wait(held: tuple[Held, asyncio.Task[None]]) -> None:
    _, run = held
    run.cancel()
    done, _ = await asyncio.wait({run}, timeout=10)
    assert done
