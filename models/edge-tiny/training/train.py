"""Train edge-tiny from scratch, and write a Hugging Face checkpoint.

    python train.py --tokenizer out/tokenizer --output out/checkpoint --seed 1 --steps 4000

On one GPU it takes minutes; `--layers 1 --tokens 2048 --steps 3` is a dry run for a processor.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from fakequant import Rounded
from network import Geometry, Network, Packing, attention_for, load_checkpoint, save_checkpoint
from optimizer import Muon
from packing import Batches, Recipe
from torch.utils.data import DataLoader

if TYPE_CHECKING:
    from torch import Tensor

_WARM_UP = 100
_SHOWN_EVERY = 250


def schedule(progress: float, step: int, decay_from: float) -> float:
    """The factor of the learning rate: a warm-up, a plateau, then linearly to nothing."""
    return min(1.0, (step + 1) / _WARM_UP) * min(1.0, max(0.0, 1 - progress) / (1 - decay_from))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument(
        "--max-minutes", type=float, default=60.0, help="the schedule hurries to its end when time runs out"
    )
    parser.add_argument("--tokens", type=int, default=65_536, help="tokens in a step")
    parser.add_argument("--layers", type=int, default=Geometry().layers)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.003)
    parser.add_argument("--decay-from", type=float, default=0.4, help="the share after which the rate falls")
    parser.add_argument("--workers", type=int, default=14)
    parser.add_argument(
        "--round-from",
        type=float,
        default=2.0,
        help="the share of training after which weights are rounded to 4 bits in the forward pass",
    )
    parser.add_argument("--no-compile", action="store_true")
    return parser.parse_args()


def _to(batch: dict[str, Tensor], device: str) -> dict[str, Tensor]:
    return {k: v.to(device, non_blocking=True) for k, v in batch.items()}


def train(args: argparse.Namespace) -> Network:
    """Run the training and return the network."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(args.seed)
    network = Network(Geometry(layers=args.layers), attention_for(device)).to(device)
    if args.start:
        load_checkpoint(network, args.start)
    print(f"parameters: {sum(p.numel() for p in network.parameters()):,}", flush=True)
    matrices = [p for n, p in network.named_parameters() if p.ndim > 1 and "embed" not in n]
    others = [p for n, p in network.named_parameters() if p.ndim <= 1 or "embed" in n]
    muon = Muon(matrices, args.muon_rate)
    adam = torch.optim.AdamW(others, lr=args.adam_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=device == "cuda")
    rounded = Rounded(network)
    compute = network.loss if args.no_compile or device == "cpu" else torch.compile(network.loss, dynamic=False)
    text = (args.tokenizer / "tokenizer.json").read_text(encoding="utf-8")
    loader = DataLoader(
        Batches(text, Recipe(args.seed, args.tokens)),
        batch_size=None,
        num_workers=args.workers,
        prefetch_factor=4 if args.workers else None,
        pin_memory=device == "cuda",
    )
    begun = time.monotonic()
    shown = (0, begun)
    for step, raw in enumerate(loader):
        progress = max(step / args.steps, (time.monotonic() - begun) / 60 / args.max_minutes)
        if progress >= 1:
            break
        factor = schedule(progress, step, args.decay_from)
        adam.param_groups[0]["lr"] = args.adam_rate * factor
        longest = int(raw.pop("longest"))
        batch = _to(raw, device)
        packing = Packing(batch["bounds"], batch["positions"], longest)
        with (
            rounded.applied(progress >= args.round_from),
            torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"),
        ):
            loss, answers = compute(batch["tokens"], packing, batch["targets"], batch["weights"])
            loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(factor)
        adam.step()
        network.zero_grad(set_to_none=True)
        if step % _SHOWN_EVERY == 0 or step <= 1:
            now = time.monotonic()
            speed = (step - shown[0]) * args.tokens / max(1e-9, now - shown[1])
            print(
                f"step {step} progress {progress:.3f} loss {loss.item():.4f} answers {answers.item():.4f} "
                f"{speed:,.0f} tokens/s {now - begun:.0f} s",
                flush=True,
            )
            shown = (step, now)
    print(f"trained {step} steps, {step * args.tokens:,} tokens, {time.monotonic() - begun:.0f} s", flush=True)
    return network


def main() -> None:
    """Train and save."""
    args = _arguments()
    network = train(args)
    config = json.loads((args.tokenizer / "tokenizer_config.json").read_text(encoding="utf-8"))
    special = {
        t["content"]: t["id"]
        for t in json.loads((args.tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    }
    save_checkpoint(network, args.output, {k: special[config[f"{k}_token"]] for k in ("bos", "eos", "pad")})


if __name__ == "__main__":
    main()
