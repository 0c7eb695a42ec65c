"""Whether a runtime computes several tokens in one pass as it does one by one, to the bit.

What is drafted is verified in one pass. Where that rounds differently, two tokens that are nearly equally likely can
change places, and a greedy answer with drafts is another one than without. Most kernels do round differently, because
they are chosen by how many rows there are.
"""

from collections.abc import Sequence
from typing import Protocol

_BEGIN = 24
"""Tokens read before the comparison."""


class Output(Protocol):
    """What is needed of a numpy array."""

    def tobytes(self) -> bytes:
        """Its values."""
        ...


class Verifier(Protocol):
    """What is needed of a library's generator."""

    def append_tokens(self, tokens: Sequence[int], /) -> None:
        """Read tokens in one pass."""
        ...

    def rewind_to(self, length: int, /) -> None:
        """Forget all but the first `length` tokens."""
        ...

    def get_output(self, name: str, /) -> Output:
        """Of the last pass: `logits` has a row for each token that was read."""
        ...


def tokens_needed(longest: int) -> int:
    """How many tokens a generator must have room for."""
    return _BEGIN + longest + 1


def is_exact(generator: Verifier, text: Sequence[int], longest: int) -> bool:
    """Whether passes over 2 to `longest` tokens give the logits and leave the KV cache that single ones do.

    A sample: it finds other kernels, which differ everywhere, and not a difference that comes up once in a while.

    Args:
        generator: New, with room for `tokens_needed`.
        text: At least so many tokens, any.
        longest: The most tokens of a pass.
    """
    begin, rest = text[:_BEGIN], text[_BEGIN:]
    generator.append_tokens(begin)
    rows = []
    for token in rest[: longest + 1]:
        generator.append_tokens([token])
        rows.append(generator.get_output("logits").tobytes())
    for width in range(2, longest + 1):
        generator.rewind_to(len(begin))
        generator.append_tokens(rest[:width])
        if generator.get_output("logits").tobytes() != b"".join(rows[:width]):
            return False
        generator.append_tokens(rest[width : width + 1])  # it reads the cache that the pass has left
        if generator.get_output("logits").tobytes() != rows[width]:
            return False
    return True
