"""Makes a release of wheels, a lock file, models and a configuration: its contents, and its signed manifest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agent.fleet.documents import decode_release, encode_release
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
from agent.fleet_admin.contents import Progress, store, store_with_index
from agent.fleet_admin.edition import Edition
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.keys import KeyFolder
from agent.fleet_admin.place import Place
from agent.fleet_admin.wheelhouse import Wheelhouse, read_wheelhouse
from agent.models.digest import sha256
from agent.units import Bytes

_Contents = Callable[[Path], Blob]


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
    place: Place, keys: KeyFolder, name: ReleaseName, parts: Parts, *, now: datetime, progress: Progress
) -> Published:
    """Copy the contents, write and sign the manifest. The same again after it was cut off.

    Raises:
        FleetError: The parts do not go together, or the name has another content already.
    """
    wheelhouse = read_wheelhouse(parts.wheels, parts.lock)
    taken = FleetError(f"{name} is published with another content, and devices may have it: give it another name")
    # Both are better told before gigabytes are copied.
    before = Edition(place.repository, keys, now).read(release_target(name))
    if before is not None and not _is_of(before, _release(name, parts, wheelhouse, _measured, _measured)):
        raise taken

    def stored(file: Path) -> Blob:
        return store(place.repository, file, progress)

    def stored_with_index(file: Path) -> Blob:
        return store_with_index(place.repository, file, progress)

    release = _release(name, parts, wheelhouse, stored, stored_with_index)
    try:
        manifest = encode_release(release)
    except DistrustError as error:
        raise FleetError(f"no device would take this release: {error}") from error
    with place.alone():
        edition = Edition(place.repository, keys, now)
        there = edition.read(release_target(name))
        if there is not None and there != manifest:
            raise taken
        if there is None:
            edition.put(release_target(name), manifest)
            edition.publish()
    return Published(release, there is not None)


def _release(name: ReleaseName, parts: Parts, wheelhouse: Wheelhouse, plain: _Contents, of_model: _Contents) -> Release:
    """A release, whose files are handed to `plain`, and those of its models to `of_model`."""
    return Release(
        name=name,
        version=wheelhouse.version,
        wheels=tuple(ReleaseFile(wheel.name, plain(wheel)) for wheel in wheelhouse.wheels),
        lock=plain(parts.lock),
        models=tuple(
            ReleasedModel(folder.resolve().name, _files_of_model(folder, of_model)) for folder in parts.models
        ),
        config=None if parts.config is None else plain(parts.config),
        requires=Requirements(wheelhouse.architectures, parts.boards, parts.launcher, wheelhouse.journal),
        canaries=parts.canaries,
        proof=parts.proof,
    )


def _files_of_model(folder: Path, content: _Contents) -> tuple[ReleaseFile, ...]:
    return tuple(ReleaseFile(file.relative_to(folder).as_posix(), content(file)) for file in _below(folder))


def _measured(file: Path) -> Blob:
    """A file's content, which stays where it is. Raises `FleetError`."""
    try:
        return Blob(Digest(sha256(file)), Bytes(file.stat().st_size))
    except OSError as error:
        raise FleetError(f"{file}: {error.strerror}") from error


def _is_of(manifest: bytes, release: Release) -> bool:
    """Whether a manifest is that of a release, but for the lists of chunks, which the latter does not have.

    Raises:
        FleetError: The manifest is of a form that is not known here.
    """
    try:
        published = decode_release(manifest, f"release {release.name}")
    except DistrustError as error:
        raise FleetError(f"{release.name} is published, and cannot be compared: {error}") from error
    bare = tuple(
        replace(model, files=tuple(replace(file, blob=replace(file.blob, index=None)) for file in model.files))
        for model in published.models
    )
    return replace(published, models=bare) == release


def _below(folder: Path) -> list[Path]:
    """A model's files; what begins with a dot is no part of one."""
    if not folder.is_dir():
        raise FleetError(f"{folder}: is no folder of a model")
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [file for file in files if not any(part.startswith(".") for part in file.relative_to(folder).parts)]


def _files(parts: Parts) -> Iterator[Path]:
    yield from parts.wheels.glob("*.whl")
    yield parts.lock
    for folder in parts.models:
        yield from _below(folder)
    if parts.config is not None:
        yield parts.config


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise FleetError(f"{file}: {error.strerror}") from error
