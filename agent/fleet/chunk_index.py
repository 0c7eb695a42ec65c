"""The list of a content's chunks, as casync writes it for a single file (`.caibx`). Pure.

Little-endian numbers of eight bytes: a head (its size 48, a mark, flags, the least, the mean and the largest size of
chunks), a table (its size, unknown, and a mark; then for each chunk where it ends and its digest; then five numbers
that close it). The digests are SHA-256: the flag that says SHA-512/256 is not set. Format:
https://github.com/systemd/casync/blob/main/src/caformat.h; desync and RAUC read it too.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.fleet.ports import DistrustError
from agent.fleet.values import Distrust
from agent.units import Bytes

_HEAD = struct.Struct("<6Q2Q")
_ENTRY = struct.Struct("<Q32s")
_TAIL = struct.Struct("<5Q")
_INDEX, _TABLE, _TABLE_TAIL = 0x96824D9C7B129FF9, 0xE75B9E112F17417D, 0x4B4F050E5549ECD1
_HEAD_SIZE = 48
_UNKNOWN = 2**64 - 1
_LARGEST = Bytes(4 * 1024 * 1024)
"""Of a chunk, in an index that is accepted: one chunk is in memory."""


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """What chunks measure."""

    least: Bytes
    mean: Bytes
    most: Bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a content.

    Attributes:
        size: Its bytes.
        digest: SHA-256 of them, 32 bytes.
    """

    size: Bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class ChunkIndex:
    """Chunks one behind the other, 40 bytes each: of 2 GB 1.3 MB.

    Attributes:
        sizes: What they measure; the last may be smaller.
        table: Where each ends and its digest, encoded.
    """

    sizes: ChunkSizes
    table: bytes

    @classmethod
    def of(cls, sizes: ChunkSizes, chunks: Iterable[Chunk]) -> "ChunkIndex":
        """An index of these chunks."""
        table, end = bytearray(), 0
        for chunk in chunks:
            end += chunk.size
            table += _ENTRY.pack(end, chunk.digest)
        return cls(sizes, bytes(table))

    @classmethod
    def decoded(cls, encoded: bytes, size: Bytes) -> "ChunkIndex":
        """The index of a content of this size.

        Raises:
            DistrustError: It is none: `MALFORMED`.
        """
        table = encoded[_HEAD.size : -_TAIL.size]
        if len(encoded) < _HEAD.size + _TAIL.size or len(table) % _ENTRY.size:
            raise _malformed("it ends early")
        head_size, index, flags, *sizes, table_size, mark = _HEAD.unpack_from(encoded)
        if (head_size, index, flags, table_size, mark) != (_HEAD_SIZE, _INDEX, 0, _UNKNOWN, _TABLE):
            raise _malformed("it does not begin like a .caibx with SHA-256")
        if encoded[-_TAIL.size :] != _tail(table):
            raise _malformed("it does not end like a .caibx")
        result = cls(ChunkSizes(*map(Bytes, sizes)), table)
        most = min(result.sizes.most, _LARGEST)
        if any(not 0 < chunk.size <= most for chunk in result):
            raise _malformed(f"a chunk has no byte, or more than {most:,}")
        if result.size != size:
            raise _malformed(f"its chunks make {result.size:,} bytes, not {size:,}")
        return result

    def encoded(self) -> bytes:
        """As a `.caibx` file."""
        sizes = self.sizes
        head = (_HEAD_SIZE, _INDEX, 0, sizes.least, sizes.mean, sizes.most, _UNKNOWN, _TABLE)
        return _HEAD.pack(*head) + self.table + _tail(self.table)

    @property
    def size(self) -> Bytes:
        """Bytes of all chunks."""
        return self.begin(len(self))

    def __len__(self) -> int:
        """How many chunks."""
        return len(self.table) // _ENTRY.size

    def __iter__(self) -> Iterator[Chunk]:
        """All chunks."""
        begin = 0
        for end, digest in _ENTRY.iter_unpack(self.table):
            yield Chunk(Bytes(end - begin), digest)
            begin = end

    def __getitem__(self, number: int) -> Chunk:
        """A chunk by its number."""
        end, digest = _ENTRY.unpack_from(self.table, number * _ENTRY.size)
        return Chunk(Bytes(end - self.begin(number)), digest)

    def begin(self, number: int) -> Bytes:
        """Where a chunk begins; of the number behind the last, where the content ends."""
        return Bytes(_ENTRY.unpack_from(self.table, (number - 1) * _ENTRY.size)[0] if number else 0)


def _tail(table: bytes) -> bytes:
    """What closes the table; its size counts head and tail."""
    return _TAIL.pack(0, 0, _HEAD_SIZE, _HEAD.size - _HEAD_SIZE + len(table) + _TAIL.size, _TABLE_TAIL)


def _malformed(why: str) -> DistrustError:
    return DistrustError(Distrust.MALFORMED, f"the index of a content is none: {why}")
