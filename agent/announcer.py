"""Says `R/status` anew when it has changed, and goodbye. The link itself says it at each connect."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, Link, PublishRefusedError
from agent.presence import Presence
from agent.prompt import OutMessage
from agent.units import Seconds

_GOODBYE = Seconds(2.0)
"""How long the broker may take to acknowledge that the agent has stopped; after that, it publishes the will."""
_BUSY_PAUSE = Seconds(1.0)

_log = logging.getLogger(__name__)


class Announcer:
    """Publishes what the presence says.

    Args:
        link: The broker.
        presence: What is said.
    """

    def __init__(self, link: Link, presence: Presence) -> None:
        self._link = link
        self._presence = presence
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """The presence says something else now."""
        self._changed.set()

    async def run(self) -> None:
        """Say it whenever it has changed, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._say(self._link.publish, self._presence.online())
            except BrokerBusyError:
                await asyncio.sleep(_BUSY_PAUSE)
                self._changed.set()

    async def say_goodbye(self) -> None:
        """Say that the agent has stopped."""
        with contextlib.suppress(TimeoutError, BrokerBusyError):
            async with asyncio.timeout(_GOODBYE):
                await self._say(self._link.say_goodbye, self._presence.stopped())

    async def _say(self, publish: Callable[[OutMessage], Awaitable[None]], status: OutMessage) -> None:
        """As far as the broker is there and lets us.

        Raises:
            BrokerBusyError: It does not take it now.
        """
        try:
            await publish(status)
        except NotConnectedError:
            pass  # the link says it at the next connect
        except BrokerBusyError:
            raise
        except PublishRefusedError as error:
            _log.error("status_refused", extra={"topic": status.topic, "reason": str(error)})
