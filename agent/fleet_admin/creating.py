"""Makes a fleet's repository and its keys, and adds channels to it."""

from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import DelegatedRole, Delegations, Key, Metadata, Role, Root, SuccinctRoles, Targets

from agent.durable_file import write_durably
from agent.fleet.layout import (
    BIN_PREFIX,
    DEVICES_PATHS,
    DEVICES_ROLE,
    GROUPS_PATHS,
    GROUPS_ROLE,
    RELEASES_PATHS,
    RELEASES_ROLE,
    bin_bits,
    channel_role,
    channel_target,
)
from agent.fleet_admin.edition import Edition, Present
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, lifetime
from agent.fleet_admin.signing import demand, sign

_READABLE = 0o644


@dataclass(frozen=True, slots=True)
class NewFleet:
    """What a fleet is begun with.

    Attributes:
        channels: Their names.
        root_keys: How many keys root has.
        root_threshold: How many of them have to sign.
        single_devices: How many devices may get a document of their own, about.
    """

    channels: tuple[str, ...]
    root_keys: int
    root_threshold: int
    single_devices: int


def create(place: Place, keys: KeyFolder, new: NewFleet, now: datetime) -> None:
    """Make keys and repository.

    Raises:
        FleetError: There is one already, or it cannot be written.
    """
    if place.root.exists():
        raise FleetError(f"{place.folder} has a fleet already; devices trust its {place.root.name}")
    if not 1 <= new.root_threshold <= new.root_keys:
        raise FleetError(f"{new.root_threshold} of {new.root_keys} keys cannot sign: at least 1, at most all")
    root = _first_root(keys, new, now)
    repository = place.repository
    repository.make_folders()
    edition = Edition(repository, keys, now, Present(root, {}, 0, 0, now))
    edition.add(TARGETS).delegations = Delegations({}, {})
    _delegate(edition, RELEASES_ROLE, [RELEASES_PATHS], keys.make(RELEASES_ROLE))
    _delegate(edition, GROUPS_ROLE, [GROUPS_PATHS], keys.make(GROUPS_ROLE))
    _add_devices(edition, keys.make(DEVICES_ROLE), bin_bits(new.single_devices))
    for channel in new.channels:
        _delegate(edition, channel_role(channel), [channel_target(channel)], keys.make(channel_role(channel)))
    repository.write(ROOT, root)
    edition.publish()
    try:
        write_durably(place.root, root.to_bytes(), mode=_READABLE)
    except OSError as error:
        raise FleetError(f"{place.root}: cannot be written: {error.strerror}") from error


def add_channel(place: Place, keys: KeyFolder, channel: str, now: datetime) -> None:
    """Add a channel, with a key of its own. Raises `FleetError`."""
    with place.alone():
        edition = Edition(place.repository, keys, now)
        if edition.has(channel_role(channel)):
            raise FleetError(f"there is a channel {channel} already")
        _delegate(edition, channel_role(channel), [channel_target(channel)], edition.new_key(channel_role(channel)))
        edition.publish()


def _first_root(keys: KeyFolder, new: NewFleet, now: datetime) -> Metadata[Root]:
    root = Root(expires=now + lifetime(ROOT), consistent_snapshot=True)
    root.roles[ROOT] = Role([], new.root_threshold)
    for _ in range(new.root_keys):
        root.add_key(keys.make(ROOT), ROOT)
    for role in (TARGETS, SNAPSHOT, TIMESTAMP):
        root.add_key(keys.make(role), role)
    metadata = Metadata(root)
    sign(metadata, ROOT, (root,), keys)
    demand(metadata, ROOT, root)
    return metadata


def _delegate(edition: Edition, role: str, paths: list[str], key: Key) -> Targets:
    delegations = edition.targets(TARGETS).delegations
    if delegations is None or delegations.roles is None:
        raise FleetError("the role targets delegates to nobody: this repository was made by another program")
    delegations.roles[role] = DelegatedRole(role, [key.keyid], 1, terminating=True, paths=paths)
    delegations.keys[key.keyid] = key
    return edition.add(role)


def _add_devices(edition: Edition, key: Key, bits: int) -> None:
    bins = SuccinctRoles([key.keyid], 1, bits, BIN_PREFIX)
    devices = _delegate(edition, DEVICES_ROLE, [DEVICES_PATHS], key)
    devices.delegations = Delegations({key.keyid: key}, succinct_roles=bins)
    for name in bins.get_roles():
        edition.add(name)
