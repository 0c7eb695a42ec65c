"""The contents of releases, by their digest: what is missing is fetched and verified.

Owns the files in `<state_dir>/fleet/blobs`. Invariant: what is called by a digest has it, whole; what is coming is
called `<digest>.part`.
"""

import errno
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.download.pace import Pace
from agent.download.part import part_size
from agent.durable_file import sync_folder
from agent.fleet.fetching import Fetching, StoppedError
from agent.fleet.ports import DistrustError, NoRoomError, UnreachableError
from agent.fleet.values import Blob, Digest, Distrust, Release
from agent.fleet.web import Web
from agent.models.digest import sha256
from agent.units import Bytes

_log = logging.getLogger(__name__)
_MARGIN = Bytes(64 * 1024 * 1024)
"""That stays free for everything else that the device writes."""
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

Make = Callable[[Blob, Path, Fetching], None]
"""Brings a part file as far as it can in a cheaper way than fetching the whole; the rest is fetched.

Raises `DistrustError` and `UnreachableError`, after which the whole is fetched; and `StoppedError`.
"""


class BlobStore:
    """Implements `ports.Blobs`, for one thread.

    Args:
        folder: For the files; made if it is not there.
        places: Addresses of the repository, the first one first.
        web: Asks them.
        rate: The most bytes a second; None: no limit.
        make: Tried before a content is fetched.
        sleep: Waits.
    """

    def __init__(  # noqa: PLR0913 - what a store needs
        self,
        folder: Path,
        places: Sequence[str],
        web: Web,
        rate: Bytes | None,
        *,
        make: Make | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._places = places
        self._web = web
        self._pace = Pace(rate)
        self._make = make
        self._sleep = sleep
        folder.mkdir(parents=True, exist_ok=True)

    def missing(self, release: Release) -> Bytes:
        """Bytes that are not here yet; those of parts are."""
        return Bytes(sum(blob.size - self._have(blob) for blob in self._lacking(release)))

    def fetch(self, release: Release, *, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]) -> None:
        """Bring what is missing here, verified. Goes on where it ended; returns early when stopped.

        Args:
            release: Whose contents.
            progress: Told of bytes that have come; less than none where some have to come again.
            is_stopped: Asked all the time.

        Raises:
            DistrustError: A content is not what is signed.
            UnreachableError: No server gives it now.
            NoRoomError: There is no room.
        """
        self._check_room(release)
        fetching = Fetching(self._places, self._web, self._pace, progress, is_stopped, sleep=self._sleep)
        try:
            for blob in self._lacking(release):
                self._bring(blob, fetching)
        except StoppedError:
            return
        except OSError as error:
            if error.errno not in _DISK_FULL:
                raise
            raise NoRoomError(f"{self._folder}: the disk is full; what has come is kept") from error

    def drop_damaged(self, release: Release) -> int:
        """Verify a release's contents that are here once more; remove the wrong ones, and return how many were.

        Raises:
            OSError: The disk does not say.
        """
        here = {blob.digest: self.path(blob.digest) for blob in _contents(release)}
        damaged = [file for digest, file in here.items() if file.exists() and not _has(file, digest)]
        for file in damaged:
            _log.warning("blob_damaged", extra={"digest": file.name})
            file.unlink()
        return len(damaged)

    def path(self, digest: Digest) -> Path:
        """Where a whole, verified content is."""
        return self._folder / digest

    def _lacking(self, release: Release) -> list[Blob]:
        distinct = {blob.digest: blob for blob in _contents(release)}
        return [blob for blob in distinct.values() if not self.path(blob.digest).exists()]

    def _part(self, blob: Blob) -> Path:
        return self._folder / f"{blob.digest}.part"

    def _have(self, blob: Blob) -> Bytes:
        return min(blob.size, part_size(self._part(blob)))

    def _check_room(self, release: Release) -> None:
        missing, free = self.missing(release), shutil.disk_usage(self._folder).free
        if missing and missing + _MARGIN > free:
            raise NoRoomError(
                f"{self._folder} has {free:,} bytes free: {release.name} needs {missing:,}, and {_MARGIN:,} stay free"
            )

    def _bring(self, blob: Blob, fetching: Fetching) -> None:
        part = self._part(blob)
        self._try_to_make(blob, part, fetching)
        for times in range(len(self._places) + 1):
            fetching.whole(blob, part, from_one=times > 0)
            if sha256(part) == blob.digest:
                self._keep(part, self.path(blob.digest))
                return
            # Perhaps of a part that an earlier download left: nobody knows which place lied. From now on one sends all.
            part.unlink()
            fetching.begin_anew(blob.size)
            fetching.turn_away()
        raise DistrustError(Distrust.WRONG_CONTENT, f"{blob.digest}: from no place it had the digest that is signed")

    def _try_to_make(self, blob: Blob, part: Path, fetching: Fetching) -> None:
        if self._make is None:
            return
        try:
            self._make(blob, part, fetching)
        except (DistrustError, UnreachableError) as error:
            _log.info("blob_not_made", extra={"digest": blob.digest, "reason": str(error)})

    def _keep(self, part: Path, file: Path) -> None:
        with part.open("rb") as content:
            os.fsync(content.fileno())
        part.rename(file)
        sync_folder(self._folder)


def _contents(release: Release) -> list[Blob]:
    files = (*release.wheels, *(file for model in release.models for file in model.files))
    return [release.lock, *([] if release.config is None else [release.config]), *(file.blob for file in files)]


def _has(file: Path, digest: Digest) -> bool:
    """Whether a file has the content; not where the disk has lost some of it."""
    try:
        return sha256(file) == digest
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return False
