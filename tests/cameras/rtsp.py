"""The RTSP server in a process of its own, to be stopped and killed."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from tests.cameras.rtsp_server import Mode


class RtspServer:
    """Build it with `start`.

    Args:
        process: The server.
        port: Where it listens.
        arguments: As it was started.
    """

    def __init__(self, process: "subprocess.Popen[str]", port: int, arguments: tuple[str, ...]) -> None:
        self._process = process
        self.port = port
        self._arguments = arguments

    @classmethod
    def start(cls, *arguments: str, port: int = 0) -> Self:
        """Start one, and wait until it listens."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cameras.rtsp_server", "--port", str(port), *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(r"\d+\n", line), line
        return cls(process, int(line), arguments)

    @property
    def url(self) -> str:
        """What it serves."""
        return f"rtsp://127.0.0.1:{self.port}/clip"

    def began(self) -> float:
        """When the next client got picture 0, on the boot clock; waits for it."""
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())

    def freeze(self) -> None:
        """Stop it amid what it does; its connections stay."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def turn(self, mode: Mode) -> None:
        """Serve like this from now on."""
        self._process.send_signal(mode.value)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def restart(self) -> None:
        """Start it again on its port, after `kill`."""
        self._process = RtspServer.start(*self._arguments, port=self.port)._process


@contextmanager
def rtsp_server(*arguments: str) -> Iterator[RtspServer]:
    """A server for the length of a block."""
    server = RtspServer.start(*arguments)
    try:
        yield server
    finally:
        server.kill()
