"""Where the chunks of a content that is wanted are: in which content that is here, or on the server. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.fleet.chunk_index import ChunkIndex
from agent.units import Bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk is on this device.

    Attributes:
        source: Number of the content that has it.
        at: Where it begins there.
    """

    source: int
    at: Bytes


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a content is made.

    Attributes:
        index: Its chunks.
        places: For each of them where it is here; None: it has to be fetched.
    """

    index: ChunkIndex
    places: tuple[Place | None, ...]

    @property
    def to_fetch(self) -> Bytes:
        """Bytes that are not here."""
        return Bytes(sum(self.index[number].size for number, place in enumerate(self.places) if place is None))

    def stretch_end(self, number: int) -> int:
        """The chunk behind those that are to be fetched together with this one: neighbours are one request."""
        end = number + 1
        while end < len(self.places) and self.places[end] is None:
            end += 1
        return end


def make_recipe(index: ChunkIndex, sources: Sequence[ChunkIndex]) -> Recipe:
    """Find the chunks of a content in others; of several that have one, the first.

    Args:
        index: Of the content that is wanted.
        sources: Of those that are here.
    """
    wanted: dict[bytes, Place | None] = {chunk.digest: None for chunk in index}
    for source, have in enumerate(sources):
        at = 0
        for chunk in have:
            if wanted.get(chunk.digest, have) is None:
                wanted[chunk.digest] = Place(source, Bytes(at))
            at += chunk.size
    return Recipe(index, tuple(wanted[chunk.digest] for chunk in index))
