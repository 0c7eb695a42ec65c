"""One capture process, as the agent sees it: started, heard, ended.

Owns the process and the agent's end of its socket.
"""

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from typing import Final, Self

from agent.camera.capture.lifeline import LEAVE
from agent.camera.capture.spec import MOST_LINE, CaptureSpec, Report, decode_report, encode
from agent.camera.ending import how_it_ended, see_out, send_signal
from agent.camera.frames import FrameSlots
from agent.engine.process import python_path
from agent.units import Seconds

_LEAVE_GRACE: Final = Seconds(1.0)
"""For the end of a program that it has started. Whatever it is, it is killed with it in the end."""
_QUIET: Final = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # FFmpeg's AV_LOG_QUIET
}
_LIVE: Final = {"OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay"}
"""Frames as they come: without these a stream begins with a burst of old ones. A file would lose its begin by them."""


class CaptureProcess:
    """A running capture process. Build it with `start`, and `end` it.

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
    async def start(cls, spec: CaptureSpec, slots: FrameSlots) -> Self:
        """Start a fresh interpreter that reads a source into the slots.

        Call it in the main thread: it is killed when the thread that started it ends (prctl(2)).

        Raises:
            OSError: There is no room for another process.
        """
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=MOST_LINE)
            undo.callback(writer.transport.abort)
            # The last thing that waits, so that no cancellation leaves a process behind.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing from the working directory
                "-m",
                "agent.camera.capture.child",
                str(theirs.fileno()),
                str(slots.fd),
                str(os.getpid()),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,  # libraries print URLs as they are
                pass_fds=[theirs.fileno(), slots.fd],
                env={**os.environ, **_QUIET, "PYTHONPATH": python_path(), **_options(spec)},
            )
            undo.pop_all()
        writer.write(encode(spec))
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def report(self) -> Report | None:
        """What it says in the end; None: it ended without a word."""
        with contextlib.suppress(ConnectionError, ValueError):
            return decode_report(await self._reader.readline())
        return None

    async def end(self) -> None:
        """See the process out, by force where it does not leave by itself; nothing of it remains.

        Cancelled meanwhile, it does so all the same. Only what a driver holds remains, until `ending` returns.
        """
        self._writer.transport.abort()
        send_signal(self._process, LEAVE)
        await see_out(self._process, _LEAVE_GRACE)

    async def ending(self) -> str:
        """Wait until nothing of it remains, however long that takes: how it ended, in words."""
        return await how_it_ended(self._process)


def _options(spec: CaptureSpec) -> dict[str, str]:
    """FFmpeg's for streams; and how long OpenCV waits for a device's frame, in whole seconds."""
    select_timeout = {"OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": str(max(1, int(spec.stall_timeout)))}
    return {**select_timeout, **(_LIVE if spec.source.lower().startswith("rtsp") else {})}
