"""Makes a release of wheels, a lock file, models and a configuration: its contents, and its signed manifest."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from agent.fleet.documents import encode_release
from agent.fleet.layout import release_target
from agent.fleet.ports import DistrustError
from agent.fleet.values import (
    Blob,
    Canary,
    Digest,
    Proof,
    Release,
    ReleasedModel,
    ReleaseFile,
    ReleaseName,
    Requirements,
)
from agent.fleet_admin.edition import Edition
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.repository import Repository
from agent.fleet_admin.wheelhouse import Wheelhouse, read_wheelhouse
from agent.units import Bytes

_PIECE = 1024 * 1024
Progress = Callable[[Bytes], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a release is made of.

    Attributes:
        wheels: A folder of wheels.
        lock: pip's requirements file with hashes.
        models: Folders; the folder's name is the model's.
        config: A fragment of configuration.
        canaries: What it is asked before it is trusted.
        proof: What it has to show.
        boards: On which it can run; none: on all.
        launcher: The least version of the launcher.
    """

    wheels: Path
    lock: Path
    models: tuple[Path, ...]
    config: Path | None
    canaries: tuple[Canary, ...]
    proof: Proof
    boards: tuple[str, ...]
    launcher: int


@dataclass(frozen=True, slots=True)
class Published:
    """What was published.

    Attributes:
        release: Its manifest.
        was_there: Whether the very same was published before.
    """

    release: Release
    was_there: bool


def size_of(parts: Parts) -> Bytes:
    """Bytes that `publish` reads. Raises `FleetError`."""
    return Bytes(sum(_size(file) for file in _files(parts)))


def publish(  # noqa: PLR0913 - place and keys, what, and how it is told
    place: Place, keys: KeyFolder, name: ReleaseName, parts: Parts, now: datetime, progress: Progress
) -> Published:
    """Copy the contents, write and sign the manifest. The same again after it was cut off.

    Raises:
        FleetError: The parts do not go together, or the name has another content already.
    """
    wheelhouse = read_wheelhouse(parts.wheels, parts.lock)
    with place.alone():
        Edition(place.repository, keys, now).has(release_target(name))  # whether there is a repository at all
    release = _release(place.repository, name, parts, wheelhouse, progress)
    try:
        manifest = encode_release(release)
    except DistrustError as error:
        raise FleetError(f"no device would take this release: {error}") from error
    with place.alone():
        edition = Edition(place.repository, keys, now)
        there = edition.read(release_target(name))
        if there is not None and there != manifest:
            raise FleetError(f"{name} is published with another content, and devices may have it: give it another name")
        if there is None:
            edition.put(release_target(name), manifest)
            edition.publish()
    return Published(release, there is not None)


def _release(
    repository: Repository, name: ReleaseName, parts: Parts, wheelhouse: Wheelhouse, progress: Progress
) -> Release:
    def stored(file: Path) -> Blob:
        return store(repository, file, progress)

    return Release(
        name=name,
        version=wheelhouse.version,
        wheels=tuple(ReleaseFile(wheel.name, stored(wheel)) for wheel in wheelhouse.wheels),
        lock=stored(parts.lock),
        models=tuple(
            ReleasedModel(
                folder.resolve().name,
                tuple(ReleaseFile(file.relative_to(folder).as_posix(), stored(file)) for file in _below(folder)),
            )
            for folder in parts.models
        ),
        config=None if parts.config is None else stored(parts.config),
        requires=Requirements(wheelhouse.architectures, parts.boards, parts.launcher),
        canaries=parts.canaries,
        proof=parts.proof,
    )


def store(repository: Repository, file: Path, progress: Progress) -> Blob:
    """Copy a content to where its digest says, unless it is there; whole, or not at all. Raises `FleetError`."""
    try:
        with file.open("rb") as source, tempfile.NamedTemporaryFile(dir=_incoming(repository), delete=False) as copy:
            try:
                digest, size = sha256(), 0
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    copy.write(piece)
                    size += len(piece)
                    progress(Bytes(len(piece)))
                os.fchmod(copy.fileno(), 0o644)
                copy.flush()
                os.fsync(copy.fileno())
                blob = Blob(Digest(digest.hexdigest()), Bytes(size))
                place = repository.blob(blob.digest)
                place.parent.mkdir(exist_ok=True)
                Path(copy.name).rename(place)
            except BaseException:
                Path(copy.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise FleetError(f"{error.filename or file}: {error.strerror}") from error
    return blob
