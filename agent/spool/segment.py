"""One file of the spool: records one behind the other, each marked when it has been sent.

A record is its state (one byte, written anew in place when it was sent), the length and the CRC-32 of what follows, and
the payload, compressed. What a death or a full disk has left half written at the end does not fit its CRC, and ends the
file.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_HEADER: Final = struct.Struct("!cII")
_WAITING: Final = b"W"
_SENT: Final = b"S"
_LEVEL: Final = 1


def record_of(payload: bytes) -> bytes:
    """A payload as a record that waits to be sent."""
    body = zlib.compress(payload, _LEVEL)
    return _HEADER.pack(_WAITING, len(body), zlib.crc32(body)) + body


class Segment:
    """A file, and where in it the records are that wait.

    Args:
        path: The file; begun when it is not there.

    Attributes:
        waiting: Offsets of the records that wait, oldest first.
        size: Bytes up to the end of the last whole record.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting: list[int] = []
        self.size = 0
        content = path.read_bytes() if path.exists() else b""
        for offset, state, body in _records(content):
            self.size = offset + _HEADER.size + len(body)
            if state == _WAITING:
                self.waiting.append(offset)

    def append(self, record: bytes) -> None:
        """Put a record behind the others, whole or not at all.

        Raises:
            OSError: There is no room.
        """
        with _opened(self.path, os.O_RDWR | os.O_CREAT) as file:
            # Also what was half written before: `size` ends with the last whole record.
            os.ftruncate(file, self.size)
            written = os.pwrite(file, record, self.size)
            if written < len(record):
                os.ftruncate(file, self.size)
                raise OSError(f"{written} of {len(record)} bytes were written")
        self.waiting.append(self.size)
        self.size += len(record)

    def read(self, offset: int) -> bytes:
        """The payload of a record.

        Raises:
            OSError: It cannot be read.
            ValueError: It is damaged.
        """
        with _opened(self.path, os.O_RDONLY) as file:
            _, length, checksum = _HEADER.unpack(_exactly(file, _HEADER.size, offset))
            body = _exactly(file, length, offset + _HEADER.size)
        if zlib.crc32(body) != checksum:
            raise ValueError(f"{self.path}: a damaged record at {offset}")
        return zlib.decompress(body)

    def mark_sent(self, offset: int) -> None:
        """A record needs not be sent any more.

        Raises:
            OSError: It cannot be written.
        """
        self.waiting.remove(offset)
        with _opened(self.path, os.O_RDWR) as file:
            os.pwrite(file, _SENT, offset)


def _records(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The whole records of a file: where, in which state, what."""
    offset = 0
    while offset + _HEADER.size <= len(content):
        state, length, checksum = _HEADER.unpack_from(content, offset)
        body = content[offset + _HEADER.size : offset + _HEADER.size + length]
        if state not in (_WAITING, _SENT) or len(body) < length or zlib.crc32(body) != checksum:
            return
        yield offset, state, body
        offset += _HEADER.size + length


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    file = os.open(path, flags, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _exactly(file: int, length: int, offset: int) -> bytes:
    data = os.pread(file, length, offset)
    if len(data) < length:
        raise ValueError(f"the file ends at {offset + len(data)}, amid a record")
    return data
