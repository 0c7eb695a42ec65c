"""Collects what a device says: its status, its telemetry, its events. Bounded."""

import json
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from pydantic import JsonValue, TypeAdapter, ValidationError

from agent.client import Received
from agent.printable import printable
from agent.top.seen import Seen, SeenEvent
from agent.units import Seconds, UnixSeconds
from agent.wire.notice import OfflinePayload, OnlinePayload

_HISTORY = 240
_EVENTS = 20
_SHOWN_DETAILS = 8

Status: TypeAlias = OnlinePayload | OfflinePayload
_STATUS: TypeAdapter[Status] = TypeAdapter(Status)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event.

    Attributes:
        at: By the device's clock.
        words: Its name, and what belongs to it.
    """

    at: UnixSeconds
    words: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a frame shows.

    Attributes:
        prefix: `R` of the device's topics.
        place: The broker.
        trouble: Why the broker is not there; None while it is.
        status: What the agent last said of itself; None when it never did.
        seen: The last telemetry; None before the first.
        age: How long ago that came.
        watched: For how long this program has been listening.
        history: Watts of each telemetry message, oldest first; None where it had none.
        events: Those that came meanwhile, newest first.
    """

    prefix: str
    place: str
    trouble: str | None
    status: Status | None
    seen: Seen | None
    age: Seconds
    watched: Seconds
    history: tuple[float | None, ...]
    events: tuple[Happened, ...]


class Watch:
    """What has come so far.

    Args:
        prefix: `R` of the device's topics.
        place: The broker, for a person.
        now: A monotonic clock's time.
    """

    def __init__(self, prefix: str, place: str, now: Seconds) -> None:
        self.trouble: str | None = None
        """Why the broker is not there; None while it is."""
        self._prefix = prefix
        self._place = place
        self._since = self._told_at = now
        self._status: Status | None = None
        self._seen: Seen | None = None
        self._history: deque[float | None] = deque(maxlen=_HISTORY)
        self._events: deque[Happened] = deque(maxlen=_EVENTS)

    @property
    def status(self) -> Status | None:
        """What the agent last said of itself."""
        return self._status

    @property
    def has_telemetry(self) -> bool:
        """Whether any has come."""
        return self._seen is not None

    def on_status(self, message: Received) -> None:
        """Take a message of `R/status`."""
        try:
            self._status = _STATUS.validate_json(message.payload)
        except ValidationError:
            self._status = None

    def on_telemetry(self, message: Received, now: Seconds) -> None:
        """Take a message of `R/telemetry`. What a device kept while it was offline is not how it is now."""
        try:
            seen = Seen.model_validate_json(message.payload)
        except ValidationError:
            return
        if seen.historical:
            return
        self._seen, self._told_at = seen, now
        power = seen.power
        mean = None if power is None else power.mean_w.value
        self._history.append(power.total_w.value if power is not None and mean is None else mean)

    def on_event(self, message: Received) -> None:
        """Take a message of `R/event`."""
        try:
            event = SeenEvent.model_validate_json(message.payload)
        except ValidationError:
            return
        details = (f"{name}={_shown(value)}" for name, value in islice(event.detail.items(), _SHOWN_DETAILS))
        words = " ".join(printable(" ".join([event.event, *details])).split())
        self._events.appendleft(Happened(UnixSeconds(event.at), words))

    def scene(self, now: Seconds) -> Scene:
        """Everything at this moment."""
        return Scene(
            prefix=self._prefix,
            place=self._place,
            trouble=self.trouble,
            status=self._status,
            seen=self._seen,
            age=Seconds(now - self._told_at),
            watched=Seconds(now - self._since),
            history=tuple(self._history),
            events=tuple(self._events),
        )


def _shown(value: JsonValue) -> str:
    match value:
        case str():
            return value
        case float():
            return f"{value:.4g}"
        case _:
            return json.dumps(value, ensure_ascii=False)
