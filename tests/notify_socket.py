"""systemd's end of the socket that a service notifies it through."""

import asyncio
import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class NotifySocket:
    """Hears what a service says, as sd_notify(3) has it.

    Args:
        abstract: Whether it has a name and no path.
    """

    def __init__(self, *, abstract: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory()  # a path of pytest's may be too long for a socket
        path = Path(self._folder.name) / "notify"
        self.address = f"@{path}" if abstract else str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0"))
        self._socket.settimeout(0)

    def __enter__(self) -> Self:
        """Listen."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hear no more."""
        self._socket.close()
        self._folder.cleanup()

    def heard(self) -> list[list[str]]:
        """The lines of each message since the last call."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode().splitlines())
            except BlockingIOError:
                return messages

    async def hear(self) -> list[str]:
        """The lines of the next message; waits for it."""
        async with asyncio.timeout(5):
            return (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode().splitlines()
