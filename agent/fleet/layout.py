"""Where things are in a fleet's repository, and what its roles are called: one place for who signs and who reads. Pure.

`metadata/`, `targets/` and `blobs/` are static files beside each other. The top-level role `targets` delegates, each
with `terminating`:

- `releases`: the targets `releases/*`.
- `channel-<channel>`, one for each channel: the one target `channels/<channel>.json`.
- `groups`: the targets `groups/*`. Only where a group has a document.
- `devices`: the targets `devices/*`. Only where a device has a document: it has no targets of its own, and delegates
  them to succinct hashed bins, which are called `device-<hexadecimal number>`.

Snapshots are consistent, so metadata is at `metadata/<version>.<role>.json` and a target at
`targets/<folder>/<sha256>.<name>.json`; SHA-256 is the only hash. `timestamp.json` names the snapshot's version alone,
and the snapshot the others' alone: their signatures say the rest.
"""

import math

from agent.fleet.values import Digest, ReleaseName

METADATA = "metadata"
TARGETS = "targets"
BLOBS = "blobs"

RELEASES_ROLE = "releases"
GROUPS_ROLE = "groups"
DEVICES_ROLE = "devices"
BIN_PREFIX = "device"
"""Of the succinct bins that `devices` delegates to."""

RELEASES_PATHS = "releases/*"
GROUPS_PATHS = "groups/*"
DEVICES_PATHS = "devices/*"

_ENTRY_IN_BIN = 127.0
"""Bytes that a device's target takes in its bin (its path, length and SHA-256): `tests.bench.fleet_metadata`."""
_ENTRY_IN_SNAPSHOT = 32.0
"""Bytes that a bin takes in the snapshot: its name and its version."""
_MOST_BITS = 14


def release_target(name: ReleaseName) -> str:
    """The target that is a release's manifest."""
    return f"releases/{name}.json"


def channel_target(channel: str) -> str:
    """The target that says what a channel's devices should run."""
    return f"channels/{channel}.json"


def group_target(group: str) -> str:
    """The target that says what a group's devices should run."""
    return f"groups/{group}.json"


def device_target(device: str) -> str:
    """The target that says what one device should run."""
    return f"devices/{device}.json"


def channel_role(channel: str) -> str:
    """The role that signs a channel's target."""
    return f"channel-{channel}"


def blob_path(digest: Digest) -> str:
    """Where a content is, below the repository's address."""
    return f"{BLOBS}/{digest[:2]}/{digest}"


def bin_bits(devices: int) -> int:
    """How many bits of a path's hash choose the bin, for so many devices with documents of their own.

    A device reads the whole snapshot, in which each bin is an entry, and the whole of one bin. Both together are the
    least where they are equally large.
    """
    bins = math.sqrt(max(1, devices) * _ENTRY_IN_BIN / _ENTRY_IN_SNAPSHOT)
    return min(_MOST_BITS, max(1, round(math.log2(bins))))
