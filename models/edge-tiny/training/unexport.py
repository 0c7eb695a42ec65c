"""Make a checkpoint of an exported INT4 model, to train on from: the shipped file is the only one that is kept.

The weights are those that the export rounded to, which training with `--round-from` was used to.

    python unexport.py --model .. --output out/shipped
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from fakequant import BITS, BLOCK
from network import Geometry, Network, attention_for, save_checkpoint
from onnx import numpy_helper

_QUERY_ROWS = Geometry().heads * Geometry().head_width
_KEY_ROWS = Geometry().kv_heads * Geometry().head_width
_ZERO = 2 ** (BITS - 1)


def weights(packed: np.ndarray, scales: np.ndarray) -> torch.Tensor:
    """The weights (out, in) of ONNX Runtime's MatMulNBits.

    Args:
        packed: (out, blocks, `BLOCK` / 2), two values a byte, the first one low.
        scales: One for each block.
    """
    values = np.stack((packed & 0x0F, packed >> 4), axis=-1).astype(np.float32) - _ZERO
    blocks = values.reshape(packed.shape[0], -1, BLOCK) * scales.reshape(packed.shape[0], -1, 1)
    return torch.from_numpy(blocks.reshape(packed.shape[0], -1))


def read(folder: Path) -> dict[str, torch.Tensor]:
    """Every parameter of `network.Network` by its name there."""
    found = {i.name: numpy_helper.to_array(i) for i in onnx.load(folder / "model.onnx").graph.initializer}
    out: dict[str, torch.Tensor] = {}
    for name, value in found.items():
        if name.endswith("weight_Q4"):
            whole = weights(value, found[name.replace("_Q4", "_scales")])
            base = name.removesuffix(".MatMul.weight_Q4")
            if base == "lm_head":
                out["embed_tokens.weight"] = whole
                continue
            layer = ".".join(base.split(".")[1:3])  # of `model.layers.3.attn.o_proj`
            part = base.rsplit(".", 1)[-1]
            if part == "qkv_proj":
                split = whole.split([_QUERY_ROWS, _KEY_ROWS, _KEY_ROWS])
                out |= {f"{layer}.{n}_proj.weight": w for n, w in zip("qkv", split, strict=True)}
            else:
                out[f"{layer}.{part}.weight"] = whole
        elif name.endswith("layernorm.weight"):
            _, _, layer, part, _ = name.split(".")
            norm = "norm" if part == "final_norm_layernorm" else f"layers.{layer}.{part}"
            out[f"{norm}.weight"] = torch.from_numpy(value.copy())
    return out


def checkpoint(model: Path, folder: Path) -> Network:
    """Make a checkpoint of an exported model."""
    found = read(model)
    layers = 1 + max(int(n.split(".")[1]) for n in found if n.startswith("layers."))
    network = Network(Geometry(layers=layers), attention_for("cpu"))
    network.load_state_dict(found)
    save_checkpoint(network, folder, model)
    return network


def main() -> None:
    """Read and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    network = checkpoint(args.model, args.output)
    print(f"{network.g.layers} layers, {sum(p.numel() for p in network.parameters()):,} parameters")


if __name__ == "__main__":
    main()
