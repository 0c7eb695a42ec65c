"""Writes GGUF files of Llama models: header, tokenizer, and tensors as they are given.

Needs the `gguf` package, of the `build` extra. The names are those of llama.cpp's Llama architecture
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType

Q4_0_BLOCK = 32
"""Weights that share a scale in Q4_0: a half-precision float and 16 bytes."""
BYTES_OF_Q4_0 = 2 + Q4_0_BLOCK // 2
PRE_TOKENIZER = "qwen2"
"""How the shipped tokenizer splits text before it merges: llama.cpp knows the same pattern under this name."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor as it is written.

    Attributes:
        name: In llama.cpp's naming.
        data: Numbers, or rows of quantized bytes.
        quantization: Of `data`.
    """

    name: str
    data: np.ndarray[Any, Any]
    quantization: GGMLQuantizationType


def write_gguf(
    out: Path,
    config: dict[str, Any],
    tokenizer: Path,
    tensors: Iterable[Tensor],
    file_type: LlamaFileType = LlamaFileType.MOSTLY_Q4_0,
) -> None:
    """Write a model.

    Args:
        out: The file.
        config: As a Hugging Face `config.json` has it.
        tokenizer: A folder with the tokenizer's files.
        tensors: All of the model's.
        file_type: What most of them are.
    """
    writer = GGUFWriter(out, "llama")
    writer.add_file_type(file_type)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    _add_tokenizer(writer, tokenizer)
    for tensor in tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: GGUFWriter, folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_bytes())
    settings = json.loads((folder / "tokenizer_config.json").read_bytes())
    vocab: dict[str, int] = content["model"]["vocab"]
    added: dict[str, int] = {token["content"]: token["id"] for token in content["added_tokens"]}
    texts = sorted(vocab | added, key=(vocab | added).__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(texts)
    writer.add_token_types([TokenType.CONTROL if text in added else TokenType.NORMAL for text in texts])
    writer.add_token_merges([" ".join(pair) for pair in content["model"]["merges"]])
    writer.add_bos_token_id(added[settings["bos_token"]])
    writer.add_eos_token_id(added[settings["eos_token"]])
    writer.add_pad_token_id(added[settings["pad_token"]])
    writer.add_add_bos_token(value=True)
    writer.add_chat_template((folder / "chat_template.jinja").read_text(encoding="utf-8"))
