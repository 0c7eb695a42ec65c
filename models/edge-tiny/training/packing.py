"""Batches for training: conversations made, tokenized and packed by worker processes, without end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import corpus
import torch
from chat import parts
from network import CONTEXT
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenizers import Tokenizer

SHORT = 512  # shorter conversations are packed apart from longer ones: the kernel pays for the longest
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the batches: the seed, their size, how prompts are treated.

    Prompts weigh little: most of their words are random, and what cannot be predicted is only noise.
    """

    seed: int
    tokens: int
    prompt_weight: float = 0.03
    dropout_share: float = 0.2
    dropout: float = 0.1


class Batches(IterableDataset[dict[str, Tensor]]):
    """Packed rows of `tokens` tokens; each worker has a seed of its own."""

    def __init__(self, tokenizer_json: str, recipe: Recipe) -> None:
        self.tokenizer_json, self.recipe = tokenizer_json, recipe

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Yield batches for ever."""
        import os  # noqa: PLC0415 - set before the tokenizer's threads start

        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        from tokenizers import Tokenizer  # noqa: PLC0415

        info = get_worker_info()
        seed = self.recipe.seed * 1000 + (info.id if info else 0)
        exact, rough = (Tokenizer.from_str(self.tokenizer_json) for _ in range(2))
        rough.model.dropout = self.recipe.dropout
        yield from self._pack(self._conversations(seed, exact, rough))

    def _conversations(self, seed: int, exact: Tokenizer, rough: Tokenizer) -> Iterator[tuple[list[int], list[float]]]:
        examples = corpus.stream(seed, held_out=False)
        every = round(1 / self.recipe.dropout_share) if self.recipe.dropout_share else 0
        while True:
            spans = [parts(e) for e in islice(examples, _CHUNK)]
            texts = [text for each in spans for text, _ in each]
            fine = exact.encode_batch_fast(texts, add_special_tokens=False)
            at = 0
            for n, each in enumerate(spans):
                ids: list[int] = []
                weights: list[float] = []
                for k, (text, spoken) in enumerate(each):
                    piece = fine[at + k].ids
                    if every and n % every == 0 and not spoken:
                        piece = rough.encode(text, add_special_tokens=False).ids
                    ids += piece
                    weights += [1.0 if spoken else self.recipe.prompt_weight] * len(piece)
                at += len(each)
                if len(ids) <= min(CONTEXT, self.recipe.tokens):
                    yield ids, weights

    def _pack(self, conversations: Iterator[tuple[list[int], list[float]]]) -> Iterator[dict[str, Tensor]]:
        rows = {SHORT: _Row(self.recipe.tokens, SHORT), CONTEXT: _Row(self.recipe.tokens, CONTEXT)}
        for ids, weights in conversations:
            longest = SHORT if len(ids) <= SHORT else CONTEXT
            if not rows[longest].fits(len(ids)):
                yield rows[longest].batch()
                rows[longest] = _Row(self.recipe.tokens, longest)
            rows[longest].add(ids, weights)


class _Row:
    """A row of packed conversations in the making."""

    def __init__(self, size: int, longest: int) -> None:
        self.size, self.longest = size, longest
        self.padding = size // longest + 2
        self.most = self.padding + (size // 32 if longest == SHORT else size // SHORT)
        self.ids: list[int] = []
        self.targets: list[int] = []
        self.weights: list[float] = []
        self.positions: list[int] = []
        self.bounds = [0]

    def fits(self, length: int) -> bool:
        """Whether a conversation of that length has room, some bounds being kept for the padding."""
        return len(self.ids) + length <= self.size and len(self.bounds) < self.most - self.padding

    def add(self, ids: list[int], weights: list[float]) -> None:
        """Append a conversation; each token's target is the next one."""
        self.ids += ids
        self.targets += [*ids[1:], 0]
        self.weights += [*weights[1:], 0.0]
        self.positions += range(len(ids))
        self.bounds.append(len(self.ids))

    def batch(self) -> dict[str, Tensor]:
        """The row as tensors; the rest is filled with rows of nothing."""
        while len(self.ids) < self.size:
            part = min(self.size - len(self.ids), self.longest)
            self.add([0] * part, [0.0] * part)
        bounds = self.bounds + [self.size] * (self.most - len(self.bounds))
        return {
            "tokens": torch.tensor(self.ids, dtype=torch.int64),
            "targets": torch.tensor(self.targets, dtype=torch.int64),
            "weights": torch.tensor(self.weights),
            "positions": torch.tensor(self.positions, dtype=torch.int64),
            "bounds": torch.tensor(bounds, dtype=torch.int32),
            "longest": torch.tensor(self.longest),
        }
