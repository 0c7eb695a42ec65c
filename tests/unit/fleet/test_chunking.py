"""Where contents are cut, and that an insertion does not move the cuts behind it."""

import hashlib
import io
from io import FileIO
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.fleet.chunk_index import Chunk, ChunkIndex
from agent.fleet.chunking import SIZES, chunks, make_index
from agent.units import Bytes

CONTENT = hashlib.shake_256(b"content").digest(3_000_000)


class Dribbling(io.BytesIO):
    """Gives at most so many bytes at once.

    Args:
        content: The whole.
        most: That many.
    """

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self._most = most

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # only ever given one
        return super().readinto(buffer[: self._most])


def cut(content: bytes, most: int = 1 << 20) -> list[Chunk]:
    return list(chunks(cast("FileIO", Dribbling(content, most))))


def test_the_cuts_stay_where_they_are() -> None:
    """Others would share nothing with the indexes that fleets have."""
    sizes = [chunk.size for chunk in cut(CONTENT)]
    assert (len(sizes), sizes[:4], sizes[-1]) == (88, [13895, 29433, 19989, 10120], 1603)
    digest = hashlib.sha256(b"".join(chunk.digest for chunk in cut(CONTENT))).hexdigest()
    assert digest[:16] == "dcf88574c117b415"


def test_chunks_are_the_content() -> None:
    at = 0
    for chunk in cut(CONTENT):
        assert chunk.digest == hashlib.sha256(CONTENT[at : at + chunk.size]).digest()
        at += chunk.size
    assert at == len(CONTENT)


@settings(max_examples=20, deadline=None)
@given(st.integers(1_000, 200_000))
def test_how_it_is_read_moves_no_cut(most: int) -> None:
    assert cut(CONTENT[:700_000], most) == cut(CONTENT[:700_000])


@pytest.mark.parametrize("size", [0, 1, SIZES.least - 1, SIZES.most, SIZES.most + 1, 3 * SIZES.most])
def test_what_says_nothing_is_cut_at_the_most(size: int) -> None:
    assert [chunk.size for chunk in cut(bytes(size))] == [
        min(SIZES.most, size - at) for at in range(0, size, SIZES.most)
    ]


def test_sizes_are_kept() -> None:
    sizes = [chunk.size for chunk in cut(CONTENT)]
    assert all(SIZES.least <= size <= SIZES.most for size in sizes[:-1])
    assert SIZES.mean * 0.7 < len(CONTENT) / len(sizes) < SIZES.mean * 1.3


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000_000), st.binary(min_size=1, max_size=50_000))
def test_an_insertion_changes_only_the_chunks_beside_it(at: int, inserted: bytes) -> None:
    content = CONTENT[:1_000_000]
    before = {chunk.digest for chunk in cut(content)}
    fresh = [chunk for chunk in cut(content[:at] + inserted + content[at:]) if chunk.digest not in before]
    assert sum(chunk.size for chunk in fresh) <= len(inserted) + 3 * SIZES.most


def test_a_file_gets_its_index(tmp_path: Path) -> None:
    file = tmp_path / "content"
    file.write_bytes(CONTENT)
    assert list(ChunkIndex.decoded(make_index(file), Bytes(len(CONTENT)))) == cut(CONTENT)
