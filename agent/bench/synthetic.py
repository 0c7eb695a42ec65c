"""Builds a model of a real one's geometry with random weights, to measure speed where no weights can be had.

It needs the `build` extra, for `llama-3.2-1b` 10 GB of memory and two minutes of two cores, for `llama-3.2-3b` 23 GB
and five minutes. The result is what onnxruntime-genai's model builder makes of the real weights: INT4 in blocks of 128,
`accuracy_level` 4. Its tokenizer is the shipped model's with as many made-up words put behind as the geometry asks for,
so that every token has a text and costs what it would. Nothing that it says means anything.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.errors import ConfigError
from agent.models import find_model

_ROPE: dict[str, Any] = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8_192,
}
GEOMETRIES: dict[str, dict[str, Any]] = {
    "llama-3.2-1b": {
        "vocab_size": 128_256,
        "hidden_size": 2_048,
        "intermediate_size": 8_192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "max_position_embeddings": 131_072,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
        "rope_parameters": _ROPE,
    },
    "smollm2-360m": {
        "vocab_size": 49_152,
        "hidden_size": 960,
        "intermediate_size": 2_560,
        "num_hidden_layers": 32,
        "num_attention_heads": 15,
        "num_key_value_heads": 5,
        "head_dim": 64,
        "max_position_embeddings": 8_192,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100_000.0},
    },
    "llama-3.2-3b": {
        "vocab_size": 128_256,
        "hidden_size": 3_072,
        "intermediate_size": 8_192,
        "num_hidden_layers": 28,
        "num_attention_heads": 24,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 131_072,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
        "rope_parameters": _ROPE,
    },
}
"""As in the models' own config.json."""
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json")
_STDERR = 2
"""Where the builder tells how it goes on: our own output is the table."""
_PACKAGES = ("torch", "transformers", "onnx_ir")
BUILD = {"block_size": "128", "accuracy_level": "4", "hf_token": "false"}
PAGED = {"use_paged_attention": "true", "max_batch_size": "64", "max_scheduled_tokens": "4096"}
"""For the runtime's `Engine`, which batches continuously; CUDA only. In a step, what a large card reads at once."""
LAST_LOGITS_ONLY = {"prune_lm_head": "true"}
"""Of a prompt, only the last token's logits are computed: those that are needed."""


def write_tokenizer(source: Path, size: int, out: Path) -> None:
    """Copy a byte-level tokenizer and fill its vocabulary up."""
    for name in TOKENIZER_FILES:
        if (source / name).exists():
            shutil.copy(source / name, out)
    content = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    vocab = content["model"]["vocab"]
    taken = 1 + max(*vocab.values(), *(token["id"] for token in content["added_tokens"]))
    vocab.update({f"Ġw{number}": number for number in range(taken, size)})
    (out / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


def write_checkpoint(geometry: str, out: Path, provider: str) -> None:
    """Write a Hugging Face checkpoint with random weights beside a tokenizer."""
    import torch  # noqa: PLC0415 - of the build extra, and slow to import
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: PLC0415 - likewise

    tokenizer = PreTrainedTokenizerFast.from_pretrained(out)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)  # half the memory
    torch.set_default_device(provider)  # where there is a card, it draws random numbers much faster
    config = LlamaConfig(
        **GEOMETRIES[geometry],
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(out)


def build(checkpoint: Path, out: Path, provider: str, chosen: Mapping[str, str]) -> None:
    """Run onnxruntime-genai's model builder."""
    options = [f"{key}={value}" for key, value in chosen.items()]
    with tempfile.TemporaryDirectory(dir=out.parent) as cache:
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", str(checkpoint), "-o", str(out)]
        command += ["-p", "int4", "-e", provider, "-c", cache, "--extra_options", *options]
        subprocess.run(command, check=True, stdout=_STDERR)  # noqa: S603 - our own interpreter


def make(
    geometry: str,
    out: Path,
    provider: str = "cpu",
    tokenizer: Path | None = None,
    options: Mapping[str, str] = BUILD,
) -> None:
    """Build a model.

    Args:
        geometry: One of `GEOMETRIES`.
        out: The folder of the new model; it is there whole, or not at all.
        provider: What it will run on, `cpu` or `cuda`.
        tokenizer: A folder with tokenizer files. Default: the shipped model's.
        options: Of the model builder.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        checkpoint, model = Path(folder) / "checkpoint", Path(folder) / out.name
        checkpoint.mkdir()
        source = tokenizer or find_model("edge-tiny", None, checkpoint)
        write_tokenizer(source, GEOMETRIES[geometry]["vocab_size"], checkpoint)
        write_checkpoint(geometry, checkpoint, provider)
        build(checkpoint, model, provider, options)
        model.rename(out)


def cached(geometry: str) -> Path:
    """Where the model of a geometry is kept: in the user's folder for caches (XDG Base Directory Specification)."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "jetson-agent" / "synthetic" / geometry


def check_packages() -> None:
    """See whether models can be built here.

    Raises:
        ConfigError: Packages are missing.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"to build a synthetic model takes packages that are not installed ({', '.join(missing)}): "
            "pip install 'jetson-agent[build]'"
        )
