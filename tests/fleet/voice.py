"""What a simulated device says of itself, in the words of the real agent, and over what."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

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

Send = Callable[[OutMessage], None]


class Voice:
    """Of one process.

    Args:
        device: The device's id.
        running: The release of the process.
        clock: Its time.
        send: Sends a message.
    """

    def __init__(self, device: str, running: str | None, clock: Clock, send: Send) -> None:
        self._topic = f"{TOPIC_ROOT}/{device}/event"
        self._running = running
        self._clock = clock
        self._send = send
        self._presence = Presence(f"{TOPIC_ROOT}/{device}", clock)
        self._presence.in_fleet(CHANNEL, None)
        send(self._presence.online())

    def show(self, state: UpdateState) -> None:
        """How far an update is."""
        self._presence.updating(self._running, state)
        self._send(self._presence.online())

    def emit(self, event: Event) -> None:
        """An event."""
        self._send(OutMessage(self._topic, encode_event(event, self._clock)))

    def end(self) -> None:
        """As a process ends that is told to."""
        self._send(self._presence.stopped())

    def break_off(self) -> None:
        """What a broker says of a device whose power has gone."""
        self._send(self._presence.lost())


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


class BrokerSender:
    """Sends for many devices over one connection: a process cannot have enough files for one each. A context manager.

    Args:
        port: The broker's.
        said: Counts.
    """

    def __init__(self, port: int, said: Said) -> None:
        self._port = port
        self._said = said
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)

    def __enter__(self) -> Self:
        """Connect."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, message: OutMessage) -> None:
        """Send."""
        self._said.add(message)
        self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)


class DirectSender:
    """Tells an operator without a broker.

    Args:
        seen: The operator's.
        said: Counts.
    """

    def __init__(self, seen: FleetSeen, said: Said) -> None:
        self._seen = seen
        self._said = said

    def send(self, message: OutMessage) -> None:
        """Send."""
        self._said.add(message)
        received = Received(message.topic, message.payload)
        if message.retain:
            self._seen.on_status(received)
        else:
            self._seen.on_event(received)
