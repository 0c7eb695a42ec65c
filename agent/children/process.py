"""One child, as the agent sees it: started, told to leave, ended.

Owns the process and the agent's end of its socket. Nothing here blocks the loop, and no end of a child waits for one
that a driver holds (uninterruptible sleep): that does not end even when it is killed, and what has to go on, the
agent's stop above all, must not wait for it. Only `ending` does, for who starts the next one.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import ClassVar, Final, Self

from agent.units import Seconds

_SOURCES: Final = Path(__file__).parents[2]
"""What a child imports from, besides what is installed and what `PYTHONPATH` names: not our `sys.path`, whose first
entry may be the working directory."""
_STDERR: Final = 2

_log = logging.getLogger(__name__)


class ChildProcess:
    """A running child. Each kind has its own `start`; `end` it.

    Attributes:
        leave_grace: How long one that has been told to leave may take to do so by itself.
        killed_grace: How long the kernel may take to end one that was killed: what takes longer is held by a driver.

    Args:
        process: The process.
        reader: What it says.
        writer: What it is told.
    """

    leave_grace: ClassVar[Seconds] = Seconds(2.0)
    killed_grace: ClassVar[Seconds] = Seconds(2.0)

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._is_killed = False

    @classmethod
    async def launch(
        cls,
        module: str,
        *arguments: str,
        inherited: Collection[int] = (),
        environ: Mapping[str, str] | None = None,
        is_silent: bool = False,
    ) -> Self:
        """Start a fresh interpreter that runs `module` with its socket's descriptor, our id and the arguments.

        Call it in the main thread: the child is killed when the thread that started it ends (prctl(2)).

        A fresh interpreter, and not `multiprocessing`, because that would import the agent's own main module, with all
        that the command line needs, into the child, and keep a tracker process beside it.

        Args:
            module: Its name.
            arguments: What else is on its command line.
            inherited: Descriptors that it gets too, under the same numbers.
            environ: Its environment, but for `PYTHONPATH`; None: ours.
            is_silent: What it and its libraries print goes nowhere; else to the log.

        Raises:
            OSError: There is no room for another process.
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
                module,
                str(theirs.fileno()),
                str(os.getpid()),
                *arguments,
                stdin=DEVNULL,
                stdout=DEVNULL if is_silent else _STDERR,
                stderr=DEVNULL if is_silent else None,
                pass_fds=[theirs.fileno(), *inherited],
                env={**(os.environ if environ is None else environ), "PYTHONPATH": python_path()},
            )
            undo.pop_all()
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def write(self, said: bytes) -> None:
        """Queue bytes for it. Lost when it is gone."""
        self._writer.write(said)

    def leave(self) -> None:
        """Close the socket: it ends by itself once it notices. `end` sees to it."""
        self._writer.transport.abort()

    def kill(self) -> None:
        """End it now, whatever it does; no more is heard of it, even if a driver holds it."""
        if self._process.returncode is None:
            self._is_killed = True
            self.send_signal(signal.SIGKILL)
            self._writer.transport.abort()

    def send_signal(self, number: signal.Signals) -> None:
        """Not by asyncio, which looks first whether it has ended, and so hides that from its own watcher."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    @property
    def was_lost(self) -> bool:
        """Whether it ended by a signal that was not ours: it crashed, or the kernel took it for its memory."""
        code = self._process.returncode
        return code is not None and code < 0 and not self._is_killed

    @property
    def ended_by(self) -> signal.Signals | None:
        """The signal that ended it; None: none did."""
        code = self._process.returncode
        return signal.Signals(-code) if code is not None and code < 0 else None

    @property
    def how_it_ended(self) -> str:
        """In words, once `end` is done."""
        code, by = self._process.returncode, self.ended_by
        if code is None:
            return "killed, but held by a driver"
        return f"exit code {code}" if by is None else f"signal {by.name}"

    async def end(self) -> None:
        """Tell it to leave and see it out, by force where it does not leave by itself.

        Cancelled meanwhile, it does so at once and all the same. Nothing of it remains but what a driver holds: that is
        left behind, with a line in the log, and `ending` waits for it.
        """
        self.leave()
        leaving = asyncio.ensure_future(self._process.wait())
        try:
            if self._is_killed or not await _is_done(leaving, self.leave_grace):
                await self._end_by_force(leaving)
        except asyncio.CancelledError:
            await self._end_by_force(leaving)
            raise
        finally:
            leaving.cancel()

    async def ending(self) -> str:
        """Wait until nothing of it remains, however long that takes: `how_it_ended`."""
        await self._process.wait()
        return self.how_it_ended

    async def _end_by_force(self, leaving: asyncio.Future[int]) -> None:
        self.kill()
        if not await _is_done(leaving, self.killed_grace):
            _log.error("process_does_not_end", extra={"pid": self._process.pid})


def python_path() -> str:
    """For a program of ours: the package itself, and what the environment names, where libraries may be."""
    named = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_SOURCES), named]) if named else str(_SOURCES)


async def _is_done(leaving: asyncio.Future[int], within: Seconds) -> bool:
    done, _ = await asyncio.wait({leaving}, timeout=within)
    return bool(done)
