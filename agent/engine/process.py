"""One engine process, as the agent sees it: started, spoken to, heard, ended.

Owns the process and the agent's end of its socket. Nothing here blocks the loop: what a stopped engine does not read
stays in the transport's buffer until the engine is ended.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Self

from agent.engine.pipe import HEADER, EngineSpec, ToAgent, ToEngine, decode, encode
from agent.units import Seconds

_SOURCES = Path(__file__).parents[2]
"""What the engine's process imports from, besides what is installed and what `PYTHONPATH` names: not our `sys.path`,
whose first entry may be the working directory."""

_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20)}
"""Large buffers go back to the system when they are freed. By itself glibc raises this threshold with each that is, and
keeps more and more of them in a heap full of holes: how many depends on what was there before (mallopt(3))."""

_STDERR = 2
_EXIT_GRACE = Seconds(2.0)
"""How long an engine that has been told that the agent is done may take to leave by itself."""


class EngineProcess:
    """A running engine process. Build it with `start`, and `end` it.

    Args:
        process: The process.
        reader: What it says.
        writer: What it is told.
    """

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._is_killed = False

    @classmethod
    async def start(cls, spec: EngineSpec) -> Self:
        """Start a fresh interpreter that loads `spec`; returns when it runs, before it has loaded.

        Call it in the main thread: the engine is killed when the thread that started it ends (prctl(2)).

        A fresh interpreter, and not `multiprocessing`, because that would import the agent's own main module, with all
        that the command line needs, into the engine's process, and keep a tracker process beside it.
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
                "agent.engine.child",
                str(theirs.fileno()),
                str(os.getpid()),
                stdin=DEVNULL,
                stdout=_STDERR,  # what libraries print goes to the log
                pass_fds=[theirs.fileno()],
                env={**_ALLOCATOR, **os.environ, "PYTHONPATH": python_path()},
            )
            undo.pop_all()
        started = cls(process, reader, writer)
        started.send(spec)
        return started

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, message: ToEngine) -> None:
        """Queue a message for the engine. Lost when it is gone."""
        self._writer.write(encode(message))

    async def messages(self) -> AsyncGenerator[ToAgent, None]:
        """What the engine says, until it closes its end, by leaving or by dying."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
                yield decode(await self._reader.readexactly(length))  # type: ignore[misc]  # pickle knows no types

    def leave(self) -> None:
        """Close the socket: it ends by itself once it notices. `end` sees to it."""
        self._writer.transport.abort()

    def kill(self) -> None:
        """End it now, whatever it does.

        Not by asyncio, which looks first whether it has ended, and so hides that from its own watcher.
        """
        if self._process.returncode is None:
            self._is_killed = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    @property
    def was_lost(self) -> bool:
        """Whether it ended by a signal that was not ours: it crashed, or the kernel took it for its memory."""
        code = self._process.returncode
        return code is not None and code < 0 and not self._is_killed

    async def end(self) -> str:
        """Close the socket, see the process out, by force where it does not leave by itself; nothing of it remains.

        Cancelled meanwhile, it ends the process by force, and sees it out all the same.

        Returns:
            How it ended, in words.
        """
        self.leave()
        leaving = asyncio.ensure_future(self._process.wait())
        try:
            async with asyncio.timeout(_EXIT_GRACE):
                await asyncio.shield(leaving)
        except TimeoutError:
            self.kill()
        except asyncio.CancelledError:
            self.kill()
            await leaving
            raise
        await leaving
        code = self._process.returncode
        return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"


def python_path() -> str:
    """For a program of ours: the package itself, and what the environment names, where libraries may be."""
    named = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_SOURCES), named]) if named else str(_SOURCES)
