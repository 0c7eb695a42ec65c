"""Muon for the matrices of the network: momentum, made orthogonal by Newton-Schulz steps.

After Keller Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024);
matrices of one shape are orthogonalized together.
"""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor, nn

_A, _B, _C = 3.4445, -4.7750, 2.0315  # the quintic of the paper
_STEPS = 5


def orthogonal(batch: Tensor) -> Tensor:
    """Move the singular values of each matrix of (N, rows, columns) close to one."""
    x = batch.to(torch.bfloat16 if batch.is_cuda else torch.float32)
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return (x.mT if tall else x).to(batch.dtype)


class Muon:
    """The optimizer of the hidden matrices."""

    def __init__(self, matrices: list[nn.Parameter], rate: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        self.rate, self.momentum, self.decay = rate, momentum, decay
        self.groups: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
        for p in matrices:
            self.groups[tuple(p.shape)].append(p)
        self.velocity = {
            shape: torch.zeros(len(group), *shape, device=group[0].device) for shape, group in self.groups.items()
        }

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One step at `factor` of the rate."""
        for shape, group in self.groups.items():
            grads = torch.stack([p.grad for p in group if p.grad is not None])
            velocity = self.velocity[shape]
            velocity.lerp_(grads, 1 - self.momentum)
            update = orthogonal(torch.lerp(grads, velocity, self.momentum))
            rate = self.rate * factor
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            torch._foreach_mul_(group, 1 - rate * self.decay)
            torch._foreach_add_(group, list(update.unbind()), alpha=-rate * scale)
