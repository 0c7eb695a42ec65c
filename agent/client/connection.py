"""A program's connection to the broker. Owns one paho-mqtt client.

There is no thread: whoever waits for something drives the connection while it waits, and handlers are called then.
"""

import secrets
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.broker_security import SecureClient
from agent.config import Broker
from agent.errors import StopError
from agent.topics import matches
from agent.units import Seconds

_BROKER_TIMEOUT = Seconds(10.0)
"""For what the broker itself answers."""


class AskError(StopError):
    """What was wanted did not come; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came."""

    topic: str
    payload: bytes


Handler = Callable[[Received], None]


class BrokerConnection:
    """A connection; a context manager.

    Args:
        broker: Where to and with which credentials.

    Raises:
        ConfigError: A file that `broker` names cannot be used.
        AskError: On entering: there is no connection.
    """

    def __init__(self, broker: Broker) -> None:
        self.place = f"{broker.host}:{broker.effective_port}"
        """The broker, for messages."""
        self._broker = broker
        self._handlers: dict[str, Handler] = {}
        self._acknowledged: dict[int, ReasonCode] = {}
        self._connack: ReasonCode | None = None
        self._client = SecureClient(f"ask-{secrets.token_hex(8)}", connect_timeout=_BROKER_TIMEOUT)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.secure(broker)

    def __enter__(self) -> Self:
        """Connect."""
        host, port = self._broker.host, self._broker.effective_port
        try:
            self._client.connect(host, port, keepalive=round(self._broker.keepalive))
        except socket.gaierror as error:
            raise AskError(f"the broker's name {host} is not known: check broker.host") from error
        except ssl.SSLError as error:
            raise AskError(f"TLS with {self.place} failed ({error.reason}): check broker.tls") from error
        except ConnectionRefusedError as error:
            raise AskError(f"no broker at {self.place}: is it running? Check broker.host and broker.port") from error
        except OSError as error:
            kind = "broker" if self._broker.tls is None else "broker with TLS"
            raise AskError(f"no {kind} at {self.place}: {error.strerror or error}") from error
        if not self.wait(lambda: self._connack is not None, _BROKER_TIMEOUT):
            raise AskError(f"what listens at {self.place} does not answer like an MQTT broker")
        if self._connack is not None and self._connack.is_failure:
            raise self._lost()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._client.disconnect()

    def listen(self, topic: str, handler: Handler) -> None:
        """Have a function called for every message that a topic filter matches.

        What the broker had retained there is handled before its next acknowledgement, that of a second `listen`, say.

        Raises:
            AskError: The broker does not allow it.
        """
        self._handlers[topic] = handler
        _, mid = self._client.subscribe(topic, qos=1)
        reason = self._acknowledgement(mid)
        if reason.is_failure:
            raise AskError(f"the broker at {self.place} does not let us read {topic}: {reason}")

    def ignore(self, topic: str) -> None:
        """The opposite of `listen`."""
        del self._handlers[topic]
        self._client.unsubscribe(topic)

    def publish(self, topic: str, payload: bytes, properties: Properties | None = None) -> ReasonCode:
        """Send a message at QoS 1 and wait for the acknowledgement.

        Raises:
            AskError: The broker does not allow it, or does not answer.
        """
        reason = self._acknowledgement(self._client.publish(topic, payload, qos=1, properties=properties).mid)
        if reason.is_failure:
            raise AskError(f"the broker at {self.place} does not let us send to {topic}: {reason}")
        return reason

    def wait(self, is_so: Callable[[], bool], timeout: Seconds) -> bool:
        """Keep the connection alive and call handlers until something is so. False: the time is over.

        Raises:
            AskError: The connection is lost.
        """
        deadline = time.monotonic() + timeout
        while not is_so():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._client.loop(min(left, 1.0)) != MQTTErrorCode.MQTT_ERR_SUCCESS and not is_so():
                raise self._lost()
        return True

    def _acknowledgement(self, mid: int | None) -> ReasonCode:
        if mid is None:
            raise self._lost()
        if not self.wait(lambda: mid in self._acknowledged, _BROKER_TIMEOUT):
            raise AskError(f"the broker at {self.place} does not answer")
        return self._acknowledged.pop(mid)

    def _lost(self) -> AskError:
        if self._connack is None:
            return AskError(f"{self.place} ended the connection: is it an MQTT 5 broker, with TLS as configured?")
        if self._connack.is_failure:
            advice = "check broker.user and broker.password_file"
            return AskError(f"the broker at {self.place} refuses us: {self._connack}: {advice}")
        return AskError(f"the connection to the broker at {self.place} was lost")

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._connack = reason

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._acknowledged[mid] = reasons[0]

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._acknowledged[mid] = reason

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        received = Received(message.topic, bytes(message.payload))
        for topic, handler in list(self._handlers.items()):
            if matches(topic, received.topic):
                handler(received)
