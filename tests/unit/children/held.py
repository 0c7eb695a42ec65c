"""What a driver holds: killed, it does not end."""

import asyncio
from asyncio.subprocess import Process
from typing import cast


class Held:
    """Stands for a process of asyncio's that ends only when it may."""

    pid = 2**22 + 1  # no process can have it (proc(5), pid_max)

    def __init__(self) -> None:
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    @property
    def process(self) -> Process:
        """Itself, as what it stands for."""
        return cast("Process", self)

    def let_go(self, code: int) -> None:
        """The driver returns, and the process ends."""
        self.returncode = code
        self._ended.set()

    async def wait(self) -> int:
        """Until it is let go."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode
