"""Looks at a repository as a device does, and at all of it: signatures, contents, what expires, what nothing needs."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import TargetFile
from tuf.ngclient import FetcherInterface, Updater

from agent.fleet.documents import decode_desired, decode_release
from agent.fleet.layout import BLOBS, METADATA, TARGETS
from agent.fleet.ports import DistrustError
from agent.fleet.values import Blob, Desired, Release
from agent.fleet_admin.edition import present
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.leftovers import leftovers
from agent.fleet_admin.place import Place
from agent.fleet_admin.refreshing import Expiry, expiries
from agent.fleet_admin.repository import Repository
from agent.models.digest import sha256
from agent.units import Bytes

_ADDRESS = "https://fleet.invalid/"
_PIECE = 65536


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        wrong: What devices would stumble over, each a sentence.
        due: What should be signed anew soon.
        expiries: Until when each role holds.
        orphans: Contents that no release names: what was copied by a command that was cut off.
        leftovers: Files that are being written, or were when a command was cut off.
        releases: How many there are.
        size: Bytes of their contents.
    """

    wrong: tuple[str, ...]
    due: tuple[Expiry, ...]
    expiries: tuple[Expiry, ...]
    orphans: tuple[Path, ...]
    leftovers: tuple[Path, ...]
    releases: int
    size: Bytes


class _Folder(FetcherInterface):
    """Gives a repository's files as its web server would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        file = self._folder / unquote(urlsplit(url).path).removeprefix("/")
        if not file.is_file():
            raise DownloadHTTPError(f"{file.relative_to(self._folder)} is not there", 404)
        return _pieces(file)


def check(place: Place, now: datetime, begin: Callable[[Bytes], None], progress: Callable[[Bytes], None]) -> Finding:
    """Examine everything.

    Args:
        place: The fleet's folder.
        now: Against which expiry is held.
        begin: Told how many bytes will be read.
        progress: Told of bytes that were read.

    Raises:
        FleetError: It is no repository.
    """
    repository = place.repository
    holds = tuple(expiries(repository))
    wrong: list[str] = []
    releases: list[Release] = []
    desired: dict[str, Desired] = {}
    for path, content in _targets(place, wrong):
        try:
            if path.startswith("releases/"):
                releases.append(decode_release(content, path))
            else:
                desired[path] = decode_desired(content, path)
        except DistrustError as error:
            wrong.append(str(error))
    names = {release.name for release in releases}
    wrong += [
        f"{path} asks for {it.release}, which is no release" for path, it in desired.items() if it.release not in names
    ]
    blobs = {blob.digest: blob for release in releases for blob in _blobs(release)}
    begin(Bytes(sum(blob.size for blob in blobs.values())))
    for blob in blobs.values():
        fault = _fault(repository, blob)
        if fault is not None:
            wrong.append(fault)
        progress(blob.size)
    left = tuple(leftovers(place.folder))
    there = {file for file in (repository.folder / BLOBS).rglob("*") if file.is_file()}.difference(left)
    return Finding(
        wrong=tuple(wrong),
        due=tuple(expiry for expiry in holds if expiry.is_due(now)),
        expiries=holds,
        orphans=tuple(sorted(file for file in there if file.name not in blobs)),
        leftovers=left,
        releases=len(releases),
        size=Bytes(sum(blob.size for blob in blobs.values())),
    )


def _targets(place: Place, wrong: list[str]) -> Iterator[tuple[str, bytes]]:
    """Every target, got and verified as a new device gets it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            client = Updater(
                folder,
                f"{_ADDRESS}{METADATA}/",
                folder,
                f"{_ADDRESS}{TARGETS}/",
                _Folder(place.repository.folder),
                bootstrap=place.root.read_bytes(),
            )
            client.refresh()
        except OSError as error:
            raise FleetError(f"{error.filename}: {error.strerror}") from error
        except (RepositoryError, DownloadError) as error:
            wrong.append(f"a new device would trust nothing of it: {error}")
            return
        for path in _paths(place.repository):
            try:
                found: TargetFile | None = client.get_targetinfo(path)
                if found is None:
                    wrong.append(f"{path} is signed by a role that may not sign it")
                    continue
                yield path, Path(client.download_target(found)).read_bytes()
            except (RepositoryError, DownloadError) as error:
                wrong.append(f"{path}: {error}")


def _paths(repository: Repository) -> Iterator[str]:
    for name, meta in sorted(present(repository).meta.items()):
        yield from sorted(repository.role(name.removesuffix(".json"), meta.version).signed.targets)


def _blobs(release: Release) -> Iterator[Blob]:
    files = [*release.wheels, *(file for model in release.models for file in model.files)]
    contents = [release.lock, *([] if release.config is None else [release.config]), *(file.blob for file in files)]
    for blob in contents:
        yield blob
        if blob.index is not None:
            yield blob.index


def _fault(repository: Repository, blob: Blob) -> str | None:
    file = repository.blob(blob.digest)
    try:
        if file.stat().st_size != blob.size or sha256(file) != blob.digest:
            return f"{file}: is damaged; publishing its release again, under the same name, mends it"
    except OSError as error:
        return f"{file}: {error.strerror}; publishing its release again, under the same name, brings it"
    return None


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            yield piece
