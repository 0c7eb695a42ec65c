"""Rounding of weights as the exported model has them, so that training can get used to it.

ONNX Runtime's blockwise MatMulNBits, symmetric: blocks of `block` weights along the input share a
scale, the weight of largest magnitude of a block becomes -2^(bits-1).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

BLOCK = 32
BITS = 4


def rounded(weight: Tensor, bits: int = BITS, block: int = BLOCK) -> Tensor:
    """The weights (out, in) after rounding and back."""
    low = -(2 ** (bits - 1))
    blocks = weight.reshape(weight.shape[0], -1, block)
    peak = torch.gather(blocks, -1, blocks.abs().argmax(-1, keepdim=True))
    scale = peak / low
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1 / scale)
    return ((blocks * inverse).round().clamp(low, -low - 1) * scale).reshape(weight.shape)


class Rounded:
    """Swaps rounded weights in for a forward and backward pass, and the real ones back."""

    def __init__(self, network: nn.Module) -> None:
        self.weights = [p for n, p in network.named_parameters() if p.ndim > 1 and "embed" not in n]
        self.embedding = [p for n, p in network.named_parameters() if "embed" in n]
        self.kept: list[Tensor] = []

    @contextmanager
    def applied(self, on: bool) -> Iterator[None]:  # noqa: FBT001 - a plain switch
        """Round inside the block when `on`; gradients are those at the rounded weights."""
        if not on:
            yield
            return
        with torch.no_grad():
            self.kept = [p.detach().clone() for p in (*self.weights, *self.embedding)]
            for p in self.weights:
                p.copy_(rounded(p))
            for p in self.embedding:
                p.copy_(rounded(p))
        yield
        with torch.no_grad():
            for p, real in zip((*self.weights, *self.embedding), self.kept, strict=True):
                p.copy_(real)
