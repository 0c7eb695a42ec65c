"""What quantization costs: perplexity on a text, and the share of questions answered right. Pure.

The perplexity of a text of N predicted tokens is exp(-1/N · Σ log p(token | those before it in its window)), as Jelinek
et al. defined it (J. Acoust. Soc. Am. 62, S63, 1977). Windows do not overlap, and each begins with the tokenizer's
begin token where it has one, so its first tokens have little to go by: compare two models on one text, not with figures
that others publish.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WINDOW = 512
"""Tokens."""
MOST_WINDOWS = 64
"""So that a large model is measured in minutes on a CPU; what comes after is not read."""
_MOST_NATS = math.log(sys.float_info.max)
"""Of a token; more are no perplexity that a float holds."""
WORSE_PERPLEXITY = 0.05
"""By more than this share of what it was: worth a warning."""
WORSE_SHARE = 0.02
"""So much of all questions answered right before and no more: likewise."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one model made of the text and the questions.

    Attributes:
        nats: The sum of -log p of the predicted tokens.
        tokens: How many were predicted; 0 when no text was given.
        right: Questions answered right.
        asked: How many; 0 when none were given.
    """

    nats: float
    tokens: int
    right: int
    asked: int

    @property
    def perplexity(self) -> float | None:
        """Of the text, infinite for a model whose probabilities are no numbers; None without a text."""
        if not self.tokens:
            return None
        nats = self.nats / self.tokens
        return math.exp(nats) if nats < _MOST_NATS else math.inf

    @property
    def share(self) -> float | None:
        """Of the questions answered right, 0 to 1; None without questions."""
        return self.right / self.asked if self.asked else None


def windows(tokens: Sequence[int], begin: int | None, window: int = WINDOW) -> list[list[int]]:
    """Cut a text's tokens into windows.

    Args:
        tokens: Of the whole text, without special ones.
        begin: The token with which each window begins.
        window: Tokens of each; the last may be shorter, and is left out where it predicts nothing.
    """
    head = [] if begin is None else [begin]
    step = window - len(head)
    cut = [[*head, *tokens[at : at + step]] for at in range(0, len(tokens), step)]
    return [each for each in cut[:MOST_WINDOWS] if len(each) > 1]


def warnings_of(before: Measured, after: Measured) -> Iterator[str]:
    """What got worse by more than the bounds."""
    if before.perplexity is not None and after.perplexity is not None:
        worse = after.perplexity / before.perplexity - 1
        if worse > WORSE_PERPLEXITY:
            yield f"the perplexity is {worse:.1%} higher than before; up to {WORSE_PERPLEXITY:.0%} is usual"
    if before.share is not None and after.share is not None:
        fewer = before.right - after.right
        if fewer > WORSE_SHARE * after.asked:
            yield f"{fewer} questions fewer are answered right; up to {WORSE_SHARE:.0%} of {after.asked:,} is usual"


def rows(before: Measured, after: Measured) -> Iterator[tuple[str, str, str, str]]:
    """A table for people: what, before, after, change."""
    if before.perplexity is not None and after.perplexity is not None:
        change = f"{after.perplexity / before.perplexity - 1:+.2%}"
        yield f"perplexity, {after.tokens:,} tokens", f"{before.perplexity:.4f}", f"{after.perplexity:.4f}", change
    if after.asked:
        change = f"{after.right - before.right:+d}"
        yield f"right of {after.asked:,} questions", str(before.right), str(after.right), change
