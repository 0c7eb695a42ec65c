"""A process that nothing ends: whoever ends it goes on all the same."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from typing import cast

import pytest

from agent.camera import ending
from agent.camera.ending import how_it_ended, see_out
from agent.units import Seconds

LONG = Seconds(30.0)
WITHIN = 10.0
"""Far less than `LONG`, and enough for a busy machine."""


class Held:
    """What a driver holds: killed, it does not end."""

    pid = 2**22 + 1  # no process can have it (proc(5), pid_max)
    returncode = None

    async def wait(self) -> int:
        """Never."""
        await asyncio.Event().wait()
        return 0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(ending, "_KILLED_GRACE", Seconds(0.05))
    return cast("Process", Held())


async def test_what_does_not_end_is_left_behind_and_told(held: Process, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.wait_for(see_out(held, Seconds(0.05)), WITHIN)
    assert caplog.messages == ["process_does_not_end"]


async def test_a_stop_does_not_wait_for_what_does_not_end(held: Process, caplog: pytest.LogCaptureFixture) -> None:
    seeing_out = asyncio.create_task(see_out(held, LONG))
    await asyncio.sleep(0)
    seeing_out.cancel()
    async with asyncio.timeout(WITHIN):
        with pytest.raises(asyncio.CancelledError):
            await seeing_out
    assert caplog.messages == ["process_does_not_end"]


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_what_does_not_leave_by_itself_is_killed(is_cancelled: bool) -> None:  # noqa: FBT001 - a case
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    seeing_out = asyncio.create_task(see_out(process, LONG if is_cancelled else Seconds(0.05)))
    await asyncio.sleep(0)
    if is_cancelled:
        seeing_out.cancel()
    async with asyncio.timeout(WITHIN):
        await asyncio.wait({seeing_out})
    assert seeing_out.cancelled() == is_cancelled
    assert process.returncode == -signal.SIGKILL
    assert await how_it_ended(process) == "signal SIGKILL"


async def test_what_leaves_by_itself_is_not_killed() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(3)")
    await see_out(process, LONG)
    assert await how_it_ended(process) == "exit code 3"
