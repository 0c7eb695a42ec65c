"""Hears what all devices at a broker say of their updates."""

import time

from agent.client.connection import BrokerConnection
from agent.fleet_admin.seen import FleetSeen
from agent.units import Seconds

_QUIET = Seconds(1.0)
"""A broker has so many messages on their way at once, mosquitto 20: what it has retained comes little by little."""
_LONGEST = Seconds(30.0)
"""A large fleet is never quiet."""


def listen(connection: BrokerConnection, seen: FleetSeen, topic_root: str) -> None:
    """Hear devices from now on; returns when what the broker has retained of them has come. Raises `AskError`."""
    connection.listen(f"{topic_root}/+/status", seen.on_status)
    connection.listen(f"{topic_root}/+/event", seen.on_event)
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        heard = seen.heard
        if not connection.wait(lambda heard=heard: seen.heard != heard, _QUIET):  # type: ignore[misc]
            return
