"""One looking process, as the agent sees it: started, spoken to, heard, ended.

Owns the process and the agent's end of its socket. As with the engine's (`engine/process.py`), nothing here blocks the
loop.
"""

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Self

from agent.camera.ending import how_it_ended, see_out
from agent.camera.frames import FrameSlots
from agent.camera.looking.pipe import HEADER, Begin, ToAgent, ToLooking, Watched, decode, encode
from agent.camera.looking.plan import LookPlan
from agent.camera.values import CameraName
from agent.engine.process import python_path
from agent.units import Seconds

_STDERR = 2
_EXIT_GRACE = Seconds(2.0)
"""How long it may take to leave by itself once the socket is closed: a look's time."""


class LookingProcess:
    """A running looking process. Build it with `start`, and `end` it.

    Args:
        process: The process.
        reader: What it says.
        writer: What it is told.
    """

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(
        cls, cameras: Mapping[CameraName, tuple[FrameSlots, LookPlan]], left_out: Collection[CameraName] = ()
    ) -> Self:
        """Start a fresh interpreter that looks at these cameras, but for those that are left out for now.

        Call it in the main thread: the process is killed when the thread that started it ends (prctl(2)).
        """
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            undo.callback(writer.transport.abort)
            # The last thing that waits, so that no cancellation leaves a process behind.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing from the working directory
                "-m",
                "agent.camera.looking.child",
                str(theirs.fileno()),
                str(os.getpid()),
                stdin=DEVNULL,
                stdout=_STDERR,  # what libraries print goes to the log
                pass_fds=[theirs.fileno(), *(slots.fd for slots, _ in cameras.values())],
                env={**os.environ, "PYTHONPATH": python_path()},
            )
            undo.pop_all()
        started = cls(process, reader, writer)
        watched = {name: Watched(slots.fd, plan) for name, (slots, plan) in cameras.items()}
        started.send(Begin(watched, tuple(left_out)))
        return started

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, message: ToLooking) -> None:
        """Queue a message. Lost when the process is gone."""
        self._writer.write(encode(message))

    async def messages(self) -> AsyncGenerator[ToAgent, None]:
        """What it says, until it closes its end, by leaving or by dying."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                yield decode(await self._reader.readexactly(length))  # type: ignore[misc]  # pickle knows no types

    async def end(self) -> None:
        """Close the socket, see the process out, by force where it does not leave by itself; nothing of it remains.

        Cancelled meanwhile, it does so all the same. Only what a driver holds remains, until `ending` returns.
        """
        self._writer.transport.abort()
        await see_out(self._process, _EXIT_GRACE)

    async def ending(self) -> str:
        """Wait until nothing of it remains, however long that takes: how it ended, in words."""
        return await how_it_ended(self._process)
