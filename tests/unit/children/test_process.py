"""The end of a child: whoever ends it goes on all the same, even where nothing ends it."""

import asyncio
import contextlib
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest

from agent.children.process import ChildProcess
from agent.units import Seconds
from tests.unit.children.held import Held

LONG = Seconds(30.0)
SHORT = Seconds(0.05)
WITHIN = 10.0
"""Far less than `LONG`, and enough for a busy machine."""


class Patient(ChildProcess):
    """May take its time to leave, but not to end when it is killed."""

    leave_grace: ClassVar[Seconds] = LONG
    killed_grace: ClassVar[Seconds] = SHORT


class Hurried(Patient):
    """May not even take its time to leave."""

    leave_grace: ClassVar[Seconds] = SHORT


class Killed(Hurried):
    """May take its time to end when it is killed."""

    killed_grace: ClassVar[Seconds] = LONG


@contextlib.asynccontextmanager
async def child_of(kind: type[ChildProcess], process: Process) -> AsyncIterator[ChildProcess]:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    try:
        yield kind(process, reader, writer)
    finally:
        writer.transport.abort()
        theirs.close()


def running(program: str) -> "asyncio.Future[Process]":
    return asyncio.ensure_future(asyncio.create_subprocess_exec(sys.executable, "-c", program))


async def test_what_does_not_end_is_left_behind_and_told(caplog: pytest.LogCaptureFixture) -> None:
    held = Held()
    async with child_of(Hurried, held.process) as child:
        await asyncio.wait_for(child.end(), WITHIN)
        assert caplog.messages == ["process_does_not_end"]
        assert child.how_it_ended == "killed, but held by a driver"
        ending = asyncio.create_task(child.ending())
        await asyncio.sleep(0)
        assert not ending.done()
        held.let_go(-signal.SIGKILL)
        assert await asyncio.wait_for(ending, WITHIN) == "signal SIGKILL"
        assert not child.was_lost, "it was we who ended it"


async def test_a_stop_does_not_wait_for_what_does_not_end(caplog: pytest.LogCaptureFixture) -> None:
    async with child_of(Patient, Held().process) as child:
        ending = asyncio.create_task(child.end())
        await asyncio.sleep(0)
        ending.cancel()
        async with asyncio.timeout(WITHIN):
            with pytest.raises(asyncio.CancelledError):
                await ending
    assert caplog.messages == ["process_does_not_end"]


async def test_what_was_killed_before_gets_no_time_to_leave() -> None:
    async with child_of(Patient, Held().process) as child:
        child.kill()
        await asyncio.wait_for(child.end(), WITHIN)


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_what_does_not_leave_by_itself_is_killed(is_cancelled: bool) -> None:  # noqa: FBT001 - a case
    process = await running("import time; time.sleep(600)")
    async with child_of(Killed, process) as child:
        ending = asyncio.create_task(child.end())
        await asyncio.sleep(0)
        if is_cancelled:
            ending.cancel()
        async with asyncio.timeout(WITHIN):
            await asyncio.wait({ending})
        assert ending.cancelled() == is_cancelled
        assert process.returncode == -signal.SIGKILL
        assert await child.ending() == "signal SIGKILL"
        assert not child.was_lost


async def test_what_leaves_by_itself_is_not_killed() -> None:
    async with child_of(Patient, await running("raise SystemExit(3)")) as child:
        await child.end()
        assert await child.ending() == "exit code 3"
        assert not child.was_lost


async def test_what_somebody_else_ended_is_lost() -> None:
    async with child_of(Patient, await running("import os; os.kill(os.getpid(), 11)")) as child:
        await child.end()
        assert child.how_it_ended == "signal SIGSEGV"
        assert child.was_lost
