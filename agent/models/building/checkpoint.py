"""Reads what a checkpoint in Hugging Face's form says of itself: geometry, number of parameters, size."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.budget.memory import Geometry
from agent.errors import ConfigError
from agent.models.hf_geometry import read_hf_geometry
from agent.units import Bytes

_LONGEST_HEADER = 100_000_000
"""Bytes: as the format's own reader has it."""
_PACKED = 8
"""INT4 weights in 32 bits."""


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore")

    quantization_config: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint.

    Attributes:
        parameters: Numbers in its weights.
        size: Of its weights' files.
        geometry: If it were loaded as it is.
    """

    folder: Path
    parameters: int
    size: Bytes
    geometry: Geometry


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
    geometry = read_hf_geometry(folder.name, folder)
    config = _Config.model_validate_json((folder / "config.json").read_bytes())
    method = None if config.quantization_config is None else str(config.quantization_config.get("quant_method"))
    if method != quantized:
        wrong = "not quantized" if method is None else f"quantized already ({method})"
        raise ConfigError(f"{folder}: its weights are {wrong}, and should be {quantized or 'in full precision'}")
    size = Bytes(sum(file.stat().st_size for file in weights))
    return Checkpoint(folder, sum(map(_parameters, weights)), size, geometry)


def chat_form(folder: Path) -> str:
    """Whose form of conversation the chat template writes, by its marks."""
    file = folder / "chat_template.jinja"
    text = (file if file.is_file() else folder / "tokenizer_config.json").read_text(encoding="utf-8")
    forms = (("<|start_header_id|>", "llama-3"), ("<|im_start|>", "chatml"), ("[INST]", "mistral"))
    return next((form for mark, form in forms if mark in text), "its own")


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
