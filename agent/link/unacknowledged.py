"""Messages on their way to the broker, and whether the oldest has waited too long for its acknowledgement.

No I/O. A broker that has lost a message says nothing about it, and goes on as if nothing were. Only the oldest counts:
a slow network keeps the others waiting behind it, and a broker acknowledges in the order in which it was sent to.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from paho.mqtt.reasoncodes import ReasonCode

from agent.units import Seconds

_PATIENCE = Seconds(30.0)
"""How long a broker may take to acknowledge a message, since it had nothing older to acknowledge."""

_SLOWEST = 2000
"""Bytes in a second that a network takes at least: so much longer a large message may take."""


@dataclass(frozen=True, slots=True)
class _Message:
    answer: "asyncio.Future[ReasonCode]"
    patience: Seconds


class Unacknowledged:
    """Those of one connection, by their packet ids.

    Args:
        now: The time.
    """

    def __init__(self, now: Callable[[], Seconds]) -> None:
        self._now = now
        self._messages: dict[int, _Message] = {}
        self._oldest_since = now()

    def add(self, packet_id: int, size: int, answer: "asyncio.Future[ReasonCode]") -> None:
        """A message was sent; `answer` is given what the broker says of it."""
        if not self._messages:
            self._oldest_since = self._now()
        self._messages[packet_id] = _Message(answer, Seconds(_PATIENCE + size / _SLOWEST))

    def acknowledged(self, packet_id: int, reason: ReasonCode) -> None:
        """The broker has answered."""
        if packet_id == next(iter(self._messages), None):
            self._oldest_since = self._now()
        message = self._messages.pop(packet_id, None)
        if message is not None:
            message.answer.set_result(reason)

    def heard_again(self) -> None:
        """For a while nothing was read of what the broker said."""
        self._oldest_since = self._now()

    def overdue(self) -> Seconds | None:
        """How long the oldest has waited, if that is too long."""
        oldest = next(iter(self._messages.values()), None)
        waited = Seconds(self._now() - self._oldest_since)
        return waited if oldest is not None and waited > oldest.patience else None
