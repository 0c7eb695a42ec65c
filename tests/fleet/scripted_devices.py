"""Devices at a real broker that say what a test wants."""

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from agent.fleet.eligibility import place
from tests.waiting import wait_for

_DEADLINE_S = 10.0


class ScriptedDevices:
    """Many devices with one connection.

    Args:
        port: The broker's.
        names: Their ids.
        channel: That they say they are of.
    """

    def __init__(self, port: int, names: list[str], channel: str = "stable") -> None:
        self.names = names
        self._channel = channel
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)

    def below(self, share: float, release: str) -> list[str]:
        """Those that a share of a release's cohort has."""
        return [name for name in self.names if place(name, release) < share]

    def are_there(self, running: str | None = None) -> None:
        """All of them are online, and have nothing to do."""
        for name in self.names:
            self._status(name, "online", {"running": running})

    def report(self, name: str, release: str, state: str, running: str | None = None) -> None:
        """One is at a state of an update; without `running` it is still the same."""
        update = {"release": release, "state": state, "why": f"{state} of {release}"}
        self._status(name, "online", {"running": running, **update})
        self._send(f"edge/{name}/event", {"event": "update_state", "at": 1.7e9, "detail": update})

    def vanish(self, name: str) -> None:
        """Its connection broke."""
        self._send(f"edge/{name}/status", {"state": "offline", "reason": "lost"}, retain=True)

    def _status(self, name: str, state: str, update: dict[str, str | None]) -> None:
        fields = {"state": state, "version": "1.2.3", "update": {"channel": self._channel, **update}}
        self._send(f"edge/{name}/status", fields, retain=True)

    def _send(self, topic: str, fields: Mapping[str, object], *, retain: bool = False) -> None:
        wait_for(self._client.is_connected, _DEADLINE_S, "connection")
        payload = json.dumps(fields).encode()
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(_DEADLINE_S)

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
