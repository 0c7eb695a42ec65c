"""What an engine keeps of the prompts that it has read, and which of it a request uses.

A prompt is read in parts (`parts.py`), and a prefix is shared in whole parts only. Where the parts are the same,
what is kept is what the model would compute again, bit for bit, so that an answer never depends on what is kept.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from agent.engine.parts import Part

MOST_KEPT = 4
"""Prefixes kept at once: the generators of so many routes or conversations that take turns."""
LEAST_SHARED = 16
"""Tokens that are worth going back for; and, next, the least share of the prompt. A request that shares less, as two
templates share their first line, would cost its generator what it has read beyond that, and save next to nothing."""
_LEAST_SHARE = 0.25
_CAPACITY_STEP = 256
_LEAST_SIZE = 512
"""Where sizes are powers of two."""


class Rewindable(Protocol):
    """What is needed of a library's generator."""

    def rewind_to(self, length: int, /) -> None:
        """Forget all but the first `length` tokens.

        Raises:
            RuntimeError: This kind of model cannot.
        """
        ...


GeneratorT = TypeVar("GeneratorT", bound=Rewindable)


@dataclass(frozen=True, slots=True)
class Profile:
    """What of a generator is fixed when it is made: only requests that agree in it can use one after another.

    Attributes:
        temperature: 0: greedy; then the next two say nothing.
        top_p: As in `Sampling`.
        seed: Of its random numbers; None: any.
        grammar: That its answers follow.
        min_length: Tokens of prompt and answer before which no answer ends by itself.
        draft: Tokens that it drafts at once; 0: none. What was generated from drafts is not of the same kernels.
    """

    temperature: float
    top_p: float
    seed: int | None
    grammar: str | None
    min_length: int = 0
    draft: int = 0

    @property
    def is_repeatable(self) -> bool:
        """Whether another answer may come from it: random numbers go on, and do not begin again at a seed."""
        return self.seed is None


@dataclass(frozen=True, slots=True)
class Kept(Generic[GeneratorT]):
    """A generator and what it has read.

    Attributes:
        generator: The library's.
        profile: What it was made for.
        capacity: Tokens for which its KV cache was allocated.
        parts: Of a prompt, as it has read them.
        recorded: Whether its steps are recorded, as those of a new one would have to be: while it serves, it is used
            again, from its begin where it saves nothing, rather than given up.
    """

    generator: GeneratorT
    profile: Profile
    capacity: int
    parts: tuple[Part, ...]
    recorded: bool = False

    def serves(self, wanted: "Wanted") -> bool:
        """Whether it is of the kind and the size that is wanted."""
        if wanted.is_by_size:
            return self.profile == wanted.profile and self.capacity == wanted.capacity
        return self.profile == wanted.profile and wanted.tokens <= self.capacity <= wanted.room


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request needs of a generator.

    Attributes:
        profile: It is to be made for.
        parts: Of the prompt.
        tokens: Of prompt and answer together.
        room: Tokens for which there may be KV caches, that of the request and all that are kept. At least `tokens`.
        is_by_size: Whether what is computed hangs on a cache's size, as it does on a GPU in the last digits: only a
            generator of the very size that a new one would have serves, and there are few sizes.
    """

    profile: Profile
    parts: tuple[Part, ...]
    tokens: int
    room: int
    is_by_size: bool = False

    @property
    def capacity(self) -> int:
        """Of a new generator: more than is needed, so that the next request of its kind fits, too."""
        if self.is_by_size:
            return min(max(_LEAST_SIZE, 1 << (self.tokens - 1).bit_length()), self.room)
        return min(-(-self.tokens // _CAPACITY_STEP) * _CAPACITY_STEP, self.room)


def shared_parts(kept: Kept[GeneratorT], wanted: Wanted) -> int:
    """How many parts at the begin of the prompt a kept generator need not read again; 0 when it is of no use.

    The last part of either is never shared: of the wanted prompt's, the logits are needed; before the kept one's there
    is something to take back, without which the library does not begin its grammar anew.
    """
    if not kept.serves(wanted):
        return 0
    pairs = zip(wanted.parts[:-1], kept.parts[:-1], strict=False)
    count = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    is_worth_it = tokens_of(wanted.parts[:count]) >= max(LEAST_SHARED, _LEAST_SHARE * tokens_of(wanted.parts))
    return count if is_worth_it else 0


def tokens_of(parts: Sequence[Part]) -> int:
    """How many tokens they have."""
    return sum(map(len, parts))


class Prefixes(Generic[GeneratorT]):
    """The kept generators. One is either here or with the request that uses it."""

    def __init__(self) -> None:
        self._kept: list[Kept[GeneratorT]] = []
        """The first to go first: the one that was used longest ago."""

    @property
    def tokens(self) -> int:
        """For which KV caches are allocated."""
        return sum(kept.capacity for kept in self._kept)

    def take(self, wanted: Wanted) -> Kept[GeneratorT] | None:
        """Take out the generator that saves the most, gone back to what it saves; None: a new one is to be made.

        Where none saves enough, and there is no place for a new one, it is one whose steps are recorded, gone back to
        its begin. What has to go to leave room for it, or for the new one, is given up.
        """
        found, count = self._find(wanted)
        if found is not None:
            self._kept.remove(found)
            self._leave(wanted.room - found.capacity)
            parts = wanted.parts[:count]
            if _goes_back(found.generator, tokens_of(parts)):
                return replace(found, parts=parts)
        self._leave(wanted.room - wanted.capacity)
        return None

    def keep(self, kept: Kept[GeneratorT]) -> None:
        """Keep a generator that nothing uses any more, unless nothing ever could; at most `MOST_KEPT` of them.

        One that has read a single part shares nothing, so it is the first to go, or to be used from its begin.
        """
        if not kept.profile.is_repeatable:
            return
        if len(kept.parts) > 1:
            self._kept.append(kept)
        elif kept.recorded:
            self._kept.insert(0, kept)
        del self._kept[:-MOST_KEPT]

    def clear(self) -> None:
        """Give them all up."""
        self._kept.clear()

    def _find(self, wanted: Wanted) -> tuple[Kept[GeneratorT] | None, int]:
        """The one to use again, and how many parts it saves."""
        most = max(self._kept, key=lambda kept: shared_parts(kept, wanted), default=None)
        if most is not None and (count := shared_parts(most, wanted)):
            return most, count
        if self._has_place(wanted.room - wanted.capacity):
            return None, 0
        return next((kept for kept in self._kept if kept.recorded and kept.serves(wanted)), None), 0

    def _leave(self, tokens: int) -> None:
        """Give up the oldest until there is a place for one more."""
        while self._kept and not self._has_place(tokens):
            del self._kept[0]

    def _has_place(self, tokens: int) -> bool:
        """For one more, when all that is kept beside it may take no more than this."""
        return self.tokens <= tokens and len(self._kept) < MOST_KEPT


def _goes_back(generator: Rewindable, length: int) -> bool:
    """Rewind; whether it could. The library has no way to ask which kinds of models can."""
    try:
        generator.rewind_to(length)
    except RuntimeError:
        return False
    return True
