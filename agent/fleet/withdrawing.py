"""Asks the fleet while a trial starves, which may take long: it may want another release by then."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from agent.clock import Clock
from agent.errors import AgentError
from agent.fleet.askers import Askers
from agent.fleet.happenings import Disproved, Found, NothingToDo
from agent.fleet.ports import Service
from agent.units import Seconds

_LOOK_EVERY: Final = Seconds(60.0)

_log = logging.getLogger(__name__)


class Withdrawing:
    """During one trial.

    Args:
        service: Says whether it starves.
        clock: The time.
        every: So often the fleet is asked meanwhile.
        askers: Who asks for a check has it asked at once.
    """

    def __init__(self, service: Service, clock: Clock, every: Seconds, askers: Askers) -> None:
        self._service = service
        self._clock = clock
        self._every = every
        self._askers = askers

    async def wait(self, ask: Callable[[], Awaitable[Found | NothingToDo]]) -> Disproved:
        """Return when the fleet wants another release of this device.

        Args:
            ask: What it wants, besides the release on trial.
        """
        due = self._clock.now() + self._every
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._askers.asked()
                    due = self._clock.now()
            starved_of = self._service.starved_of
            if starved_of is None or self._clock.now() < due:
                continue
            self._askers.tell(f"the release on trial waits: {starved_of}")
            due = self._clock.now() + self._every
            try:
                wanted = await ask()
            except (AgentError, OSError) as error:
                _log.info("fleet_not_asked", extra={"reason": str(error)})
                continue
            if isinstance(wanted, Found):
                return Disproved(f"withdrawn: the fleet wants {wanted.release}")
