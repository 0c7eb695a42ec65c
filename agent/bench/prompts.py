"""Prompts of exactly so many tokens, by the engine's own count, of which no two begin alike.

They are made of words that are one token each, behind one that begins the text: a chat template and such words add up.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.errors import StopError

_BEGIN = "the"
_WORDS = tuple(
    "door dog time day man house water car book night work red light hand tree road city name word line "  # noqa: SIM905
    "side head room way end part place week case point".split()
)
_REPEATED = 4
_LEAST_WORDS = 8
"""With fewer, two prompts may begin alike for longer than a few tokens."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What prompts for one model are made of.

    Attributes:
        base: Tokens of the shortest prompt, most of them the chat template's.
        words: A token each.
    """

    base: int
    words: tuple[str, ...]

    def prompt(self, tokens: int, seed: str) -> str:
        """A text with which the prompt has so many tokens; the same for the same seed.

        Args:
            tokens: At least `base`.
            seed: Prompts of different seeds begin differently.
        """
        draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        return " ".join([_BEGIN, *draw.choices(self.words, k=tokens - self.base)])


async def find_wording(count: Callable[[str], Awaitable[int]]) -> Wording:
    """Find out which words are one token each.

    Args:
        count: How many tokens the prompt with a text has.

    Raises:
        StopError: Too few are.
    """
    base = await count(_BEGIN)
    words = _WORDS
    if await count(f"{_BEGIN} {' '.join(words)}") - base != len(words):
        words = tuple([word for word in words if await _is_one_token(word, base, count)])
    if len(words) < _LEAST_WORDS:
        raise StopError("this model's tokenizer has no English words: prompts of a given length cannot be made for it")
    return Wording(base, words)


async def _is_one_token(word: str, base: int, count: Callable[[str], Awaitable[int]]) -> bool:
    return await count(" ".join([_BEGIN, *[word] * _REPEATED])) - base == _REPEATED
