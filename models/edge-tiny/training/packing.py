"""Batches for training: conversations made, tokenized and packed by worker processes, without end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

import corpus
from chat import parts
from network import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenizers import Tokenizer

MAX_CONVERSATIONS = 4096
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the batches: the seed, their size, how prompts are treated."""

    seed: int
    tokens: int
    prompt_weight: float = 0.1
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
        size = self.recipe.tokens
        kept: tuple[list[int], list[float]] | None = None
        while True:
            ids: list[int] = []
            targets: list[int] = []
            weights: list[float] = []
            positions: list[int] = []
            bounds = [0]
            while True:
                tokens, told = kept or next(conversations)
                kept = None
                if len(ids) + len(tokens) > size or len(bounds) >= MAX_CONVERSATIONS:
                    kept = (tokens, told)
                    break
                ids += tokens
                targets += [*tokens[1:], 0]
                weights += [*told[1:], 0.0]
                positions += range(len(tokens))
                bounds.append(len(ids))
            gap = size - len(ids)
            while gap:  # the rest is a row of nothing, cut so that positions stay in the context
                part = min(gap, CONTEXT)
                ids += [0] * part
                targets += [0] * part
                weights += [0.0] * part
                positions += range(part)
                bounds.append(len(ids))
                gap -= part
            bounds += [size] * (MAX_CONVERSATIONS + 8 - len(bounds))
            yield {
                "tokens": torch.tensor(ids, dtype=torch.int64), "targets": torch.tensor(targets, dtype=torch.int64), "weights": torch.tensor(weights), "positions": torch.tensor(positions, dtype=torch.int64), "bounds": torch.tensor(bounds, dtype=torch.int32),
            }
