"""What a simulated device says of itself, in the words of the real agent, and over what."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from agent.client import Received
from agent.clock import Clock
from agent.events import Event, UpdateState
from agent.fleet_admin.seen import FleetSeen
from agent.presence import Presence
from agent.prompt import OutMessage
from agent.wire import encode_event

TOPIC_ROOT = "edge"
CHANNEL = "stable"


@dataclass
class Said:
    """What devices have said so far.

    Attributes:
        messages: By the last level of the topic.
        size: Bytes of payloads.
    """

    messages: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def add(self, message: OutMessage) -> None:
        """One more."""
        self.messages[message.topic.rpartition("/")[2]] += 1
        self.size += len(message.payload)


class Line(Protocol):
    """A process's connection to those who listen."""

    def publish(self, message: OutMessage) -> None:
        """Send a message."""

    def end(self) -> None:
        """Close it in order."""

    def break_off(self) -> None:
        """As the power goes: who listens is told the will."""


Connect = Callable[[str, OutMessage], Line]
"""Makes a line for a device's id, with its will."""


class Voice:
    """Of one process.

    Args:
        device: The device's id.
        running: The release of the process.
        clock: Its time.
        connect: Makes its line.
    """

    def __init__(self, device: str, running: str | None, clock: Clock, connect: Connect) -> None:
        self._topic = f"{TOPIC_ROOT}/{device}/event"
        self._running = running
        self._clock = clock
        self._presence = Presence(f"{TOPIC_ROOT}/{device}", clock)
        self._presence.in_fleet(CHANNEL, None)
        self.line = connect(device, self._presence.lost())
        self.line.publish(self._presence.online())

    def show(self, state: UpdateState) -> None:
        """How far an update is."""
        self._presence.updating(self._running, state)
        self.line.publish(self._presence.online())

    def emit(self, event: Event) -> None:
        """An event."""
        self.line.publish(OutMessage(self._topic, encode_event(event, self._clock)))

    def end(self) -> None:
        """As a process ends that is told to."""
        self.line.publish(self._presence.stopped())
        self.line.end()


class BrokerLine:
    """To a real broker."""

    def __init__(self, port: int, said: Said, device: str, will: OutMessage) -> None:
        self._said = said
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=MQTTv5)
        self._client.will_set(will.topic, will.payload, qos=1, retain=True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def publish(self, message: OutMessage) -> None:
        self._said.add(message)
        self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def end(self) -> None:
        self._client.disconnect()  # its thread ends with it

    def break_off(self) -> None:
        socket = self._client.socket()
        self._client.loop_stop()
        if socket is not None:
            socket.close()


class DirectLine:
    """To an operator, without a broker."""

    def __init__(self, seen: FleetSeen, said: Said, will: OutMessage) -> None:
        self._seen = seen
        self._said = said
        self._will = will

    def publish(self, message: OutMessage) -> None:
        self._said.add(message)
        received = Received(message.topic, message.payload)
        if message.retain:
            self._seen.on_status(received)
        else:
            self._seen.on_event(received)

    def end(self) -> None:
        """There is nothing to close."""

    def break_off(self) -> None:
        self.publish(self._will)
