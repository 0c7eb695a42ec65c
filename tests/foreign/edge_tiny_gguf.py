"""Writes a checkpoint in Hugging Face's form as a GGUF file for llama.cpp, 16-bit floats.

`python -m tests.foreign.edge_tiny_gguf --checkpoint DIR --out FILE`; needs the `gguf` and `safetensors` packages.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, LlamaFileType
from safetensors.numpy import load_file

from tests.bench.gguf_file import Tensor, write_gguf

_PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def pair_rotated_rows(weight: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """The rows of a query or key projection as llama.cpp has them.

    Hugging Face's Llama rotates a head's row `i` with `i + width / 2`, llama.cpp's its row `2i` with `2i + 1`.

    Args:
        weight: (heads * width, columns).
        heads: Of queries or of keys.
    """
    halves = weight.reshape(heads, 2, -1, weight.shape[1])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def tensors(config: dict[str, Any], weights: dict[str, np.ndarray[Any, Any]]) -> Iterator[Tensor]:
    """All tensors under llama.cpp's names: matrices as 16-bit floats, norms as 32-bit ones."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    outside = {"model.embed_tokens.weight": "token_embd", "model.norm.weight": "output_norm"}
    for name, weight in weights.items():
        if name in outside:
            yield _tensor(outside[name], weight)
            continue
        _, _, layer, part = name.removesuffix(".weight").split(".", 3)  # of `model.layers.3.mlp.up_proj.weight`
        there = _PARTS[part]
        rows = pair_rotated_rows(weight, heads[there]) if there in heads else weight
        yield _tensor(f"blk.{layer}.{there}", rows)


def _tensor(name: str, weight: np.ndarray[Any, Any]) -> Tensor:
    if weight.ndim == 1:
        return Tensor(f"{name}.weight", weight.astype(np.float32), GGMLQuantizationType.F32)
    return Tensor(f"{name}.weight", np.ascontiguousarray(weight, np.float16), GGMLQuantizationType.F16)


def main() -> None:
    """Read the command line and convert."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder with safetensors and tokenizer files")
    parser.add_argument("--out", type=Path, required=True, help="the GGUF file")
    arguments = parser.parse_args()
    config = json.loads((arguments.checkpoint / "config.json").read_bytes())
    weights = load_file(arguments.checkpoint / "model.safetensors")
    found = tensors(config, weights)
    write_gguf(arguments.out, config, arguments.checkpoint, found, LlamaFileType.MOSTLY_F16)


if __name__ == "__main__":
    main()
