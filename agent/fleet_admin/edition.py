"""The next state of a repository: what is to change, signed and written in an order that no device can trip over.

Contents come before what names them: targets, the roles that name those, the snapshot, and last the timestamp, which
alone makes a device see any of it. Where a new root takes keys of the other top roles away, these are signed by the old
and the new ones, and the root is written last; so what a device reads amid it suits the root that it has.
"""

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tuf.api.metadata import Key, Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from agent.fleet.layout import DEVICES_ROLE
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.repository import Repository
from agent.fleet_admin.roles import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    channel_of,
    is_bin,
    lifetime,
    role_of_target,
)
from agent.fleet_admin.signing import Authority, demand, is_signed, sign

_HASH = ["sha256"]
_MOST_AHEAD: Final = timedelta(days=365)
"""So much later than this one's the end before it may be: a clock that was further off is not followed."""


@dataclass(frozen=True, slots=True)
class Present:
    """The state of a repository that the next one follows.

    Attributes:
        root: Its root.
        meta: The version of every role below it, as the snapshot names it.
        snapshot: The snapshot's version.
        timestamp: The timestamp's version.
        ends: When that expires; the next one does not sooner: devices hold their clocks to it (ADR 41).
    """

    root: Metadata[Root]
    meta: dict[str, MetaFile]
    snapshot: int
    timestamp: int
    ends: datetime


def present(repository: Repository) -> Present:
    """What there is now. Raises `FleetError`."""
    root = repository.root()
    snapshot, timestamp = repository.snapshot().signed, repository.timestamp().signed
    return Present(root, snapshot.meta, snapshot.version, timestamp.version, timestamp.expires)


