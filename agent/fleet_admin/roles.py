"""Who signs in a fleet's repository, for how long it holds, and how people name it. Pure.

What the roles may say is `agent.fleet.layout`'s.
"""

import re
from datetime import timedelta

from agent.fleet.layout import BIN_PREFIX, channel_role

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = "root", "targets", "snapshot", "timestamp"
TOP = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP)

_CHANNEL = channel_role("")
_LIFETIMES = {TIMESTAMP: timedelta(days=7), SNAPSHOT: timedelta(days=30)}
_OTHERS = timedelta(days=365)
"""Signed by people, with keys that are not at hand every day."""
_LEAST_LEFT = timedelta(days=30)


def channel_of(role: str) -> str | None:
    """The channel whose role it is; None: it is no channel's."""
    return role.removeprefix(_CHANNEL) if role.startswith(_CHANNEL) else None


def role_named(words: str) -> str:
    """A role as people name it: `channel:stable` for `channel-stable`, the others by their own names."""
    channel = words.removeprefix("channel:")
    return words if channel == words else channel_role(channel)


def shown(role: str) -> str:
    """The opposite of `role_named`."""
    channel = channel_of(role)
    return role if channel is None else f"channel:{channel}"


def is_bin(role: str) -> bool:
    """Whether it is one of the bins of `devices`."""
    return re.fullmatch(rf"{BIN_PREFIX}-[0-9a-f]+", role) is not None


def role_of_target(path: str) -> str:
    """Who signs a target of a release, a channel or a group; of a device, who says which bin it is in."""
    folder, name = path.removesuffix(".json").split("/")
    return channel_role(name) if folder == "channels" else folder


def lifetime(role: str) -> timedelta:
    """How long a version of a role's metadata holds from when it was signed."""
    return _LIFETIMES.get(role, _OTHERS)


def renew_before(role: str) -> timedelta:
    """With less of its life left it is signed anew: half, so that a timer may fail a few times; a month at most."""
    return min(lifetime(role) / 2, _LEAST_LEFT)
