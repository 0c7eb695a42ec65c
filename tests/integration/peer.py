"""Somebody else on the broker: sends to a link or an agent and hears what comes back."""

import asyncio
import contextlib
import socket
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

DEADLINE_S = 10.0


class Peer:
    """A client with a thread of its own, so that it works on while the test's event loop is busy.

    Args:
        port: The broker's, on loopback.
        topics: Subscribed at QoS 1.
    """

    def __init__(self, port: int, *topics: str) -> None:
        self._inbox: SimpleQueue[MQTTMessage] = SimpleQueue()
        self._subscribed: SimpleQueue[None] = SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.on_message = lambda _client, _data, message: self._inbox.put(message)
        self._client.on_subscribe = lambda *_: self._subscribed.put(None)
        self._client.max_inflight_messages = 1000
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if topics:
            self._client.subscribe([(topic, 1) for topic in topics])
            self._subscribed.get(timeout=DEADLINE_S)

    def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False, **more: Any) -> None:  # noqa: ANN401 - MQTT 5 properties by their paho names
        """Publish; at QoS 1 returns when the broker has acknowledged."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho has no types here
        for name, value in more.items():
            setattr(properties, name, value)
        self._client.publish(topic, payload, qos, retain, properties).wait_for_publish(DEADLINE_S)

    def publish_many(self, topic: str, payloads: list[bytes], *, qos: int) -> None:
        """Publish all, and return when the broker has acknowledged all (at QoS 0: when they are sent)."""
        for info in [self._client.publish(topic, payload, qos) for payload in payloads]:
            info.wait_for_publish(DEADLINE_S)

    def send_at_once(self) -> None:
        """No small message waits for another (TCP_NODELAY)."""
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def heard(self) -> MQTTMessage:
        """The next message."""
        return await asyncio.to_thread(self._inbox.get, timeout=DEADLINE_S)

    def heard_so_far(self) -> list[MQTTMessage]:
        """What has come and was not taken."""
        found = []
        with contextlib.suppress(Empty):
            while True:
                found.append(self._inbox.get_nowait())
        return found

    def __enter__(self) -> Self:
        """Connected already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
