"""Builds a model of a real one's geometry with random weights, to measure speed where no weights can be had.

`python -m tests.bench.random_model --geometry llama-3.2-1b --out DIR` needs the `build` extra, 10 GB of memory and two
minutes of two cores; `llama-3.2-3b` needs 23 GB and five minutes. The result is what onnxruntime-genai's model builder
makes of the real weights: INT4 in blocks of 128, `accuracy_level` 4, for the CPU. Its tokenizer is the shipped model's
with as many made-up words put behind as the geometry asks for, so that every token has a text and costs what it would.
Nothing that it says means anything.

`--format gguf` makes a GGUF file of the same geometry for llama.cpp instead, in seconds: every matrix in Q4_0. It needs
the `gguf` package of the `build` extra alone.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

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
BUILD = {"block_size": "128", "accuracy_level": "4", "hf_token": "false"}


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


def build(checkpoint: Path, out: Path, provider: str, *, last_logits_only: bool) -> None:
    """Run onnxruntime-genai's model builder."""
    chosen = {**BUILD, "prune_lm_head": "true"} if last_logits_only else BUILD
    options = [f"{key}={value}" for key, value in chosen.items()]
    with tempfile.TemporaryDirectory(dir=out.parent) as cache:
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", str(checkpoint), "-o", str(out)]
        subprocess.run([*command, "-p", "int4", "-e", provider, "-c", cache, "--extra_options", *options], check=True)


def write_random_gguf(geometry: str, tokenizer: Path, out: Path) -> None:
    """Write a GGUF file with random weights."""
    from tests.bench.gguf_file import write_gguf  # noqa: PLC0415 - likewise
    from tests.bench.random_gguf import random_tensors  # noqa: PLC0415 - of the build extra

    write_gguf(out, GEOMETRIES[geometry], tokenizer, random_tensors(GEOMETRIES[geometry]))


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geometry", choices=GEOMETRIES, default="llama-3.2-1b")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new model")
    parser.add_argument("--format", choices=("onnx", "gguf"), default="onnx", help="for which engine")
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer files; default: the shipped model's")
    parser.add_argument("--execution-provider", choices=("cpu", "cuda"), default="cpu", help="what it will run on")
    parser.add_argument("--last-logits-only", action="store_true", help="the builder's prune_lm_head")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.out.parent) as folder:
        checkpoint = Path(folder)
        tokenizer = arguments.tokenizer or find_model("edge-tiny", None, checkpoint)
        write_tokenizer(tokenizer, GEOMETRIES[arguments.geometry]["vocab_size"], checkpoint)
        if arguments.format == "gguf":
            arguments.out.mkdir(exist_ok=True)
            write_random_gguf(arguments.geometry, checkpoint, arguments.out / "model.gguf")
            return
        write_checkpoint(arguments.geometry, checkpoint, arguments.execution_provider)
        build(checkpoint, arguments.out, arguments.execution_provider, last_logits_only=arguments.last_logits_only)


if __name__ == "__main__":
    main()
