"""Devices at a real broker that say what a test wants."""

from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from agent.clock import Clock
from agent.events import UpdateState
from agent.fleet.eligibility import place
from agent.fleet_admin.seen import FAILED
from agent.units import Seconds, UnixSeconds
from agent.wire import encode_event, encode_offline, encode_online
from tests.waiting import wait_for

_DEADLINE_S = 10.0
_CLOCK = Clock("boot-1", now=lambda: Seconds(60.0), wall=lambda: UnixSeconds(1.7e9))


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
        self._running: dict[str, str | None] = dict.fromkeys(names)
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)

    def below(self, share: float, release: str) -> list[str]:
        """Those that a share of a release's cohort has."""
        return [name for name in self.names if place(name, release) < share]

    def are_there(self, running: str | None = None) -> None:
        """All of them are online, and have nothing to do."""
        for name in self.names:
            self._running[name] = running
            self._status(name, UpdateState(None, "idle", ""))

    def report(self, name: str, release: str, state: str, running: str | None = None, *, rejected: bool = True) -> None:
        """One is at a state of an update; without `running` it is still the same."""
        self._running[name] = running or self._running[name]
        update = UpdateState(release, state, f"{state} of {release}", rejected=rejected and state in FAILED)
        self._status(name, update)
        self._send(f"edge/{name}/event", encode_event(update, _CLOCK))

    def vanish(self, name: str) -> None:
        """Its connection broke."""
        self._send(f"edge/{name}/status", encode_offline("lost"), retain=True)

    def _status(self, name: str, update: UpdateState) -> None:
        payload = encode_online(
            version="1.2.3",
            model=None,
            context_length=None,
            engine=None,
            engine_reason=None,
            vision=None,
            draining=False,
            since=_CLOCK.wall(),
            release=self._running[name],
            channel=self._channel,
            group=None,
            update=update,
        )
        self._send(f"edge/{name}/status", payload, retain=True)

    def _send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        wait_for(self._client.is_connected, _DEADLINE_S, "connection")
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
