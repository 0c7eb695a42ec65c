"""What has arrived and nobody has taken yet.

Invariant: however many messages the broker sends, at most `MAX_HELD` are here; the rest waits in the broker.
"""

import asyncio
from dataclasses import dataclass

from agent.clock import Clock
from agent.link.connection import WINDOW
from agent.link.packet import PublishPacket
from agent.units import Seconds, UnixSeconds

MAX_HELD = 64
"""Messages that have arrived and were not taken yet."""

MAX_HELD_BYTES = 8 * 1024 * 1024
"""When their payloads are so large together, no more is read."""

# paho reads up to one packet for each message that waits for its PUBACK before it asks again whether to go on.
_FULL = MAX_HELD - WINDOW


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from the broker.

    Attributes:
        topic: Where it was published.
        payload: Empty when it was larger than the limit.
        size: Bytes of the payload as it was sent.
        response_topic: Where the sender wants the answer (MQTT 5).
        correlation: What the answer is to carry (MQTT 5).
        expiry_s: What is left of its Message Expiry Interval.
        redelivered: The broker may have sent it before.
        packet_id: Of the delivery; kept when the broker sends it again, reused once it is acknowledged. 0 at QoS 0.
        qos: 0 or 1.
        connection: Which of the link's connections brought it, and is able to acknowledge it.
        received: When, on the boot clock.
        received_wall: When, by the wall clock.
    """

    topic: str
    payload: bytes
    size: int
    response_topic: str | None
    correlation: bytes | None
    expiry_s: float | None
    redelivered: bool
    packet_id: int
    qos: int
    connection: int
    received: Seconds
    received_wall: UnixSeconds


class Inbox:
    """Messages, oldest first.

    Whoever puts something in stops when it is full; nothing is refused.

    Args:
        clock: For the times of arrival.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: list[Incoming] = []
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._held)

    @property
    def payload_bytes(self) -> int:
        """How large their payloads are together."""
        return self._bytes

    @property
    def is_full(self) -> bool:
        """Whether no more is to be read."""
        return len(self._held) >= _FULL or self._bytes >= MAX_HELD_BYTES

    def put(self, packet: PublishPacket, connection: int) -> None:
        """Add what a connection has brought."""
        self._held.append(
            Incoming(
                topic=packet.topic,
                payload=packet.payload,
                size=packet.size,
                response_topic=packet.response_topic,
                correlation=packet.correlation,
                expiry_s=packet.expiry_s,
                redelivered=packet.redelivered,
                packet_id=packet.packet_id,
                qos=packet.qos,
                connection=connection,
                received=self._clock.now(),
                received_wall=self._clock.wall(),
            )
        )
        self._bytes += len(packet.payload)
        self._arrived.set()

    async def take(self) -> list[Incoming]:
        """All that there are; waits for at least one."""
        while not self._held:
            self._arrived.clear()
            await self._arrived.wait()
        taken, self._held, self._bytes = self._held, [], 0
        self._taken.set()
        return taken

    async def room(self) -> None:
        """Wait until it is not full."""
        while self.is_full:
            self._taken.clear()
            await self._taken.wait()
