"""Makes a content of a release from similar ones in the store, where its signed manifest names an index of it.

The store's contents keep their indexes beside them, as `<digest>.index`: what a release brings now is what the next
one is made from. With an index a wrong chunk costs a chunk, and without one the whole content.
"""

from pathlib import Path

from agent.download.part import part_size
from agent.fleet.delta import Delta, Source, find_delta
from agent.fleet.fetching import Fetching
from agent.fleet.ports import DistrustError, UnreachableError
from agent.fleet.values import Blob, Distrust
from agent.models.digest import sha256
from agent.units import Bytes

_PROGRESS = Bytes(256 * 1024)
"""After so many bytes a failure is the first one again."""


def make_from_similar(blob: Blob, part: Path, fetching: Fetching) -> None:
    """Bring a part file to its whole where that costs less than to fetch it. Implements `blobs.Make`.

    Raises:
        DistrustError, UnreachableError: It could not be made; the part file has what can be gone on from.
        StoppedError: It was stopped.
        OSError: The disk does not take it.
    """
    store = part.parent
    _drop_orphans(store)
    if blob.index is None:
        return
    index = _bring_index(store, blob, blob.index, fetching)
    _rebuild(find_delta(blob, index, _sources(store)), part, fetching)


def _rebuild(delta: Delta, part: Path, fetching: Fetching) -> None:
    """From places in turn."""
    failures = 0
    while True:
        had = part_size(part)
        try:
            delta.rebuild(lambda first, end: fetching.stretch(delta.blob, first, end), part, fetching.here)
        except (DistrustError, UnreachableError) as error:
            if not part.exists():
                raise  # the index is wrong, from wherever it came
            if isinstance(error, DistrustError) and error.kind is Distrust.WRONG_CONTENT:
                fetching.turn_away()
            failures = 1 if part_size(part) - had >= _PROGRESS else failures + 1
            fetching.rest_or_give_up(failures, error)
        else:
            return


def _bring_index(store: Path, blob: Blob, index: Blob, fetching: Fetching) -> bytes:
    """The index's bytes, from here or from a place."""
    file = store / f"{blob.digest}.index"
    if not file.exists() or sha256(file) != index.digest:
        part = store / f"{index.digest}.part"
        fetching.whole(index, part, from_one=True)  # small, and asked for once
        fetching.here(-index.size)  # it is none of the bytes that are waited for
        if sha256(part) != index.digest:
            part.unlink()
            fetching.turn_away()
            raise DistrustError(Distrust.WRONG_CONTENT, f"the index of {blob.digest} has not the digest that is signed")
        part.rename(file)
    return file.read_bytes()


def _sources(store: Path) -> list[Source]:
    """The contents that are here with their indexes."""
    pairs = ((file.with_suffix(""), file) for file in sorted(store.glob("*.index")))
    return [
        Source(content, Bytes(content.stat().st_size), file.read_bytes()) for content, file in pairs if content.exists()
    ]


def _drop_orphans(store: Path) -> None:
    """Indexes of contents that are gone."""
    for file in store.glob("*.index"):
        content = file.with_suffix("")
        if not content.exists() and not content.with_suffix(".part").exists():
            file.unlink()
