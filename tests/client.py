"""An MQTT 5 client as a user of the agent would write one: acknowledged prompts out, replies in."""

import json
import socket
import threading
import time
from collections import defaultdict
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.agent_process import PREFIX
from tests.waiting import wait_for


class Client:
    """A client with a persistent session, so that a broker that restarts owes it every reply.

    Attributes:
        messages: Payloads by topic, in order of arrival.
        correlations: Their Correlation Data, likewise.
        arrivals: When the first message on a topic came, by `time.perf_counter`.
        acknowledged: Packet ids of publishes that the broker has acknowledged.
    """

    def __init__(
        self, port: int, name: str = "tester", topics: tuple[str, ...] = ("reply/#", "status", "event")
    ) -> None:
        self.messages: dict[str, list[bytes]] = defaultdict(list)
        self.arrivals: dict[str, float] = {}
        self.correlations: dict[str, list[bytes | None]] = defaultdict(list)
        self.acknowledged: set[int] = set()
        self._subscribed = threading.Event()
        self._topics = [f"{PREFIX}/{topic}" for topic in topics]
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self._mqtt.reconnect_delay_set(1, 1)
        self._mqtt.max_inflight_messages_set(100)
        self._mqtt.on_socket_open = _send_at_once
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_subscribe = lambda *_: self._subscribed.set()
        self._mqtt.on_message = self._on_message
        self._mqtt.on_publish = self._on_publish
        session = _properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self._mqtt.connect("127.0.0.1", port, clean_start=False, properties=session)

    def __enter__(self) -> Self:
        """Connect; returns when subscribed."""
        self._mqtt.loop_start()
        assert self._subscribed.wait(10), "not subscribed"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect, and let go of the paho client: in a cycle, its sockets would be left to the garbage collector."""
        self._mqtt.disconnect()
        self._mqtt.loop_stop()
        self._mqtt.on_connect = self._mqtt.on_subscribe = self._mqtt.on_message = self._mqtt.on_publish = None

    def publish(self, topic: str, payload: str | bytes | dict[str, Any], **properties: bytes | str | int) -> int:
        """Publish below the device's prefix; MQTT 5 properties by their paho names. Returns the packet id."""
        props = _properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            setattr(props, name, value)
        body = json.dumps(payload) if isinstance(payload, dict) else payload
        return self._mqtt.publish(f"{PREFIX}/{topic}", body, qos=1, properties=props).mid

    def prompt(self, payload: str | bytes | dict[str, Any], **properties: bytes | str | int) -> int:
        """Publish a prompt."""
        return self.publish("prompt", payload, **properties)

    def replies(self, prompt_id: str) -> list[dict[str, Any]]:
        """The replies on the default topic of an id."""
        return [json.loads(payload) for payload in list(self.messages[f"{PREFIX}/reply/{prompt_id}"])]

    def reply(self, prompt_id: str, timeout: float = 60.0) -> dict[str, Any]:
        """The first reply to an id, when it is there."""
        return wait_for(lambda: self.replies(prompt_id), timeout, f"reply to {prompt_id}")[0]

    def all_replies(self) -> dict[str, list[bytes]]:
        """Every reply by id."""
        start = f"{PREFIX}/reply/"
        return {
            topic.removeprefix(start): list(payloads)
            for topic, payloads in list(self.messages.items())
            if topic.startswith(start) and not topic.endswith("/stream")
        }

    def wait_online(self, timeout: float = 60.0) -> dict[str, Any]:
        """Wait for a status that names a loaded model."""

        def loaded() -> dict[str, Any] | None:
            statuses = self.messages[f"{PREFIX}/status"]
            status: dict[str, Any] = json.loads(statuses[-1]) if statuses else {}
            return status if status.get("state") == "online" and status.get("model") else None

        return wait_for(loaded, timeout, "status online with a model")

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, _flags: mqtt.ConnectFlags, reason: ReasonCode, _props: object
    ) -> None:
        if not reason.is_failure:
            client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self.arrivals.setdefault(message.topic, time.perf_counter())
        self.correlations[message.topic].append(getattr(message.properties, "CorrelationData", None))
        self.messages[message.topic].append(bytes(message.payload))

    def _on_publish(
        self, _client: mqtt.Client, _userdata: object, mid: int, reason: ReasonCode, _props: Properties
    ) -> None:
        if not reason.is_failure:
            self.acknowledged.add(mid)


def _send_at_once(_client: mqtt.Client, _userdata: object, sock: object) -> None:
    """A prompt is one small packet: Nagle's algorithm and a delayed acknowledgement would make it 40 ms late."""
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho has no types here
