"""Brings a model onto this machine: finds out which files, downloads them, verifies them, lets the model appear.

Invariant: a model's folder is there whole and verified, or not at all.
"""

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx2

from agent.models.catalog import Entry
from agent.models.digest import git_blob, sha256
from agent.models.hub import hub_listing, is_of, pinned_listing
from agent.models.listing import Listing, Wanted
from agent.models.manifest import HubSource, Manifest, ModelFile, ShippedSource, UpstreamSource
from agent.models.manifest_file import write_manifest
from agent.models.mirror import mirror_listing, mirror_manifest
from agent.models.progress import Progress
from agent.models.pull_error import GoneError, PullError
from agent.models.remove import sweep
from agent.models.transfer import Transfer
from agent.models.verify import verify
from agent.models.work_folder import WorkFolder, hold
from agent.units import Bytes

_MARGIN = 1 << 20
"""Bytes for folders and for what is written beside the files."""
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class From:
    """Where to download from, as the operator says.

    Attributes:
        mirror: A web server's folder; None: where the manifest says.
        token: For the server.
        accept_new: Whether bytes are taken that no manifest here vouches for.
    """

    mirror: str | None = None
    token: str | None = None
    accept_new: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is there.

    Attributes:
        was_there: Whether nothing had to be done.
        pinned: The manifest that was written, since none vouched for the bytes before.
    """

    manifest: Manifest
    folder: Path
    was_there: bool
    pinned: Path | None


class Puller:
    """Downloads models.

    Args:
        own: The folder of the operator's models.
        client: For manifests of mirrors.
        transfer: For files.
        progress: Who is told.
    """

    def __init__(self, own: Path, client: httpx2.Client, transfer: Transfer, progress: Progress) -> None:
        self._own = own
        self._client = client
        self._transfer = transfer
        self._progress = progress

    def pull(self, name: str, entry: Entry | None, source: From) -> Pulled:
        """Download a model, or what is missing of it.

        Raises:
            PullError: It is not there now; the message says what to do.
            ConfigError: A mirror's manifest cannot be used.
            StopError: It is there, and cannot be read.
        """
        manifest = None if entry is None else entry.manifest
        _refuse_what_cannot_be_pulled(name, manifest, source)
        if entry is not None and entry.folder is not None:
            return _already(entry, entry.folder)
        _refuse_what_is_in_the_way(self._own / name)
        with hold(self._own, name) as work:
            sweep(self._own)
            try:
                return self._pull(name, manifest, source, work)
            except OSError as error:
                if error.errno not in _DISK_FULL:
                    raise PullError(f"{error.filename or self._own}: {error.strerror}") from error
                raise PullError(
                    f"{self._own}: the disk is full. What has come is kept: make room, and run the same command again"
                ) from error

    def _pull(self, name: str, manifest: Manifest | None, source: From, work: WorkFolder) -> Pulled:
        is_new = manifest is None or not manifest.is_pinned
        kept = work.kept
        manifest, listing = self._listing(name, manifest, source, kept)
        try:
            self._download(listing, work)
        except GoneError:
            if listing is not kept:
                raise
            self._progress.say("the hub has the commit no longer with which this began: what it has now, then")
            manifest, listing = self._listing(name, manifest, source, None)
            self._download(listing, work)
        pinned = None
        if is_new:
            manifest = manifest if manifest.is_pinned else _pinned(manifest, listing, work)
            # Before the model is: a power cut must not leave a model whose bytes nothing vouches for.
            pinned = write_manifest(manifest, self._own)
        work.finish(self._own / name)
        return Pulled(manifest, self._own / name, was_there=False, pinned=pinned)

    def _download(self, listing: Listing, work: WorkFolder) -> None:
        work.keep(listing)
        have = work.have(listing)
        self._check_space(listing, have)
        self._progress.begin(listing.size, have)
        for wanted in listing.files:
            if not work.is_done(wanted):
                self._fetch(wanted, work)

    def _listing(
        self, name: str, manifest: Manifest | None, source: From, kept: Listing | None
    ) -> tuple[Manifest, Listing]:
        """What to download, and the manifest to which it belongs."""
        if source.mirror is not None:
            if manifest is None or not manifest.is_pinned:
                manifest = mirror_manifest(self._client, source.mirror, name)
            return manifest, mirror_listing(source.mirror, manifest)
        if manifest is None:
            raise PullError(f"nothing is known of {name}: see jetson-agent models list; or name a --mirror that has it")
        if not isinstance(manifest.source, HubSource):
            raise PullError(f"{name} is at no hub: name a --mirror that has it")
        if manifest.is_pinned:
            return manifest, pinned_listing(manifest.source, manifest.files)
        if kept is not None and is_of(kept, manifest.source):
            return manifest, kept  # the commit with which it began, whatever the branch is now
        return manifest, hub_listing(manifest.source, source.token)

    def _check_space(self, listing: Listing, have: Bytes) -> None:
        needed, free = listing.size - have + _MARGIN, shutil.disk_usage(self._own).free
        if needed > free:
            raise PullError(
                f"{self._own} has {free:,} bytes free, and {needed:,} more are needed. Make room, or set models_dir to "
                "a larger disk; jetson-agent models list shows what is there"
            )

    def _fetch(self, wanted: Wanted, work: WorkFolder) -> None:
        part = work.part(wanted)
        self._transfer.fetch(wanted, part)
        if not _is_right(wanted, part):
            self._progress.say(f"{wanted.path}: its digest is wrong, so it was damaged on its way; once more")
            self._drop(wanted, part)
            self._transfer.fetch(wanted, part)
            if not _is_right(wanted, part):
                self._drop(wanted, part)
                raise PullError(
                    f"{wanted.url}: twice, its digest was not the one that it should be. What was sent is thrown away: "
                    "it is another file, or something on the way changes it. Try another network, or a --mirror"
                )
        work.done(wanted)

    def _drop(self, wanted: Wanted, part: Path) -> None:
        part.unlink()
        self._progress.advance(-wanted.size)


def _refuse_what_cannot_be_pulled(name: str, manifest: Manifest | None, source: From) -> None:
    kind = None if manifest is None else manifest.source
    if isinstance(kind, ShippedSource):
        raise PullError(f"{name} comes with the agent: there is nothing to download")
    if isinstance(kind, UpstreamSource):
        raise PullError(f"{name} is too large for a device: a server runs it, and there is nothing to download")
    if (
        (isinstance(kind, HubSource) or source.mirror)
        and not (manifest and manifest.is_pinned)
        and not source.accept_new
    ):
        raise PullError(
            f"nothing on this machine vouches for the bytes of {name}: no manifest here has their digests. With "
            "--accept-new they are taken as they come now, and their digests are written down, so that every "
            "later download, here or where you copy that file to, must be the same"
        )


def _already(entry: Entry, folder: Path) -> Pulled:
    if entry.manifest is None or not entry.manifest.is_pinned:
        raise PullError(
            f"{folder} is there already, and nothing says what should be in it; jetson-agent models remove it"
        )
    for checked in verify(entry.manifest, folder):
        if checked.wrong is not None:
            raise PullError(
                f"{folder} is there, but {checked.path} {checked.wrong}. To get it anew: jetson-agent models remove "
                f"{entry.name}, then this again"
            )
    return Pulled(entry.manifest, folder, was_there=True, pinned=None)


def _refuse_what_is_in_the_way(target: Path) -> None:
    """The model could not take its place, which would show when all of it had come."""
    if not os.path.lexists(target) or (target.is_dir() and not target.is_symlink() and not any(target.iterdir())):
        return
    raise PullError(f"{target} is there already and is no model: move it away or remove it, then this again")


def _is_right(wanted: Wanted, part: Path) -> bool:
    if wanted.sha256 is not None:
        return sha256(part) == wanted.sha256
    return git_blob(part) == wanted.git_blob


def _pinned(manifest: Manifest, listing: Listing, work: WorkFolder) -> Manifest:
    """The manifest with what has come now."""
    files = tuple(
        ModelFile(path=file.path, size=file.size, sha256=file.sha256 or sha256(work.file(file)))
        for file in listing.files
    )
    source = manifest.source.model_copy(update={"revision": listing.revision})
    return manifest.model_copy(update={"source": source, "files": files})
