"""Makes a content from similar ones that are here, and fetches only the chunks that no one has.

The server needs nothing for it but files and Range. The index lies beside the content, as a blob of its own; the chunks
are fetched from the content itself.

Invariant: the part file grows by whole, verified chunks, in their order. So it can be killed at any time and goes on
where it ended, and a download of the whole file can go on from the same part file.
"""

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from agent.fleet.chunk_index import ChunkIndex
from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.recipe import Place, Recipe, make_recipe
from agent.fleet.values import Blob, Distrust
from agent.units import Bytes

FetchRange = Callable[[Bytes, Bytes], Generator[bytes, None, None]]
"""Gives the content's bytes from the first number to before the second, in pieces as they come, at the rate that is to
be kept. Raises what ends the rebuilding: it can be begun again with another server."""
WORTH_AN_INDEX = Bytes(1024 * 1024)
"""Of contents below it no index is made: they are fetched whole."""
_LEAST_SAVING = 0.1
"""Of a content's size; for less, many requests are not better than one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A content that is here, whole and verified.

    Attributes:
        file: Where.
        size: Its bytes.
        index: Its index, encoded.
    """

    file: Path
    size: Bytes
    index: bytes


@dataclass(frozen=True, slots=True)
class Delta:
    """A content that can be made from others.

    Attributes:
        blob: What is made.
        recipe: Where its chunks are.
        sources: The contents that the recipe means.
    """

    blob: Blob
    recipe: Recipe
    sources: tuple[Source, ...]

    def rebuild(self, fetch: FetchRange, into: Path, here: Callable[[int], None]) -> None:
        """Make the content, and verify the whole.

        Args:
            fetch: Asks a server for a part of the content.
            into: The part file; what it has already is verified, and what is right of it kept.
            here: Told of bytes that did not have to be fetched, less than none of those that have to come again.
                Called often; what it raises ends the rebuilding.

        Raises:
            DistrustError: The server gave a wrong chunk, which was thrown away; or all chunks are right and the whole
                is not, so that the index is not this content's: then the part file is removed.
            UnreachableError: The server ended early.
            OSError: The disk does not take it.
            Exception: What `fetch` and `here` raise; it can be called again and goes on.
        """
        into.touch()
        with ExitStack() as opened:
            part = _Part(opened.enter_context(into.open("r+b", buffering=0)), self.recipe.index)
            opened.callback(part.sync)
            files = [opened.enter_context(source.file.open("rb", buffering=0)) for source in self.sources]
            part.go_on(here)
            while not part.is_whole:
                place = self.recipe.places[part.number]
                if place is not None and part.add(_read(files, place, part.next_size)):
                    here(part.last_size)
                else:
                    self._fetch_stretch(part, fetch, here)
        if part.digest != self.blob.digest:
            into.unlink()
            here(-self.blob.size)
            raise DistrustError(Distrust.WRONG_CONTENT, f"the index of {self.blob.digest} is another content's")

    def _fetch_stretch(self, part: "_Part", fetch: FetchRange, here: Callable[[int], None]) -> None:
        """Fetch the next chunk, and its neighbours that are not here either."""
        index = self.recipe.index
        end = self.recipe.stretch_end(part.number)
        last = index.begin(end)
        come = bytearray()
        try:
            with closing(fetch(index.begin(part.number), last)) as pieces:
                for piece in pieces:  # to its very end: only then the connection can be used again
                    come += piece
                    _add_whole_chunks(part, come, end)
        finally:
            if come:
                here(-len(come))
        if part.number < end:
            raise UnreachableError(f"the server ended before the bytes up to {last:,} had come")


def find_delta(blob: Blob, index: bytes, sources: Sequence[Source]) -> Delta:
    """How a content can be made from others.

    Where too little of it is here it comes as one stretch: as a download of the whole, but verified chunk by chunk.

    Args:
        blob: What is wanted.
        index: Its index, encoded and verified.
        sources: What is here. One whose index is none any more is left out.

    Raises:
        DistrustError: The index is none: `MALFORMED`.
    """
    wanted = ChunkIndex.decoded(index, blob.size)
    usable: list[tuple[Source, ChunkIndex]] = []
    for source in sources:
        with suppress(DistrustError):
            usable.append((source, ChunkIndex.decoded(source.index, source.size)))
    recipe = make_recipe(wanted, [decoded for _, decoded in usable])
    if recipe.to_fetch > (1 - _LEAST_SAVING) * blob.size:
        return Delta(blob, make_recipe(wanted, []), ())
    return Delta(blob, recipe, tuple(source for source, _ in usable))


class _Part:
    """The part file.

    Args:
        file: Open for reading and writing.
        index: What it is to become.
    """

    def __init__(self, file: FileIO, index: ChunkIndex) -> None:
        self.number = 0
        """Of the next chunk."""
        self._file = file
        self._index = index
        self._whole = hashlib.sha256()

    @property
    def is_whole(self) -> bool:
        return self.number == len(self._index)

    @property
    def next_size(self) -> Bytes:
        return self._index[self.number].size

    @property
    def last_size(self) -> Bytes:
        return self._index[self.number - 1].size

    @property
    def end(self) -> Bytes:
        """Bytes of all chunks so far."""
        return self._index.begin(self.number)

    @property
    def digest(self) -> str:
        """SHA-256 of all chunks so far."""
        return self._whole.hexdigest()

    def go_on(self, here: Callable[[int], None]) -> None:
        """Keep the right chunks that it begins with, and drop what follows them."""
        while not self.is_whole and self._knows(content := self._file.read(self.next_size)):
            self._count(content)
            here(0)
        dropped = os.fstat(self._file.fileno()).st_size - self.end
        self._file.truncate(self.end)
        self._file.seek(self.end)
        here(-dropped)

    def add(self, content: bytes) -> bool:
        """Add the next chunk; returns whether it was the right one."""
        if not self._knows(content):
            return False
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]
        self._count(content)
        return True

    def sync(self) -> None:
        os.fsync(self._file.fileno())

    def _knows(self, content: bytes) -> bool:
        return hashlib.sha256(content).digest() == self._index[self.number].digest

    def _count(self, content: bytes) -> None:
        self._whole.update(content)
        self.number += 1


def _read(files: Sequence[FileIO], place: Place, size: Bytes) -> bytes:
    """A chunk of a content that is here."""
    return os.pread(files[place.source].fileno(), size, place.at)


def _add_whole_chunks(part: _Part, come: bytearray, end: int) -> None:
    """Move what has come to the part file, up to a chunk."""
    while part.number < end and len(come) >= (size := part.next_size):
        if not part.add(bytes(come[:size])):
            raise DistrustError(Distrust.WRONG_CONTENT, f"of the part from {part.end:,} on {size:,} bytes are wrong")
        del come[:size]
    if part.number == end and come:
        raise DistrustError(Distrust.TOO_LARGE, f"more came than the bytes before {part.end:,}")
