"""What a device's releases and contents take on its disk, and what that lacks.

Files are counted once, however many names they have.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from agent.fleet.collecting import Content, Slot
from agent.fleet.release_paths import UnsafePathError, check_release_name
from agent.units import Bytes, UnixSeconds

_BLOCK = 512
"""Of `st_blocks`: stat(2)."""
PART = ".part"
_FREE = Bytes(4 << 30)
_FREE_SHARE = 0.1
"""Of a disk, or `_FREE` of a large one, is not for releases that are kept only for later: prompts are written, too."""


def contents_in(blobs: Path) -> tuple[Content, ...]:
    """The contents, whole ones and parts."""
    files = {name: stats for name, stats in _files(blobs) if stat.S_ISREG(stats.st_mode)}
    return tuple(
        Content(
            name,
            stats.st_ino,
            Bytes(stats.st_blocks * _BLOCK),
            UnixSeconds(stats.st_mtime),
            is_superseded=name.endswith(PART) and name.removesuffix(PART) in files,
        )
        for name, stats in sorted(files.items())
    )


def lacking(folder: Path) -> Bytes:
    """Bytes that should be free on a folder's disk and are not."""
    disk = shutil.disk_usage(folder)
    return Bytes(max(0, min(_FREE, int(_FREE_SHARE * disk.total)) - disk.free))


def slots_in(releases: Path, complete: str, contents: tuple[Content, ...]) -> tuple[Slot, ...]:
    """The releases.

    Args:
        releases: Their folder.
        complete: The file that a whole one has.
        contents: What they may have hard links to.
    """
    shared = {content.identity for content in contents}
    return tuple(_slot(folder, complete, shared) for folder in _folders(releases))


def _slot(folder: Path, complete: str, shared: set[int]) -> Slot:
    name = check_release_name(folder.name)
    inodes = {stats.st_ino: stats.st_blocks * _BLOCK for stats in _tree(folder)}
    try:
        at = UnixSeconds((folder / complete).stat().st_mtime)
    except FileNotFoundError:
        at = None
    own = sum(size for inode, size in inodes.items() if inode not in shared)
    return Slot(name, at, Bytes(own), frozenset(inodes.keys() & shared))


def _folders(releases: Path) -> Iterator[Path]:
    for name, stats in sorted(_files(releases), key=lambda it: it[0]):
        try:
            check_release_name(name)
        except UnsafePathError:
            continue
        if stat.S_ISDIR(stats.st_mode):
            yield releases / name


def _tree(folder: Path) -> Iterator[os.stat_result]:
    """Everything in a folder, no link followed."""
    for above, _, _ in os.walk(folder):
        yield from (stats for _, stats in _files(Path(above)))


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name, entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