class Edition:
    """The next state of a repository.

    Args:
        repository: Which.
        keys: What signs.
        now: When it is signed.
        before: What it follows. None: what there is.
        may_end_sooner: Whether the timestamp may, where the one before was signed by a clock that was years ahead.
    """

    def __init__(
        self,
        repository: Repository,
        keys: KeyFolder,
        now: datetime,
        before: Present | None = None,
        *,
        may_end_sooner: bool = False,
    ) -> None:
        self._repository = repository
        self._keys = keys
        self._now = now
        self._before = before or present(repository)
        self._may_end_sooner = may_end_sooner
        self._root: Metadata[Root] | None = None
        self._roles: dict[str, Metadata[Targets]] = {}
        self._changed: set[str] = set()
        self._contents: list[tuple[TargetFile, bytes]] = []

    def new_key(self, role: str, taken: Collection[str] = ()) -> Key:
        """A new key for a role, encrypted with what opens the key that signs everything. Raises `FleetError`.

        A passphrase that was mistyped would else be the new key's, and nobody would know it.
        """
        root = self._before.root.signed
        for keyid in root.get_delegated_role(TIMESTAMP).keyids:
            self._keys.signer(root.get_key(keyid))
        return self._keys.make(role, taken)

    def root(self) -> Root:
        """The root, to be changed."""
        if self._root is None:
            self._root = deepcopy(self._before.root)
        return self._root.signed

    def targets(self, role: str) -> Targets:
        """A role below the root, to be changed. Raises `FleetError`: there is none."""
        self._changed.add(role)
        return self._role(role).signed

    def add(self, role: str) -> Targets:
        """A role that is new."""
        self._roles[role] = Metadata(Targets())
        return self.targets(role)

    def has(self, role: str) -> bool:
        """Whether there is a role below the root of that name."""
        return role in self._roles or f"{role}.json" in self._before.meta

    def roles(self) -> list[str]:
        """All below the root."""
        return sorted({name.removesuffix(".json") for name in self._before.meta} | set(self._roles))

    def read(self, path: str) -> bytes | None:
        """A target, as it is now; None: there is none. Raises `FleetError`."""
        target = self._role(self._signer_of(path)).signed.targets.get(path)
        return None if target is None else self._repository.target(target)

    def put(self, path: str, content: bytes) -> None:
        """Have a target, or another content of it. Raises `FleetError`: nobody signs such a one."""
        target = TargetFile.from_data(path, content, _HASH)
        self.targets(self._signer_of(path)).targets[path] = target
        self._contents.append((target, content))

    def remove(self, path: str) -> None:
        """Have a target no more; its content stays as a file. Raises `FleetError`: nobody signs such a one."""
        del self.targets(self._signer_of(path)).targets[path]

    def publish(self) -> None:
        """Sign all of it, and write it. Raises `FleetError`; what devices see is then as before."""
        snapshot, timestamp = self._signed_roles(), self._signed_timestamp()
        root_first = self._sign_root(snapshot, timestamp)
        for target, content in self._contents:
            self._repository.write_target(target, content)
        if root_first and self._root is not None:
            self._repository.write(ROOT, self._root)
        for role in self._in_order():
            self._repository.write(role, self._roles[role])
        self._repository.write(SNAPSHOT, snapshot)
        self._repository.write(TIMESTAMP, timestamp)
        if not root_first and self._root is not None:
            self._repository.write(ROOT, self._root)

    def _role(self, role: str) -> Metadata[Targets]:
        if role not in self._roles:
            meta = self._before.meta.get(f"{role}.json")
            if meta is None:
                channel = channel_of(role)
                what = f"role {role}" if channel is None else f"channel {channel}"
                raise FleetError(f"there is no {what} in this fleet: jetson-agent fleet add-channel adds a channel")
            self._roles[role] = self._repository.role(role, meta.version)
        return self._roles[role]

    def _signer_of(self, path: str) -> str:
        role = role_of_target(path)
        if role != DEVICES_ROLE:
            return role
        delegations = self._role(role).signed.delegations
        if delegations is None or delegations.succinct_roles is None:
            raise FleetError(f"the role {role} has no bins")
        return delegations.succinct_roles.get_role_for_target(path)

    def _in_order(self) -> Iterator[str]:
        """What names others comes after them."""
        yield from sorted(self._changed, key=lambda role: (role == TARGETS, role == DEVICES_ROLE, role))

    def _authority(self, role: str) -> Authority:
        if role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP):
            return (self._root or self._before.root).signed
        return self._role(DEVICES_ROLE if is_bin(role) else TARGETS).signed

    def _next(self, metadata: Metadata[Any], role: str, version: int) -> None:
        """Give it its version and its time, and have it signed."""
        metadata.signed.version = version
        ends = self._now + lifetime(role)
        metadata.signed.expires = self._timestamp_end(ends) if role == TIMESTAMP else ends
        authorities: tuple[Authority, ...] = (self._authority(role),)
        if role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP) and self._root is not None:
            authorities = (*authorities, self._before.root.signed)
        sign(metadata, role, authorities, self._keys)
        demand(metadata, role, authorities[0])

    def _timestamp_end(self, usual: datetime) -> datetime:
        """Not sooner than the one before."""
        before = self._before.ends
        if before - usual <= _MOST_AHEAD:
            return max(usual, before)
        if not self._may_end_sooner:
            raise FleetError(
                f"the timestamp holds until {before:%Y-%m-%d}: this machine's clock, which says {self._now:%Y-%m-%d}, "
                "is wrong, or was years ahead when it was signed. If it is right now: jetson-agent fleet refresh "
                "--end-sooner signs one that ends when it should"
            )
        return usual

    def _signed_roles(self) -> Metadata[Snapshot]:
        meta = dict(self._before.meta)
        for role in self._in_order():
            name = f"{role}.json"
            version = meta[name].version + 1 if name in meta else 1
            self._next(self._roles[role], role, version)
            meta[name] = MetaFile(version)
        snapshot = Metadata(Snapshot(meta=meta))
        self._next(snapshot, SNAPSHOT, self._before.snapshot + 1)
        return snapshot

    def _signed_timestamp(self) -> Metadata[Timestamp]:
        timestamp = Metadata(Timestamp(snapshot_meta=MetaFile(self._before.snapshot + 1)))
        self._next(timestamp, TIMESTAMP, self._before.timestamp + 1)
        return timestamp

    def _sign_root(self, snapshot: Metadata[Snapshot], timestamp: Metadata[Timestamp]) -> bool:
        """Sign a changed root by the old and the new keys; whether it has to be written before the others.

        It has to when the others are no longer signed as the old root wants it: an old key is lost, say.
        """
        if self._root is None:
            return False
        old = self._before.root.signed
        self._next(self._root, ROOT, old.version + 1)
        demand(self._root, ROOT, old)
        others: list[tuple[str, Metadata[Any]]] = [(TIMESTAMP, timestamp), (SNAPSHOT, snapshot)]
        others += [(TARGETS, self._roles[TARGETS])] if TARGETS in self._changed else []
        return not all(is_signed(metadata, role, old) for role, metadata in others)
