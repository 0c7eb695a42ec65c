"""Train edge-tiny from scratch, and write a Hugging Face checkpoint.

    python train.py --tokenizer out/tokenizer --output out/checkpoint --seed 1 --steps 4000
    python -m torch.distributed.run --standalone --nproc-per-node gpu train.py ...

On one GPU it takes minutes; several share each step. `--layers 1 --tokens 2048 --steps 3` is a dry run for a processor.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from queue import Empty, Queue
from random import Random
from threading import Thread
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from fakequant import Rounded
from network import Geometry, Network, Packing, attention_for, load_checkpoint, save_checkpoint
from optimizer import Muon
from packing import Batches, Recipe
from torch.utils.data import DataLoader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

_WARM_UP = 100
_SHOWN_EVERY = 250
_AGREED_EVERY = 10
_KEPT = 2000


def schedule(progress: float, step: int, decay_from: float) -> float:
    """The factor of the learning rate: a warm-up, a plateau, then linearly to nothing."""
    return min(1.0, (step + 1) / _WARM_UP) * min(1.0, max(0.0, 1 - progress) / (1 - decay_from))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--resume", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument(
        "--max-minutes", type=float, default=60.0, help="the schedule hurries to its end when time runs out"
    )
    parser.add_argument("--tokens", type=int, default=65_536, help="tokens of each GPU in a step")
    parser.add_argument("--layers", type=int, default=Geometry().layers)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.003)
    parser.add_argument("--decay-from", type=float, default=0.4, help="the share after which the rate falls")
    parser.add_argument("--workers", type=int, default=14, help="processes of each GPU that make the corpus")
    parser.add_argument(
        "--round-from",
        type=float,
        default=2.0,
        help="the share of training after which weights are rounded to 4 bits in the forward pass",
    )
    parser.add_argument("--uses", type=int, default=1, help="how often a batch may be used when no new one waits")
    parser.add_argument("--no-compile", action="store_true")
    return parser.parse_args()


def _to(batch: dict[str, Tensor], device: str) -> dict[str, Tensor]:
    return {k: v.to(device, non_blocking=True) for k, v in batch.items() if k != "longest"}


class Replayed:
    """Batches for a GPU that is faster than the processes that make the corpus: when no new one waits, an old one.

    Args:
        fresh: New batches, without end.
        uses: How often a batch is used at most.
        kept: How many are kept for that.
        rng: Chooses among them.
    """

    def __init__(self, fresh: Iterator[dict[str, Tensor]], uses: int, kept: int, rng: Random) -> None:
        self._fresh, self._uses, self._kept, self._rng = fresh, uses, kept, rng
        self._waiting: Queue[dict[str, Tensor]] = Queue(maxsize=8)
        self._used: list[tuple[dict[str, Tensor], int]] = []
        self.new = 0
        Thread(target=self._fetch, daemon=True).start()

    def _fetch(self) -> None:
        for batch in self._fresh:
            self._waiting.put(batch)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Yield batches for ever."""
        while True:
            enough = len(self._used) >= self._kept // 20
            try:
                batch, times = self._waiting.get(block=not enough), 0
                self.new += 1
            except Empty:
                batch, times = self._used.pop(self._rng.randrange(len(self._used)))
            if times + 1 < self._uses:
                self._used.append((batch, times + 1))
                if len(self._used) > self._kept:
                    del self._used[self._rng.randrange(len(self._used))]
            yield batch


class Group:
    """The processes that train together, one for each GPU; without `torch.distributed.run`, this one alone."""

    def __init__(self) -> None:
        self.rank, self.size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        if self.size > 1:
            if torch.cuda.is_available():
                torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")

    def average(self, parameters: list[Tensor]) -> None:
        """Make every process's gradients their mean."""
        if self.size == 1:
            return
        grads = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([grad.flatten() for grad in grads])
        dist.all_reduce(flat)
        for grad, total in zip(grads, flat.split([grad.numel() for grad in grads]), strict=True):
            grad.copy_(total.view_as(grad) / self.size)

    def agreed(self, number: float, device: str) -> float:
        """The first process's number, in all of them."""
        if self.size == 1:
            return number
        told = torch.tensor([number], device=device, dtype=torch.float64)
        dist.broadcast(told, 0)
        return float(told.item())


def train(args: argparse.Namespace, group: Group) -> Network:
    """Run the training and return the network."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(args.seed)  # the same in every process, so that all begin alike
    network = Network(Geometry(layers=args.layers), attention_for(device)).to(device)
    if args.resume:
        load_checkpoint(network, args.resume)
    print(f"parameters: {sum(p.numel() for p in network.parameters()):,}", flush=True)
    matrices = [p for n, p in network.named_parameters() if p.ndim > 1 and "embed" not in n]
    others = [p for n, p in network.named_parameters() if p.ndim <= 1 or "embed" in n]
    muon = Muon(matrices, args.muon_rate)
    adam = torch.optim.AdamW(others, lr=args.adam_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=device == "cuda")
    rounded = Rounded(network)
    compute = network.loss if args.no_compile or device == "cpu" else torch.compile(network.loss, dynamic=False)
    text = (args.tokenizer / "tokenizer.json").read_text(encoding="utf-8")
    loader = DataLoader(
        Batches(text, Recipe(args.seed * 16 + group.rank, args.tokens)),
        batch_size=None,
        num_workers=args.workers,
        prefetch_factor=4 if args.workers else None,
    )
    batches = Replayed(iter(loader), args.uses, _KEPT, Random(args.seed))  # noqa: S311 - reproducible, not secret
    begun = time.monotonic()
    shown = (0, begun)
    progress = 0.0
    for step, raw in enumerate(batches):
        if step % _AGREED_EVERY == 0:
            progress = max(step / args.steps, (time.monotonic() - begun) / 60 / args.max_minutes)
            progress = group.agreed(progress, device)
        if progress >= 1:
            break
        factor = schedule(progress, step, args.decay_from)
        adam.param_groups[0]["lr"] = args.adam_rate * factor
        longest = int(raw["longest"])
        batch = _to(raw, device)
        packing = Packing(batch["bounds"], batch["positions"], longest)
        with (
            rounded.applied(progress >= args.round_from),
            torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"),
        ):
            loss, answers = compute(batch["tokens"], packing, batch["targets"], batch["weights"])
            loss.backward()
        group.average([*matrices, *others])
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(factor)
        adam.step()
        network.zero_grad(set_to_none=True)
        if group.rank == 0 and (step % _SHOWN_EVERY == 0 or step <= 1):
            now = time.monotonic()
            speed = (step - shown[0]) * args.tokens * group.size / max(1e-9, now - shown[1])
            print(
                f"step {step} progress {progress:.3f} loss {loss.item():.4f} answers {answers.item():.4f} "
                f"{speed:,.0f} tokens/s, {batches.new} new batches, {now - begun:.0f} s",
                flush=True,
            )
            shown = (step, now)
    print(
        f"trained {step} steps, {step * args.tokens * group.size:,} tokens, {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    return network


def main() -> None:
    """Train and save."""
    args = _arguments()
    group = Group()
    network = train(args, group)
    if group.rank:
        return
    save_checkpoint(network, args.output, args.tokenizer)


if __name__ == "__main__":
    main()
