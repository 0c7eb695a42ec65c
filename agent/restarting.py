"""A restart that the agent itself asks for: the process ends in order, and systemd starts it anew (ADR 42)."""

import asyncio
import logging
from typing import Final, Never

RESTART: Final = 75
"""The exit code: `EX_TEMPFAIL` of sysexits.h. Not 0, which an end in order has."""

_log = logging.getLogger(__name__)


class Restarting:
    """Asked for by a command or an update; `service` ends the process."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    @property
    def is_asked(self) -> bool:
        """Whether this process ends to be started anew."""
        return self._asked.is_set()

    def ask(self, why: str) -> None:
        """Have the process end in order. Returns at once."""
        _log.info("restarting", extra={"why": why})
        self._asked.set()

    async def asked(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()

    async def by_command(self) -> Never:
        """As `ask`; who calls it ends with the process, and the next one says that it was done."""
        self.ask("by command")
        await asyncio.get_running_loop().create_future()
        raise AssertionError
