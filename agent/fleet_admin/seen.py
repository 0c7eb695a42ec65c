"""What devices say of their updates, put together. Everything that they say is optional: they may be of any version.

`R/status` is retained: `release` is the one that runs, and `update`, where a device is one of a fleet, has its
`channel` and `group`, and `release`, `state`, `why` of the update that it is at. `R/event` has `update_state` for each
step.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.client import Received
from agent.fleet.update import State
from agent.printable import printable
from agent.units import UnixSeconds

_MOST = 200
FAILED = frozenset({State.FAILED, State.ROLLED_BACK})
ON_TRIAL = frozenset({State.SWITCHING, State.PROVING})


@dataclass(frozen=True, slots=True)
class Seen:
    """A device, as it was last heard.

    Attributes:
        device: Its id.
        is_online: Whether its agent is there; None: it never said.
        version: Its agent's.
        channel: Whose releases it takes; None: it does not say.
        group: Its group.
        running: The release that it has committed.
        release: What its last update is about.
        state: How far that is: one of `agent.fleet.update.State`, or a newer agent's.
        why: What it says about it.
        rejected: Whether it came to nothing for the release's own sake; None: an older agent's, which does not say.
        since: When it got there, by the device's clock.
        failures: Updates that came to nothing, as far as they were heard.
        gone_since: When it was first heard that its agent is not there, by this machine's clock; None: it is there.
    """

    device: str
    is_online: bool | None = None
    version: str | None = None
    channel: str | None = None
    group: str | None = None
    running: str | None = None
    release: str | None = None
    state: str | None = None
    why: str | None = None
    rejected: bool | None = None
    since: UnixSeconds | None = None
    failures: int = 0
    gone_since: UnixSeconds | None = None


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _UpdateForm(_Form):
    channel: str | None = None
    group: str | None = None
    release: str | None = None
    state: str | None = None
    why: str | None = None
    rejected: bool | None = None


class _StatusForm(_Form):
    state: str
    version: str | None = None
    release: str | None = None
    update: _UpdateForm | None = None


class _EventForm(_Form):
    event: str
    at: float = 0.0
    detail: _UpdateForm = _UpdateForm()


class FleetSeen:
    """All devices below a topic.

    Args:
        topic_root: What is before the devices' ids in their topics.
        wall: What the clock says.
    """

    def __init__(self, topic_root: str, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._levels = topic_root.count("/") + 1
        self._devices: dict[str, Seen] = {}
        self.heard = 0
        """Messages so far."""

    @property
    def devices(self) -> list[Seen]:
        """By id."""
        return [self._devices[name] for name in sorted(self._devices)]

    def recall(self, devices: tuple[Seen, ...]) -> None:
        """Begin with what was heard earlier."""
        self._devices.update({seen.device: seen for seen in devices})

    def on_status(self, message: Received) -> None:
        """Take a message of `R/status`; an empty one says that the device is no more."""
        self.heard += 1
        device = self._device(message)
        if not message.payload:
            self._devices.pop(device, None)
            return
        try:
            form = _StatusForm.model_validate_json(message.payload)
        except ValidationError:
            return
        before = self._devices.get(device, Seen(device))
        is_online = form.state == "online"
        gone_since = None if is_online else before.gone_since or UnixSeconds(self._wall())
        seen = replace(before, is_online=is_online, gone_since=gone_since)
        if form.version is not None:
            seen = replace(seen, version=_clean(form.version))
        if form.update is not None:
            seen = _with(seen, form.update)
        is_trial = seen.state in ON_TRIAL and seen.release == form.release  # it runs, and is not committed
        if "release" in form.model_fields_set and not is_trial:
            seen = replace(seen, running=_clean(form.release))
        self._devices[device] = seen

    def on_event(self, message: Received) -> None:
        """Take a message of `R/event`."""
        self.heard += 1
        device = self._device(message)
        try:
            form = _EventForm.model_validate_json(message.payload)
        except ValidationError:
            return
        if form.event != "update_state":
            return
        seen = _with(self._devices.get(device, Seen(device)), form.detail)
        self._devices[device] = replace(
            seen,
            since=UnixSeconds(form.at) if seen.since is None else seen.since,
            running=seen.release if seen.state == State.COMMITTED else seen.running,
        )

    def _device(self, message: Received) -> str:
        return message.topic.split("/")[self._levels]


def as_json(devices: list[Seen]) -> str:
    """For programs: one object for each device."""
    fields = Seen.__slots__
    return json.dumps(
        [{name: getattr(seen, name) for name in fields} for seen in devices], ensure_ascii=False, indent=2
    )


def _with(before: Seen, form: _UpdateForm) -> Seen:
    """What it says counts, that there is none too; what it does not say stays as it was."""
    says = form.model_fields_set
    seen = replace(
        before,
        channel=_clean(form.channel) if "channel" in says else before.channel,
        group=_clean(form.group) if "group" in says else before.group,
        release=_clean(form.release) if "release" in says else before.release,
        state=_clean(form.state) if "state" in says else before.state,
        why=_clean(form.why) if "why" in says else before.why,
        rejected=form.rejected,
    )
    if (before.release, before.state) == (seen.release, seen.state):
        return seen
    return replace(seen, since=None, failures=seen.failures + (seen.state in FAILED))


def _clean(text: str | None) -> str | None:
    return None if text is None else " ".join(printable(text[:_MOST], keep="\n\t").split())
