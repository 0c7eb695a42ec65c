"""Gives a role another key in place of one that is old, lost or known to others."""

from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import Key, Root, Targets

from agent.fleet.layout import DEVICES_ROLE
from agent.fleet_admin.edition import Edition
from agent.fleet_admin.errors import FleetError, KeyMissingError
from agent.fleet_admin.keys import KeyFolder, name_of
from agent.fleet_admin.place import Place
from agent.fleet_admin.roles import TARGETS, TOP, is_bin, shown


@dataclass(frozen=True, slots=True)
class Rotated:
    """Keys' names.

    Attributes:
        new: What signs from now on.
        old: What does no more.
    """

    new: str
    old: str


def rotate(place: Place, keys: KeyFolder, role: str, old: str | None, now: datetime) -> Rotated:
    """Make a new key for a role and take an old one away.

    Args:
        place: The fleet's folder.
        keys: Must have what signs: for a top role enough of root's.
        role: Which.
        old: The old key's name. None: the role has one.
        now: When.

    Raises:
        FleetError: No such role or key, or not enough keys are here.
    """
    with place.alone():
        edition = Edition(place.repository, keys, now)
        if role not in TOP and (is_bin(role) or not edition.has(role)):
            others = ", ".join(shown(name) for name in edition.roles() if not is_bin(name) and name != TARGETS)
            raise FleetError(f"there is no role {shown(role)}: it is one of {', '.join(TOP)}, {others}")
        authority: Root | Targets = edition.root() if role in TOP else edition.targets(TARGETS)
        gone = _old_key(authority, role, old)
        new = edition.new_key(role, [name_of(key) for key in _keys(authority, role)])
        authority.add_key(new, role)
        authority.revoke_key(gone.keyid, role)
        if role not in TOP or role == TARGETS:
            edition.targets(role)  # to be signed by the new one
        if role == DEVICES_ROLE:
            _rotate_bins(edition, gone, new)
        try:
            edition.publish()
        except KeyMissingError:
            keys.discard(new)
            raise
    return Rotated(name_of(new), name_of(gone))


def _old_key(authority: Root | Targets, role: str, old: str | None) -> Key:
    known = _keys(authority, role)
    chosen = known if old is None else [key for key in known if name_of(key) == old]
    if len(chosen) != 1:
        names = ", ".join(sorted(name_of(key) for key in known))
        raise FleetError(f"which key of {shown(role)} is to be replaced? --replace NAME: one of {names}")
    return chosen[0]


def _keys(authority: Root | Targets, role: str) -> list[Key]:
    return [authority.get_key(keyid) for keyid in authority.get_delegated_role(role).keyids]


def _rotate_bins(edition: Edition, gone: Key, new: Key) -> None:
    devices = edition.targets(DEVICES_ROLE)
    devices.add_key(new)
    devices.revoke_key(gone.keyid)
    for name in filter(is_bin, edition.roles()):
        edition.targets(name)
