"""Ways in which a model changes from one release to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a content.

    Attributes:
        name: For people.
        new: The content after it.
        share: Of its bytes, those that were changed or put in.
    """

    name: str
    new: bytes
    share: float


def changes(old: bytes, seed: int = 5) -> list[Change]:
    """Some of each kind: clustered, shifted, moved, and scattered, where no format finds anything in common."""
    return [
        clustered(old, 1, 0.05, seed),
        clustered(old, 20, 0.05, seed),
        clustered(old, 100, 0.05, seed),
        clustered(old, 500, 0.05, seed),
        shifted(clustered(old, 20, 0.05, seed), seed),
        Change("halves swapped", old[len(old) // 2 :] + old[: len(old) // 2], 0.0),
        scattered(old, 100, seed),
        scattered(old, 1_000, seed),
        scattered(old, len(old) // 20, seed),
    ]


def clustered(old: bytes, regions: int, share: float, seed: int) -> Change:
    """New bytes in so many places, of one size, which do not touch."""
    rng = np.random.default_rng(seed)
    new = np.frombuffer(old, np.uint8).copy()
    each, size = len(old) // regions, int(len(old) * share / regions)
    for region in range(regions):
        at = region * each + int(rng.integers(each - size))
        new[at : at + size] = _other(new[at : at + size], rng)
    return Change(f"{share:.0%} in {regions} region{'s' * (regions > 1)}", new.tobytes(), share)


def shifted(change: Change, seed: int) -> Change:
    """Likewise, and all behind the beginning moved by what was put in."""
    put_in = np.random.default_rng(seed).bytes(1001)
    new = change.new[:4096] + put_in + change.new[4096:]
    return Change(f"{change.name}, shifted by an insertion", new, change.share + len(put_in) / len(new))


def scattered(old: bytes, count: int, seed: int) -> Change:
    """Single bytes, evenly."""
    rng = np.random.default_rng(seed)
    new = np.frombuffer(old, np.uint8).copy()
    places = np.linspace(0, len(old) - 1, count).astype(np.int64)
    new[places] = _other(new[places], rng)
    return Change(f"{count:,} single bytes, evenly", new.tobytes(), count / len(old))


def _other(weights: Weights, rng: np.random.Generator) -> Weights:
    """Bytes of which each is another than before."""
    return weights + rng.integers(1, 256, len(weights), dtype=np.uint8)
