"""What telemetry could not be sent in its time, sent when the broker is back.

It never delays anything: one message at a time, at most `telemetry.backlog_rate` a second, and none while the outbox
has something to send. A device begins at its own moment, so that a fleet whose broker comes back does not pour out at
once.
"""

import asyncio
import logging
from typing import Final

from agent.clock import Clock
from agent.config import Config
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, ConnectionEndedError, Link, PublishRefusedError
from agent.prompt import OutMessage
from agent.publisher import Publisher
from agent.spool import Spool, SpooledMessage, SpoolThread
from agent.telemetry import phase
from agent.units import Bytes, Seconds
from agent.wire import as_historical

_BUSY_PAUSE: Final = Seconds(10.0)
"""A broker that takes no more for now is left alone for so long."""

_SPREAD_OVER: Final = Seconds(10.0)
"""Over so much time at most a fleet spreads the begin of what it has to tell."""

_MOST_HANG_UPS: Final = 2
"""A message over which the connection ended so often is given up: telemetry is not worth a connection."""

_log = logging.getLogger(__name__)


class Backlog:
    """Sends what is in the spool.

    Args:
        spool: What is to be sent.
        link: The broker.
        publisher: Has the outbox, which goes first.
        topic: `R/telemetry`.
        rate: Messages a second, at most.
        begins_after: How long after a connection it begins.
        clock: The time.
    """

    def __init__(  # noqa: PLR0913 - only `app` calls it
        self,
        spool: SpoolThread,
        link: Link,
        publisher: Publisher,
        *,
        topic: str,
        rate: float,
        begins_after: Seconds,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._link = link
        self._publisher = publisher
        self._topic = topic
        self._pause = 1.0 / rate
        self._begins_after = begins_after
        self._clock = clock
        self._kept = asyncio.Event()
        self._kept.set()
        self._hang_ups = 0
        self._is_unreadable_told = False

    @property
    def spool(self) -> SpoolThread:
        """What is to be sent."""
        return self._spool

    async def keep(self, payload: bytes) -> None:
        """Keep a message of telemetry that could not be sent."""
        await self._spool.append(payload)
        self._kept.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._kept.wait()
            await self._link.connected()
            await asyncio.sleep(self._begins_after)
            await self._send_while_connected()

    async def _send_while_connected(self) -> None:
        """Send until nothing is left, or the connection has ended."""
        while self._link.is_connected:
            await asyncio.sleep(self._pause)
            if not self._publisher.is_idle:
                continue
            self._kept.clear()
            message = await self._spool.oldest()
            if message is None:
                return
            self._kept.set()
            await self._send(message)

    async def _send(self, message: SpooledMessage) -> None:
        try:
            await self._link.publish(OutMessage(self._topic, as_historical(message.payload, self._clock)))
        except ConnectionEndedError:
            self._hang_ups += 1
            if self._hang_ups < _MOST_HANG_UPS:
                return
        except NotConnectedError:
            return
        except BrokerBusyError:
            await asyncio.sleep(_BUSY_PAUSE)
            return
        except PublishRefusedError as error:
            _log.warning("telemetry_refused", extra={"topic": self._topic, "reason": str(error)})
        except ValueError as error:  # whoever wrote it: it is not worth the agent, at each of its starts again
            self._tell_unreadable(error)
        self._hang_ups = 0
        await self._spool.mark_sent(message)

    def _tell_unreadable(self, error: ValueError) -> None:
        """Once, not for each message."""
        if not self._is_unreadable_told:
            self._is_unreadable_told = True
            _log.warning("telemetry_unreadable", extra={"reason": str(error)})


def build_backlog(config: Config, link: Link, publisher: Publisher, clock: Clock) -> Backlog | None:
    """The backlog that the configuration asks for; None: what cannot be sent is dropped."""
    settings = config.telemetry
    if not settings.spool or not settings.every:
        return None
    return Backlog(
        SpoolThread(Spool(config.state_dir / "spool", Bytes(settings.spool))),
        link,
        publisher,
        topic=f"{config.topic_prefix}/telemetry",
        rate=settings.backlog_rate,
        begins_after=Seconds(phase(config.device.id) * min(settings.every, _SPREAD_OVER)),
        clock=clock,
    )
