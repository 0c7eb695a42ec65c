"""Makes a content from similar ones that are here, and fetches only the chunks that no one has.

The server needs nothing for it but files and Range. The index lies beside the content, as a blob of its own; the chunks
are fetched from the content itself.

Invariant: the part file grows by whole, verified chunks, in their order. So it can be killed at any time and goes on
where it ended, and a download of the whole file can go on from the same part file.
"""

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
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
"""Contents below it are fetched whole."""
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

    def rebuild(
        self, fetch: FetchRange, into: Path, *, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]
    ) -> bool:
        """Make the content, and verify the whole.

        Args:
            fetch: Asks a server for a part of the content.
            into: The part file; what it has already is verified, and what is right of it kept.
            progress: Told of each chunk that was added.
            is_stopped: Asked often.

        Returns:
            Whether it is whole; else it was stopped.

        Raises:
            DistrustError: The server gave a wrong chunk, which was thrown away; or all chunks are right and the whole
                is not, so that the index is not this content's: then the part file is removed.
            UnreachableError: The server ended early.
            OSError: The disk does not take it.
        """
        into.touch()
        with ExitStack() as opened:
            part = _Part(opened.enter_context(into.open("r+b", buffering=0)), self.recipe.index)
            opened.callback(part.sync)
            files = [opened.enter_context(source.file.open("rb", buffering=0)) for source in self.sources]
            part.go_on(is_stopped)
            while not part.is_whole:
                if is_stopped():
                    return False
                place = self.recipe.places[part.number]
                if place is not None and part.add(_read(files, place, part.next_size)):
                    progress(part.last_size)
                else:
                    self._fetch_stretch(part, fetch, progress, is_stopped)
        if part.digest != self.blob.digest:
            into.unlink()
            raise DistrustError(Distrust.WRONG_CONTENT, f"the index of {self.blob.digest} is another content's")
        return True

    def _fetch_stretch(
        self, part: "_Part", fetch: FetchRange, progress: Callable[[Bytes], None], is_stopped: Callable[[], bool]
    ) -> None:
        """Fetch the next chunk, and its neighbours that are not here either."""
        index = self.recipe.index
        end = self.recipe.stretch_end(part.number)
        last = index.begin(end)
        come = bytearray()
        with closing(fetch(index.begin(part.number), last)) as pieces:
            for piece in pieces:
                come += piece
                while part.number < end and len(come) >= (size := part.next_size):
                    if not part.add(bytes(come[:size])):
                        at = index.begin(part.number)
                        raise DistrustError(Distrust.WRONG_CONTENT, f"the {size:,} bytes from {at:,} on are wrong")
                    del come[:size]
                    progress(size)
                if part.number == end or is_stopped():
                    return
        raise UnreachableError(f"the server ended before the bytes up to {last:,} had come")


def find_delta(blob: Blob, index: bytes, sources: Sequence[Source]) -> Delta | None:
    """How a content can be made from others; None: too little of it is here, it is to be fetched whole.

    Args:
        blob: What is wanted.
        index: Its index, encoded and verified.
        sources: What is here.

    Raises:
        DistrustError: An index is none: `MALFORMED`.
    """
    recipe = make_recipe(
        ChunkIndex.decoded(index, blob.size), [ChunkIndex.decoded(source.index, source.size) for source in sources]
    )
    if recipe.to_fetch > (1 - _LEAST_SAVING) * blob.size:
        return None
    return Delta(blob, recipe, tuple(sources))


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
    def digest(self) -> str:
        """SHA-256 of all chunks so far."""
        return self._whole.hexdigest()

    def go_on(self, is_stopped: Callable[[], bool]) -> None:
        """Keep the right chunks that it begins with, and drop what follows them; when stopped, drop nothing."""
        while not self.is_whole:
            if is_stopped():
                return
            if not self._knows(content := self._file.read(self.next_size)):
                break
            self._count(content)
        begin = self._index.begin(self.number)
        self._file.truncate(begin)
        self._file.seek(begin)

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
