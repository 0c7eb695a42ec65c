"""Cuts a content into chunks where the content itself says so: what is inserted moves no cut but those beside it.

A Gear hash (Xia et al., FastCDC, USENIX ATC 2016) over the last 32 bytes: each byte's random number, shifted by its
distance. A place is cut after when the hash is small enough and the chunk has its least size; a chunk that finds no
such place is cut at the most. Unlike FastCDC the hash knows nothing of where a chunk began, so that numpy computes it
for a whole block at once: the sums over 1, 2, 4 … 32 bytes, each from the one before.

Whoever cuts otherwise makes indexes that are as right, and share nothing with those that were made so: `test_chunking`
holds the cuts.
"""

import hashlib
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import numpy as np

from agent.fleet.chunk_index import Chunk, ChunkIndex, ChunkSizes
from agent.units import Bytes

SIZES = ChunkSizes(least=Bytes(16 * 1024), mean=Bytes(64 * 1024), most=Bytes(256 * 1024))
_BLOCK = 128 * 1024
"""Bytes that are looked at at once: the hashes of more would not stay in a core's cache."""
_WINDOW = 32
_BEFORE = _WINDOW - 1
_RANDOM = np.frombuffer(hashlib.shake_256(b"jetson-agent chunks").digest(4 * 256), dtype="<u4").astype(np.uint32)
_SMALL = np.uint32(2**32 // (SIZES.mean - SIZES.least))
"""Hashes below it are where a chunk may end: one in 48 Ki."""


def make_index(file: Path) -> bytes:
    """The index of a content: what `rebuild` needs to fetch what a device does not have.

    Raises:
        OSError: It cannot be read.
    """
    with file.open("rb", buffering=0) as content:
        return ChunkIndex.of(SIZES, chunks(content)).encoded()


def chunks(content: FileIO) -> Iterator[Chunk]:
    """The chunks of a content, in their order.

    Raises:
        OSError: It cannot be read.
    """
    hashes = _Hashes()
    begins, digest = 0, hashlib.sha256()
    """Of the chunk that is open, seen from the block: it may have begun in one before."""
    while count := content.readinto(hashes.fresh):
        at = 0
        for cut in _cuts(hashes.places(count), begins, count):
            digest.update(hashes.fresh[at:cut])
            yield Chunk(Bytes(cut - begins), digest.digest())
            begins, at, digest = cut, cut, hashlib.sha256()
        digest.update(hashes.fresh[at:count])
        begins -= count
        hashes.go_on(count)
    if begins < 0:
        yield Chunk(Bytes(-begins), digest.digest())


class _Hashes:
    """A block of the content, behind the last bytes of the one before."""

    def __init__(self) -> None:
        memory = bytearray(_BEFORE + _BLOCK)
        self.fresh = memoryview(memory)[_BEFORE:]
        """What is read goes here."""
        self._block = np.frombuffer(memory, np.uint8)
        self._hashes = np.empty(len(memory), np.uint32)
        self._shifted = np.empty(len(memory), np.uint32)

    def places(self, count: int) -> list[int]:
        """Where a chunk may end within so many fresh bytes."""
        hashes = self._hashes[: _BEFORE + count]
        np.take(_RANDOM, self._block[: _BEFORE + count], out=hashes, mode="clip")  # without it, numpy makes a copy
        width = 1
        while width < _WINDOW:
            shifted = np.left_shift(hashes[:-width], width, out=self._shifted[: len(hashes) - width])
            hashes[width:] += shifted
            width *= 2
        places: list[int] = (np.flatnonzero(hashes[_BEFORE:] < _SMALL) + 1).tolist()
        return places

    def go_on(self, count: int) -> None:
        """Keep the last of what was read, for the hashes of what comes next."""
        self._block[:_BEFORE] = self._block[count : _BEFORE + count].copy()


def _cuts(places: list[int], begins: int, count: int) -> Iterator[int]:
    """Where chunks end within the next `count` bytes, the open one having begun at `begins`."""
    for place in places:
        while place - begins > SIZES.most:
            begins += SIZES.most
            yield begins
        if place - begins >= SIZES.least:
            begins = place
            yield begins
    while count - begins > SIZES.most:
        begins += SIZES.most
        yield begins
