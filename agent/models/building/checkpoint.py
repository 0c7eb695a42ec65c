"""Reads what a checkpoint in Hugging Face's form says of itself: geometry, number of parameters, size."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ConfigError
from agent.models.manifest import Shape
from agent.units import Bytes

_LONGEST_HEADER = 100_000_000
"""Bytes: as the format's own reader has it."""
_PACKED = 8
"""INT4 weights in 32 bits."""
_KV_VALUE_BYTES = 2.0
"""The engines that load quantized checkpoints keep the KV cache in 16 bits, unless told otherwise."""


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore")

    model_type: str
    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    num_hidden_layers: int = Field(gt=0)
    num_attention_heads: int = Field(gt=0)
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    max_position_embeddings: int = Field(gt=0)
    quantization_config: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint.

    Attributes:
        parameters: Numbers in its weights.
        size: Of its weights' files.
        shape: If it were loaded as it is.
    """

    folder: Path
    parameters: int
    size: Bytes
    shape: Shape


def read_checkpoint(folder: Path, quantized: str | None = None) -> Checkpoint:
    """Look at a folder.

    Args:
        folder: The checkpoint's.
        quantized: How its weights have to be quantized already; None: not at all.

    Raises:
        ConfigError: It is no checkpoint that can be built from; the message says what is missing.
    """
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            raise ConfigError(f"{folder}: not a checkpoint in Hugging Face's form: there is no {name}")
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise ConfigError(f"{folder}: there are no weights as *.safetensors; other forms are not read")
    checkpoint = describe(folder)
    config = _config(folder)
    method = None if config.quantization_config is None else str(config.quantization_config.get("quant_method"))
    if method != quantized:
        wrong = "not quantized" if method is None else f"quantized already ({method})"
        raise ConfigError(f"{folder}: its weights are {wrong}, and should be {quantized or 'in full precision'}")
    return checkpoint


def describe(folder: Path) -> Checkpoint:
    """What the files of a checkpoint say, quantized ones included.

    Raises:
        ConfigError: They are not what they should be.
    """
    config = _config(folder)
    weights = sorted(folder.glob("*.safetensors"))
    size = Bytes(sum(file.stat().st_size for file in weights))
    shape = Shape(
        context_length=config.max_position_embeddings,
        layers=config.num_hidden_layers,
        kv_heads=config.num_key_value_heads or config.num_attention_heads,
        head_size=config.head_dim or config.hidden_size // config.num_attention_heads,
        hidden_size=config.hidden_size,
        vocab_size=config.vocab_size,
        kv_value_bytes=_KV_VALUE_BYTES,
        weights=size,
        tokenizer=(folder / "tokenizer.json").stat().st_size,
    )
    return Checkpoint(folder, sum(map(_parameters, weights)), size, shape)


def chat_form(folder: Path) -> str:
    """Whose form of conversation the chat template writes, by its marks."""
    file = folder / "chat_template.jinja"
    text = (file if file.is_file() else folder / "tokenizer_config.json").read_text(encoding="utf-8")
    forms = (("<|start_header_id|>", "llama-3"), ("<|im_start|>", "chatml"), ("[INST]", "mistral"))
    return next((form for mark, form in forms if mark in text), "its own")


def _config(folder: Path) -> _Config:
    try:
        return _Config.model_validate_json((folder / "config.json").read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{folder / 'config.json'}: {where}: {first['msg']}") from error


def _parameters(file: Path) -> int:
    """Of a safetensors file, by its header: its length in 8 bytes, little-endian, then JSON."""
    with file.open("rb") as content:
        length = int.from_bytes(content.read(8), "little")
        if length > _LONGEST_HEADER:
            raise ConfigError(f"{file}: not a safetensors file")
        try:
            header: dict[str, Any] = json.loads(content.read(length))
            return sum(_numbers(name, tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{file}: not a safetensors file") from error


def _numbers(name: str, shape: list[int]) -> int:
    """Weights in a tensor: AWQ packs eight into one integer, beside the scales and zeros of blocks."""
    if name.endswith((".scales", ".qzeros")):
        return 0
    return math.prod(shape) * (_PACKED if name.endswith(".qweight") else 1)
