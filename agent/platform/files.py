"""Reads the small files of sysfs and procfs. What goes wrong becomes a reason, except where the caller wants to know.

A file is opened for each read: one that is held open says ENODEV for ever once its device has come and gone. It is
opened with O_NONBLOCK and read with `os.read`, because a power-gated sensor answers EAGAIN, which Python's own file
objects hide.
"""

import errno
import os
import re
from pathlib import Path

from agent.platform.readings import Reading, Why

_NUMBER_LIMIT = 256
_TEXT_LIMIT = 1 << 20
_NUMBER = re.compile(rb"\s*(-?\d{1,20})(?:\s+[A-Za-z]{1,3})?\s*")  # JetPack 4 says `32760 ma`
_WHY = {
    errno.ENOENT: Why.GONE,
    errno.ENODEV: Why.GONE,
    errno.ENXIO: Why.GONE,
    errno.ENOTDIR: Why.GONE,
    errno.EAGAIN: Why.GATED,
    errno.EACCES: Why.DENIED,
    errno.EPERM: Why.DENIED,
    errno.EOPNOTSUPP: Why.UNSUPPORTED,
}


def why_unreadable(error: OSError) -> Why:
    """What an error of the system means for a sensor."""
    return _WHY.get(error.errno or 0, Why.FAILED)


def read_number(path: str) -> Reading[int]:
    """A file that holds one whole number, perhaps with its unit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, _NUMBER_LIMIT)
        finally:
            os.close(descriptor)
    except OSError as error:
        return Reading(None, why_unreadable(error))
    match = _NUMBER.fullmatch(data)
    return Reading(None, Why.GARBAGE) if match is None else Reading(int(match[1]))


def read_text(path: Path | str) -> str:
    """A whole file as text, without the white space and the NUL bytes at its end.

    Raises:
        OSError: It cannot be read.
    """
    chunks = []
    left = _TEXT_LIMIT
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        while left > 0 and (chunk := os.read(descriptor, min(left, 65536))):
            chunks.append(chunk)
            left -= len(chunk)
    finally:
        os.close(descriptor)
    return b"".join(chunks).decode(errors="replace").rstrip("\0 \t\r\n")


def text_or_none(path: Path) -> str | None:
    """A whole file as text; None when it cannot be read."""
    try:
        return read_text(path)
    except OSError:
        return None


def folders(parent: Path, pattern: str) -> list[Path]:
    """What is in `parent` and matches, sorted so that 10 comes after 9; empty when `parent` cannot be read."""
    try:
        found = list(parent.glob(pattern))
    except OSError:
        return []
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]
