"""What the agent says by itself: its status and its events."""

import re
from dataclasses import asdict
from typing import Literal

from pydantic import JsonValue

from agent.clock import Clock
from agent.events import Event, UpdateState
from agent.units import UnixSeconds
from agent.wire.payload import Payload

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class UpdateStatePayload(Payload):
    """Of which fleet's devices this is one, and how far an update is."""

    channel: str | None = None
    """Whose releases it takes."""
    group: str | None = None
    """The group that it is in, whose release comes before the channel's; null: in none."""
    release: str | None
    """What it is about; null: nothing."""
    state: str
    """As of the event `update_state`."""
    why: str
    """For a person; may be empty."""
    rejected: bool
    """Whether it came to nothing for the release's own sake, which is not tried here again; not so where a server was
    away, or a disk full."""


class OnlinePayload(Payload):
    """Retained on `R/status` while the agent is there."""

    state: Literal["online"] = "online"
    version: str
    """The agent's."""
    model: str | None
    """The loaded model; null while there is none."""
    context_length: int | None = None
    """Tokens of prompt and answer together that it takes; fewer than the model has where memory is short."""
    engine: str | None = None
    """What runs the model; null while none is loaded."""
    engine_reason: str | None = None
    """Why that engine, for a person, where the agent chose it (`model.engine: auto`); while no model is loaded, why it
    does not load."""
    vision: bool | None = None
    """Whether the model looks at the images of a prompt; null while none is loaded."""
    draining: bool = False
    """Whether it finishes what runs and begins nothing, see the command `drain`."""
    since: int
    """Unix time of the agent's start, in seconds."""
    release: str | None = None
    """The fleet's release that runs; null: the one that was installed."""
    update: UpdateStatePayload | None = None
    """How far an update is; null for a device without a fleet."""


class OfflinePayload(Payload):
    """Retained on `R/status` while the agent is not there."""

    state: Literal["offline"] = "offline"
    reason: Literal["lost", "stopped"]
    """`lost`: the broker noticed that the connection broke; `stopped`: the agent was told to stop."""


class EventPayload(Payload):
    """Something that an operator wants to be told, on `R/event`."""

    event: str
    """Its name, such as `model_loaded`."""
    at: float
    """Unix time, in seconds, by the device's clock, which may be wrong."""
    boot_id: str
    """Another one after each boot: `uptime_s` of different boots cannot be compared."""
    uptime_s: float
    """Since the machine's start, suspended time included: right whatever the wall clock does."""
    detail: dict[str, JsonValue]
    """What belongs to this kind of event."""


def event_name(event: Event) -> str:
    """`model_loaded` for a `ModelLoaded`."""
    return _WORD_START.sub("_", type(event).__name__).lower()


def encode_event(event: Event, clock: Clock) -> bytes:
    """The bytes of an event that has just happened."""
    payload = EventPayload(
        event=event_name(event),
        at=round(clock.wall(), 3),
        boot_id=clock.boot_id,
        uptime_s=round(clock.now(), 3),
        detail=asdict(event),
    )
    return payload.model_dump_json().encode()


def encode_online(  # noqa: PLR0913 - the fields of the payload
    *,
    version: str,
    model: str | None,
    context_length: int | None,
    engine: str | None,
    engine_reason: str | None,
    vision: bool | None,
    draining: bool,
    since: UnixSeconds,
    release: str | None = None,
    channel: str | None = None,
    group: str | None = None,
    update: UpdateState | None = None,
) -> bytes:
    """The bytes of the retained status of a running agent."""
    payload = OnlinePayload(
        version=version,
        model=model,
        context_length=context_length,
        engine=engine,
        engine_reason=engine_reason,
        vision=vision,
        draining=draining,
        since=int(since),
        release=release,
        update=None if update is None else UpdateStatePayload(channel=channel, group=group, **asdict(update)),
    )
    return payload.model_dump_json().encode()


def encode_offline(reason: Literal["lost", "stopped"]) -> bytes:
    """The bytes of the retained status of an agent that is not there."""
    return OfflinePayload(reason=reason).model_dump_json().encode()
