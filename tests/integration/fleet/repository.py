"""A fleet's repository, signed in the test as an operator's tool does: every role, every key, every version at hand."""

import hashlib
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from agent.fleet import layout
from agent.fleet.documents import encode_desired, encode_release
from agent.fleet.values import Desired, Release

COMPACT = JSONSerializer(compact=True)
TOP = ("root", "timestamp", "snapshot", "targets")


def now() -> datetime:
    """By this machine's clock, to the second: metadata has no parts of one."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Repository:
    """Signs, and gives files.

    Attributes:
        channels: Each has a role.
        bits: Of the bins for devices; None: no device has a document.
        begun: When it was signed; what expires does so from then.
        files: What a web server has, by path.
        signers: By role; a bin's are those of its prefix.
        documents: What is signed now, by role.
        lasts: How long a role's metadata is valid.
    """

    channels: tuple[str, ...] = ("stable", "beta")
    bits: int | None = 2
    begun: datetime = field(default_factory=now)
    files: dict[str, bytes] = field(default_factory=dict)
    signers: dict[str, list[CryptoSigner]] = field(default_factory=dict)
    documents: dict[str, Metadata[Any]] = field(default_factory=dict)
    lasts: dict[str, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the keys, and sign a repository without a release."""
        roles = [layout.RELEASES_ROLE, layout.GROUPS_ROLE, *map(layout.channel_role, self.channels)]
        devices = [] if self.bits is None else [layout.DEVICES_ROLE]
        for role in (*TOP, *roles, *devices, layout.BIN_PREFIX):
            self.signers[role] = [CryptoSigner.generate_ed25519()]
            self.lasts[role] = {"root": timedelta(days=365), "timestamp": timedelta(days=7)}.get(
                role, timedelta(days=90)
            )
        root = Root(expires=self.begun)
        for role in TOP:
            for signer in self.signers[role]:
                root.add_key(signer.public_key, role)
        self.documents = {
            "root": Metadata(root),
            "timestamp": Metadata(Timestamp(expires=self.begun)),
            "snapshot": Metadata(Snapshot(expires=self.begun)),
        }
        delegated = {role: self._delegated(role) for role in (*roles, *devices)}
        keys: dict[str, Key] = {
            signer.public_key.keyid: signer.public_key for role in delegated for signer in self.signers[role]
        }
        self._add("targets", Delegations(keys, roles=delegated))
        for role in roles:
            self._add(role)
        if self.bits is not None:
            self._add_bins(self.bits)
        for role in ("root", "timestamp", "snapshot"):
            self.documents[role].signed.version = 0
        self.publish_root()
        self.publish()

    def root_bytes(self) -> bytes:
        """The root of trust as it is now."""
        return self.documents["root"].to_bytes(COMPACT)

    def sign(self, role: str, *, version: int | None = None) -> bytes:
        """Sign a role's document anew, and put it where its version is."""
        document = self.documents[role]
        signed = document.signed
        signed.version = signed.version + 1 if version is None else version
        signed.expires = self.begun + self.lasts[self._kin(role)]
        document.signatures.clear()
        for signer in self.signers[self._kin(role)]:
            document.sign(signer, append=True)
        content = document.to_bytes(COMPACT)
        name = "timestamp.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        self.files[f"{layout.METADATA}/{name}"] = content
        return content

    def publish(self, roles: Iterable[str] = ()) -> None:
        """Sign the roles that have changed, and a snapshot and a timestamp of them."""
        snapshot: Snapshot = self.documents["snapshot"].signed
        for role in roles:
            self.sign(role)
            snapshot.meta[f"{role}.json"] = MetaFile(self.documents[role].signed.version)
        self.sign("snapshot")
        self.documents["timestamp"].signed.snapshot_meta = MetaFile(snapshot.version)
        self.sign("timestamp")

    def publish_root(self, *before: CryptoSigner) -> None:
        """Sign the next root, with the keys of the one before it too."""
        self.sign("root")
        document = self.documents["root"]
        for signer in before:
            document.sign(signer, append=True)
        self.files[f"{layout.METADATA}/{document.signed.version}.root.json"] = document.to_bytes(COMPACT)

    def rotate(self, role: str, fresh: CryptoSigner | None = None) -> CryptoSigner:
        """Give a top-level role another key, by the next root; returns the old one."""
        old = self.signers[role][0]
        new = fresh or CryptoSigner.generate_ed25519()
        root: Root = self.documents["root"].signed
        root.revoke_key(old.public_key.keyid, role)
        root.add_key(new.public_key, role)
        self.signers[role] = [new]
        self.publish_root(*([old] if role == "root" else []))
        return old

    def desire(self, target: str, desired: Desired | bytes) -> None:
        """Say what a channel, a group or a device should run."""
        content = desired if isinstance(desired, bytes) else encode_desired(desired)
        self.publish([self.add_target(target, content)])

    def release(self, release: Release) -> None:
        """Publish a release's manifest."""
        self.publish([self.add_target(layout.release_target(release.name), encode_release(release))])

    def add_target(self, target: str, content: bytes) -> str:
        """Put a target's file, and let its role name it; returns that role, which is to be published."""
        role = self.role_of(target)
        file = TargetFile.from_data(target, content, ["sha256"])
        self.documents[role].signed.targets[target] = file
        self.files[self.target_path(target)] = content
        return role

    def target_path(self, target: str) -> str:
        """Where a target's file is."""
        file = self.documents[self.role_of(target)].signed.targets[target]
        return f"{layout.TARGETS}/{file.get_prefixed_paths()[0]}"

    def role_of(self, target: str) -> str:
        """Who signs a target."""
        kind, _, name = target.partition("/")
        match kind:
            case "channels":
                return layout.channel_role(name.removesuffix(".json"))
            case "devices":
                bins: SuccinctRoles = self.documents[layout.DEVICES_ROLE].signed.delegations.succinct_roles
                return bins.get_role_for_target(target)
            case _:
                return kind

    def put_blob(self, content: bytes) -> str:
        """Put a content; returns its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"{layout.BLOBS}/{digest[:2]}/{digest}"] = content
        return digest

    def copy(self) -> "Repository":
        """As it is now, to go on with in another direction."""
        other = object.__new__(Repository)
        other.__dict__ = {
            name: dict(value) if name in {"files", "signers", "lasts"} else deepcopy(value)
            for name, value in self.__dict__.items()
            if name != "signers"
        }
        other.signers = {role: list(signers) for role, signers in self.signers.items()}
        return other

    def _kin(self, role: str) -> str:
        return layout.BIN_PREFIX if role.startswith(f"{layout.BIN_PREFIX}-") else role

    def _delegated(self, role: str) -> DelegatedRole:
        paths = {
            layout.RELEASES_ROLE: layout.RELEASES_PATHS,
            layout.GROUPS_ROLE: layout.GROUPS_PATHS,
            layout.DEVICES_ROLE: layout.DEVICES_PATHS,
        }
        path = paths.get(role) or layout.channel_target(role.removeprefix("channel-"))
        keyids = [signer.public_key.keyid for signer in self.signers[role]]
        return DelegatedRole(role, keyids, 1, terminating=True, paths=[path])

    def _add(self, role: str, delegations: Delegations | None = None) -> None:
        self.documents[role] = Metadata(Targets(expires=self.begun, delegations=delegations))
        self.documents[role].signed.version = 0
        self.sign(role)
        self.documents["snapshot"].signed.meta[f"{role}.json"] = MetaFile(1)

    def _add_bins(self, bits: int) -> None:
        key: Key = self.signers[layout.BIN_PREFIX][0].public_key
        bins = SuccinctRoles([key.keyid], 1, bits, layout.BIN_PREFIX)
        self._add(layout.DEVICES_ROLE, Delegations({key.keyid: key}, succinct_roles=bins))
        for role in bins.get_roles():
            self._add(role)
