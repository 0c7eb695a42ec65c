"""How a release's folder is made, and removed: whole or not there, by a file that comes last and goes first."""

import ctypes
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from agent.durable_file import write_durably
from agent.fleet.environment import SCRATCH, make_environment
from agent.fleet.links import remove
from agent.fleet.ports import Blobs, StagingError
from agent.fleet.values import Blob, Digest, Release
from agent.release_folder import RELEASE_CONFIG, RELEASE_ENVIRONMENT, RELEASE_MODELS, RELEASE_RECORD

COMPLETE = ".complete"
_LOCK = "requirements.lock"
_WHEELS = "wheels"


def make_slot(slot: Path, release: Release, blobs: Blobs, *, python: Path | None) -> None:
    """Make it anew, whatever is there.

    Args:
        slot: Its folder.
        release: What is to be in it; its names have been looked at.
        blobs: Where its contents are; they get other names, and no copies.
        python: As of `make_environment`.

    Raises:
        StagingError: A content is not what the release names, or as of `make_environment`.
        NoRoomError, CommandError: As of `make_environment`.
        OSError: The disk does not take it.
    """
    remove_slot(slot)  # a half of one
    slot.mkdir(parents=True)
    for path, blob in _files_of(release):
        place = slot / path
        place.parent.mkdir(parents=True, exist_ok=True)
        _link(blobs.path(blob.digest), blob, place)
    (slot / RELEASE_RECORD).write_bytes(TypeAdapter(Release).dump_json(release, indent=2))
    make_environment(slot / RELEASE_ENVIRONMENT, slot / _WHEELS, slot / _LOCK, python=python)
    shutil.rmtree(slot / SCRATCH)
    # pip flushes nothing. One call for the file system, which has thousands of new files, and only then the mark: a
    # power cut never leaves it without them.
    _flush(slot)
    write_durably(slot / COMPLETE, mark_of(release))


def is_whole(slot: Path) -> bool:
    """Whether the launcher would start it: its `is_whole`. The interpreter is the system's, and may have gone."""
    python, program = (slot / RELEASE_ENVIRONMENT / "bin" / name for name in ("python", "jetson-agent"))
    if not all(it.is_file() and os.access(it, os.X_OK) for it in (python, program)):
        return False
    return program.stat().st_size > 0 and (slot / COMPLETE).exists()


def remove_slot(slot: Path) -> None:
    """Remove it, if it is there: first what says that it is whole, durably, then the rest."""
    if slot.is_symlink():
        slot.unlink()
    if not slot.exists():
        return
    if (slot / COMPLETE).exists():
        remove(slot / COMPLETE)
    shutil.rmtree(slot)


def mark_of(release: Release) -> bytes:
    """What tells a release's content from another's under its name: the same by whatever version of the agent."""
    lines = sorted(f"{path} {blob.digest}\n" for path, blob in _files_of(release))
    return hashlib.sha256("".join(lines).encode()).hexdigest().encode() + b"\n"


def digests_of(release: Release) -> frozenset[Digest]:
    """Of all its contents, and of their indexes."""
    blobs = [blob for _, blob in _files_of(release)]
    return frozenset(it.digest for blob in blobs for it in (blob, blob.index) if it is not None)


def _files_of(release: Release) -> Iterator[tuple[str, Blob]]:
    """All that is in a release's folder but its environment, by its path there.

    Wheels stay, too: their names in the folder are what keeps their contents for the next release, and cost nothing.
    """
    yield from ((f"{_WHEELS}/{wheel.path}", wheel.blob) for wheel in release.wheels)
    for model in release.models:
        yield from ((f"{RELEASE_MODELS}/{model.name}/{file.path}", file.blob) for file in model.files)
    yield _LOCK, release.lock
    if release.config is not None:
        yield RELEASE_CONFIG, release.config


def _link(source: Path, blob: Blob, place: Path) -> None:
    found = source.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_size != blob.size:
        raise StagingError(f"{source} is not the content of {blob.size} bytes that the release names")
    os.link(source, place, follow_symlinks=False)


def _flush(folder: Path) -> None:
    """Bring everything to the disk that the folder's file system has in memory: syncfs(2).

    Raises:
        OSError: Something could not be written.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)
