"""What the device measures, to `R/telemetry`, once a period.

What cannot be sent in its period goes to the spool, which is bounded, or is dropped where there is none: nothing else
depends on it. A device has its own phase in the period, so that a fleet that got its power back at once does not speak
at once.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable

from agent.clock import Clock
from agent.config import Config
from agent.errors import NotConnectedError
from agent.link import BrokerBusyError, Link, PublishRefusedError
from agent.prompt import OutMessage
from agent.snapshot import Snapshot
from agent.units import Seconds
from agent.wire import encode_telemetry

_UNSENT_EVERY = Seconds(10.0)
"""How often the snapshot is renewed where nothing is sent, for the metrics."""

_log = logging.getLogger(__name__)


class Telemetry:
    """Takes a snapshot each period and sends it.

    Args:
        config: How often, at which QoS, and where to; the device's name gives its phase.
        link: The broker.
        snapshot: Takes one.
        keep: Keeps a message that could not be sent; None: it is dropped.
        clock: The time.
    """

    def __init__(
        self,
        config: Config,
        link: Link,
        *,
        snapshot: Callable[[], Awaitable[Snapshot]],
        keep: Callable[[bytes], Awaitable[None]] | None,
        clock: Clock,
    ) -> None:
        self._keep = keep
        self._settings = config.telemetry
        self._device = config.device.id
        self._topic = f"{config.topic_prefix}/telemetry"
        self._link = link
        self._snapshot = snapshot
        self._clock = clock
        self._latest: Snapshot | None = None
        self._is_refused = False

    @property
    def latest(self) -> Snapshot | None:
        """The last snapshot; None before the first. May be read from any thread."""
        return self._latest

    async def run(self) -> None:
        """Send until cancelled."""
        period = self._settings.every or _UNSENT_EVERY
        due = Seconds(self._clock.now() + phase(self._device) * period)
        self._latest = await self._snapshot()
        while True:
            await asyncio.sleep(due - self._clock.now())
            due = next_due(due, period, self._clock.now())
            self._latest = await self._snapshot()
            if self._settings.every:
                payload = encode_telemetry(self._latest)
                if not await self._send(payload, within=period) and self._keep is not None:
                    await self._keep(payload)

    async def _send(self, payload: bytes, *, within: Seconds) -> bool:
        """Send a message.

        Returns:
            False: it could not be sent now, and is worth to be sent later.
        """
        message = OutMessage(self._topic, payload, qos=self._settings.qos)
        if message.qos == 0:
            self._link.publish_lossy(message)
            return self._link.is_connected
        try:
            async with asyncio.timeout(within):
                await self._link.publish(message)
        except (NotConnectedError, BrokerBusyError, TimeoutError):
            return False
        except PublishRefusedError as error:
            if not self._is_refused:
                _log.warning("telemetry_refused", extra={"topic": self._topic, "reason": str(error)})
            self._is_refused = True
        else:
            self._is_refused = False
        return True


def phase(device: str) -> float:
    """A device's place in the period: 0 up to 1, the same at each start, evenly spread over many devices."""
    return int.from_bytes(hashlib.sha256(device.encode()).digest()[:4], "big") / 2**32


def next_due(due: Seconds, period: Seconds, now: Seconds) -> Seconds:
    """The first moment after `now` that is a whole number of periods after `due`: a suspended machine skips."""
    missed = max(0, int((now - due) // period))
    return Seconds(due + (missed + 1) * period)
