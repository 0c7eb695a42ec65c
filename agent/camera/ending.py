"""The end of a process of the cameras'.

One that a driver holds (uninterruptible sleep) does not end even when it is killed: what has to go on, the agent's stop
above all, must not wait for it.
"""

import asyncio
import contextlib
import logging
import os
import signal
from asyncio.subprocess import Process
from typing import Final

from agent.units import Seconds

_KILLED_GRACE: Final = Seconds(2.0)
"""For the kernel to end what was killed. What takes longer is held by a driver."""

_log = logging.getLogger(__name__)


async def see_out(process: Process, grace: Seconds) -> None:
    """End a process that has been told to leave: by force, where it does not within its grace.

    Cancelled meanwhile, it does so at once and all the same. A process that does not end is left behind, with a line in
    the log: `how_it_ended` waits for it.
    """
    leaving = asyncio.ensure_future(process.wait())
    try:
        if not await _is_done(leaving, grace):
            await _kill(process, leaving)
    except asyncio.CancelledError:
        await _kill(process, leaving)
        raise
    finally:
        leaving.cancel()


async def how_it_ended(process: Process) -> str:
    """Wait for its end, however long that takes: how it was, in words."""
    await process.wait()
    code = process.returncode
    return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"


def send_signal(process: Process, number: signal.Signals) -> None:
    """Not by asyncio, which looks first whether it has ended, and so hides that from its own watcher."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


async def _kill(process: Process, leaving: asyncio.Future[int]) -> None:
    send_signal(process, signal.SIGKILL)
    if not await _is_done(leaving, _KILLED_GRACE):
        _log.error("process_does_not_end", extra={"pid": process.pid})


async def _is_done(leaving: asyncio.Future[int], within: Seconds) -> bool:
    done, _ = await asyncio.wait({leaving}, timeout=within)
    return bool(done)
