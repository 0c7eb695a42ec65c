"""An index as casync writes it, and what is not taken for one."""

import struct

import pytest

from agent.fleet.chunk_index import Chunk, ChunkIndex, ChunkSizes
from agent.fleet.ports import DistrustError
from agent.fleet.values import Distrust
from agent.units import Bytes

SIZES = ChunkSizes(Bytes(1), Bytes(2), Bytes(8))
INDEX = ChunkIndex.of(SIZES, [Chunk(Bytes(3), b"a" * 32), Chunk(Bytes(5), b"\0" * 32)])
# By hand from the format's description: head, table, tail.
ENCODED = (
    struct.pack("<6Q", 48, 0x96824D9C7B129FF9, 0, 1, 2, 8)
    + struct.pack("<2Q", 2**64 - 1, 0xE75B9E112F17417D)
    + struct.pack("<Q", 3)
    + b"a" * 32
    + struct.pack("<Q", 8)
    + b"\0" * 32
    + struct.pack("<5Q", 0, 0, 48, 16 + 2 * 40 + 40, 0x4B4F050E5549ECD1)
)


def test_it_is_a_caibx() -> None:
    assert INDEX.encoded() == ENCODED


def test_it_comes_back() -> None:
    index = ChunkIndex.decoded(ENCODED, Bytes(8))
    assert index == INDEX
    assert list(index) == [index[0], index[1]] == [Chunk(Bytes(3), b"a" * 32), Chunk(Bytes(5), b"\0" * 32)]
    assert (len(index), index.size, index.begin(0), index.begin(1), index.begin(2)) == (2, 8, 0, 3, 8)


def test_an_empty_content_has_one_too() -> None:
    empty = ChunkIndex.of(SIZES, [])
    assert ChunkIndex.decoded(empty.encoded(), Bytes(0)) == empty


@pytest.mark.parametrize(
    ("encoded", "size"),
    [
        (b"", 8),
        (ENCODED[:-1], 8),
        (ENCODED[:-40], 8),
        (b"{}" + ENCODED[2:], 8),
        (ENCODED[:16] + struct.pack("<Q", 0x2000000000000000) + ENCODED[24:], 8),  # SHA-512/256
        (ENCODED[:-1] + b"!", 8),
        (ENCODED, 9),
        (ChunkIndex.of(SIZES, [Chunk(Bytes(9), b"a" * 32)]).encoded(), 9),
        (ChunkIndex.of(SIZES, [Chunk(Bytes(3), b"a" * 32), Chunk(Bytes(0), b"a" * 32)]).encoded(), 3),
        (ChunkIndex.of(SIZES, [Chunk(Bytes(8), b"a" * 32), Chunk(Bytes(-1), b"a" * 32)]).encoded(), 7),
        (ChunkIndex.of(ChunkSizes(*[Bytes(2**40)] * 3), [Chunk(Bytes(2**33), b"a" * 32)]).encoded(), 2**33),
    ],
)
def test_what_is_none_is_refused(encoded: bytes, size: int) -> None:
    with pytest.raises(DistrustError) as error:
        ChunkIndex.decoded(encoded, Bytes(size))
    assert error.value.kind is Distrust.MALFORMED
