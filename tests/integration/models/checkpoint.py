"""A checkpoint in Hugging Face's form with edge-tiny's tokenizer and geometry, and weights that are none."""

import json
import shutil
from pathlib import Path

from agent.models.folder import SOURCE_TREE

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
_CONFIG = {
    "model_type": "llama",
    "vocab_size": 4096,
    "hidden_size": 384,
    "num_hidden_layers": 13,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 4096,
}
_TENSORS = {"model.embed_tokens.weight": [4096, 384], "model.norm.weight": [384]}


def place_checkpoint(folder: Path, tensors: dict[str, list[int]] | None = None, **config: object) -> Path:
    """Write it; the safetensors file is its header only."""
    folder.mkdir(exist_ok=True)
    for name in _TOKENIZER:
        shutil.copy(SOURCE_TREE / "edge-tiny" / name, folder)
    (folder / "config.json").write_text(json.dumps(_CONFIG | config), encoding="utf-8")
    entries = {name: {"dtype": "F16", "shape": shape} for name, shape in (tensors or _TENSORS).items()}
    header = json.dumps({"__metadata__": {"format": "pt"}, **entries}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    return folder
