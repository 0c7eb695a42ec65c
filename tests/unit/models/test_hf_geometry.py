"""A checkpoint's geometry is read from its own files, and what is no checkpoint is said so."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ConfigError
from agent.models.hf_geometry import read_hf_geometry

LLAMA_1B = {
    "architectures": ["LlamaForCausalLM"],
    "head_dim": 64,
    "hidden_size": 2048,
    "max_position_embeddings": 131072,
    "num_attention_heads": 32,
    "num_hidden_layers": 16,
    "num_key_value_heads": 8,
    "torch_dtype": "bfloat16",
    "vocab_size": 128256,
}


def checkpoint(folder: Path, **changed: Any) -> Path:  # noqa: ANN401 - values of a JSON object
    """A folder with the files that are read; a value of None leaves its key out."""
    config = {key: value for key, value in {**LLAMA_1B, **changed}.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "tokenizer.json").write_bytes(b"x" * 900)
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"x" * 7000)
    (folder / "model-00002-of-00002.safetensors").write_bytes(b"x" * 500)
    (folder / "consolidated.safetensors").write_bytes(b"x" * 7500)
    return folder


def test_llama(tmp_path: Path) -> None:
    geometry = read_hf_geometry("llama", checkpoint(tmp_path))
    assert (geometry.layers, geometry.kv_heads, geometry.head_size) == (16, 8, 64)
    assert (geometry.context_length, geometry.vocab_size, geometry.hidden_size) == (131072, 128256, 2048)
    assert (geometry.kv_value_bytes, geometry.token) == (2, 32 * 1024)
    assert (geometry.weights, geometry.tokenizer) == (7500, 900)


def test_what_older_models_leave_out(tmp_path: Path) -> None:
    geometry = read_hf_geometry("old", checkpoint(tmp_path, head_dim=None, num_key_value_heads=None))
    assert (geometry.kv_heads, geometry.head_size) == (32, 64)


@pytest.mark.parametrize(
    ("changed", "quantized", "width"),
    [
        ({"torch_dtype": "float32"}, None, 4),
        ({"torch_dtype": None}, None, 4),
        ({"torch_dtype": None, "dtype": "float16"}, None, 2),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, None, 2),
        ({"quantization_config": {"quant_algo": "FP8", "kv_cache_scheme": {"num_bits": 8, "type": "float"}}}, None, 1),
        ({"quantization_config": {"quant_method": "compressed-tensors", "kv_cache_scheme": None}}, None, 2),
        ({}, {"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}, 1),
        ({}, {"quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "NVFP4"}}, 0.5625),
        ({}, {"quantization": {"quant_algo": "W4A16_AWQ", "kv_cache_quant_algo": None}}, 2),
    ],
)
def test_how_wide_a_number_of_the_cache_is(
    tmp_path: Path, changed: dict[str, Any], quantized: dict[str, Any] | None, width: float
) -> None:
    checkpoint(tmp_path, **changed)
    if quantized is not None:
        (tmp_path / "hf_quant_config.json").write_text(json.dumps(quantized), encoding="utf-8")
    assert read_hf_geometry("m", tmp_path).kv_value_bytes == width


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    (checkpoint(tmp_path) / name).unlink()
    with pytest.raises(ConfigError, match=name):
        read_hf_geometry("m", tmp_path)


def test_a_folder_without_weights(tmp_path: Path) -> None:
    for file in checkpoint(tmp_path).glob("model*.safetensors"):
        file.unlink()
    with pytest.raises(ConfigError, match=r"no \*\.safetensors"):
        read_hf_geometry("m", tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_size": None},
        {"num_hidden_layers": 0},
        {"torch_dtype": "int3"},
        {"vocab_size": "many"},
        {"vocab_size": 10**400},
    ],
)
def test_a_configuration_that_says_too_little(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="'m'"):
        read_hf_geometry("m", checkpoint(tmp_path, **changed))


def test_what_is_no_json(tmp_path: Path) -> None:
    (checkpoint(tmp_path) / "config.json").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="'m'"):
        read_hf_geometry("m", tmp_path)


def test_a_quantizer_that_is_not_known(tmp_path: Path) -> None:
    checkpoint(tmp_path)
    (tmp_path / "hf_quant_config.json").write_text('{"quantization": {"kv_cache_quant_algo": "INT3"}}')
    with pytest.raises(ConfigError, match="INT3"):
        read_hf_geometry("m", tmp_path)
