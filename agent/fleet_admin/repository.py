"""The static files of a fleet's repository. Owns the folder that a web server gives to devices.

Only `timestamp.json` is ever replaced by another content: all other files are named by their version or their digest.
What `timestamp.json` leads to is what there is; a file that it does not lead to is left from a command that was cut
off, and may be overwritten.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from agent.durable_file import write_durably
from agent.fleet.layout import BLOBS, METADATA, TARGETS, blob_path
from agent.fleet.values import Digest
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.roles import ROOT, SNAPSHOT, TIMESTAMP

_FOR_ALL = 0o644
_T = TypeVar("_T", Root, Snapshot, Targets, Timestamp)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository's folder: `metadata/`, `targets/` and `blobs/`."""

    folder: Path

    def make_folders(self) -> None:
        """Make them."""
        for name in (METADATA, TARGETS, BLOBS):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def root(self) -> Metadata[Root]:
        """The newest root. Raises `FleetError`."""
        versions = (int(file.name.split(".")[0]) for file in self._metadata.glob(f"[0-9]*.{ROOT}.json"))
        newest = max(versions, default=None)
        if newest is None:
            raise FleetError(f"{self.folder} is no fleet's repository: jetson-agent fleet init makes one")
        return self.old_root(newest)

    def old_root(self, version: int) -> Metadata[Root]:
        """A certain root. Raises `FleetError`."""
        return _read(self._metadata / f"{version}.{ROOT}.json", Root)

    def timestamp(self) -> Metadata[Timestamp]:
        """The timestamp. Raises `FleetError`."""
        return _read(self._metadata / f"{TIMESTAMP}.json", Timestamp)

    def snapshot(self) -> Metadata[Snapshot]:
        """The snapshot that the timestamp names. Raises `FleetError`."""
        return _read(
            self._metadata / f"{self.timestamp().signed.snapshot_meta.version}.{SNAPSHOT}.json",
            Snapshot,
        )

    def role(self, role: str, version: int) -> Metadata[Targets]:
        """A version of `targets`, or of a role below it. Raises `FleetError`."""
        return _read(self._metadata / f"{version}.{role}.json", Targets)

    def target(self, target: TargetFile) -> bytes:
        """A target's content. Raises `FleetError`."""
        file = self.folder / TARGETS / _hashed(target)
        try:
            return file.read_bytes()
        except OSError as error:
            raise FleetError(f"{file}: cannot be read: {error.strerror}") from error

    def blob(self, digest: Digest) -> Path:
        """Where a content is, or would be."""
        return self.folder / blob_path(digest)

    def write(self, role: str, metadata: Metadata[Any]) -> None:
        """Write a role's metadata, as the version that it says. Raises `FleetError`."""
        name = f"{role}.json" if role == TIMESTAMP else f"{metadata.signed.version}.{role}.json"
        self._write(self._metadata / name, metadata.to_bytes())

    def write_target(self, target: TargetFile, content: bytes) -> None:
        """Write a target's content. Raises `FleetError`."""
        self._write(self.folder / TARGETS / _hashed(target), content)

    @property
    def _metadata(self) -> Path:
        return self.folder / METADATA

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(file, content, mode=_FOR_ALL)
        except OSError as error:
            raise FleetError(f"{file}: cannot be written: {error.strerror}") from error


def _hashed(target: TargetFile) -> str:
    """Where a target is below `targets/`: its digest stands before its name."""
    folder, _, name = target.path.rpartition("/")
    return f"{folder}/{target.hashes['sha256']}.{name}"


def _read(file: Path, kind: type[_T]) -> Metadata[_T]:
    try:
        metadata: Metadata[_T] = Metadata.from_bytes(file.read_bytes())
    except OSError as error:
        raise FleetError(f"{file}: cannot be read: {error.strerror}") from error
    except DeserializationError as error:
        raise FleetError(f"{file}: is damaged: {error}") from error
    if not isinstance(metadata.signed, kind):
        raise FleetError(f"{file}: is {metadata.signed.type} metadata, and should be {kind.type}")
    return metadata
