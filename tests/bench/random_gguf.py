"""Random Q4_0 weights under llama.cpp's names, for a GGUF file of a given geometry."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType

from tests.bench.gguf_file import BYTES_OF_Q4_0, Q4_0_BLOCK, Tensor

_SCALE = 0.003
"""With it a weight is as large as one of a freshly initialized Llama: 0.02 at most."""


def random_tensors(config: dict[str, Any]) -> Iterator[Tensor]:
    """All tensors of a Llama with tied embeddings.

    Args:
        config: As a Hugging Face `config.json` has it.
    """
    random = np.random.default_rng(0)
    width, inner = config["hidden_size"], config["intermediate_size"]
    queries = config["num_attention_heads"] * config["head_dim"]
    keys = config["num_key_value_heads"] * config["head_dim"]
    yield _matrix(random, "token_embd", config["vocab_size"], width)
    yield _norm("output_norm", width)
    for layer in range(config["num_hidden_layers"]):
        block = f"blk.{layer}"
        yield _norm(f"{block}.attn_norm", width)
        yield _norm(f"{block}.ffn_norm", width)
        for name, rows, columns in (
            ("attn_q", queries, width),
            ("attn_k", keys, width),
            ("attn_v", keys, width),
            ("attn_output", width, queries),
            ("ffn_gate", inner, width),
            ("ffn_up", inner, width),
            ("ffn_down", width, inner),
        ):
            yield _matrix(random, f"{block}.{name}", rows, columns)


def _norm(name: str, width: int) -> Tensor:
    return Tensor(f"{name}.weight", np.ones(width, np.float32), GGMLQuantizationType.F32)


def _matrix(random: np.random.Generator, name: str, rows: int, columns: int) -> Tensor:
    blocks = np.empty((rows, columns // Q4_0_BLOCK, BYTES_OF_Q4_0), np.uint8)
    blocks[..., :2] = np.frombuffer(np.float16(_SCALE).tobytes(), np.uint8)
    blocks[..., 2:] = np.frombuffer(random.bytes(blocks[..., 2:].size), np.uint8).reshape(blocks[..., 2:].shape)
    return Tensor(f"{name}.weight", blocks.reshape(rows, -1), GGMLQuantizationType.Q4_0)
