"""In which parts a prompt is read. Pure.

Where a part ends depends on nothing behind it, the last one or two parts excepted: prompts that begin alike are read
alike, and what has been read of the one can be used for the other.
"""

import itertools
from collections.abc import Container, Sequence

Part = tuple[int, ...]

LEAST_PART = 8
"""Tokens. A smaller last part is joined with the one before: a single token is computed by another kernel, which rounds
differently. And a turn that is smaller is no part of its own: reading a part costs at least what a token costs."""


def in_step(unread: Sequence[int], chunk: int, scheduled: int) -> tuple[int, ...]:
    """What a step of onnxruntime-genai's `Engine` reads of each prompt: first it generates, then it reads in order.

    Args:
        unread: Tokens of each request's prompt; 0: it generates.
        chunk: Of one prompt, at most.
        scheduled: Of all, those that are generated included, at most.
    """
    left = scheduled - sum(not tokens for tokens in unread)
    read = []
    for tokens in unread:
        read.append(max(0, min(chunk, tokens, left)))
        left -= read[-1]
    return tuple(read)


def in_parts(prompt: Sequence[int], most: int, control: Container[int]) -> tuple[Part, ...]:
    """A prompt in parts of at most `most` tokens.

    Args:
        prompt: The tokens, at least one.
        most: At least twice `LEAST_PART`.
        control: The control tokens: a part ends before one, as what prompts have in common often ends with a turn.
    """
    edges = [0]
    for at in range(1, len(prompt)):
        size = at - edges[-1]
        if size == most or (size >= LEAST_PART and prompt[at] in control):
            edges.append(at)
    if len(edges) > 1 and len(prompt) - edges[-1] < LEAST_PART:
        edges.pop()
        if len(prompt) - edges[-1] > most:
            edges.append((edges[-1] + len(prompt)) // 2)
    edges.append(len(prompt))
    return tuple(tuple(prompt[start:end]) for start, end in itertools.pairwise(edges))
