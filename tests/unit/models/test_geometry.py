"""A model's geometry is read from its own files, and what is no model is said so."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ConfigError, ModelDamagedError
from agent.models import find_model
from agent.models.geometry import read_geometry
from agent.models.onnx_file import Node, read_onnx
from tests.vision_model import FILES as SEEING

SHIPPED = find_model("edge-tiny", None, Path("/none"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped model's configuration, graph and tokenizer."""
    for name in ("genai_config.json", "model.onnx", "model.onnx.data", "tokenizer.json"):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def test_the_shipped_model() -> None:
    geometry = read_geometry("edge-tiny", SHIPPED)
    assert (geometry.layers, geometry.kv_heads, geometry.head_size, geometry.kv_value_bytes) == (13, 2, 64, 4)
    assert (geometry.context_length, geometry.vocab_size, geometry.hidden_size) == (4096, 4096, 384)
    assert geometry.token == 13 * 2 * 64 * 2 * 4
    files = sum((SHIPPED / name).stat().st_size for name in ("model.onnx", "model.onnx.data"))
    embedding = 4096 * 12 * 16 + 4096 * 12 * 4  # INT4 and its scales: input and output share them
    assert geometry.weights == files + embedding


def test_the_graph() -> None:
    onnx = read_onnx(SHIPPED / "model.onnx")
    assert sum(node.op_type == "GroupQueryAttention" for node in onnx.nodes) == 13
    assert onnx.initializers["lm_head.MatMul.weight_Q4"] == 4096 * 12 * 16
    assert onnx.inputs["past_key_values.0.key"] == 4
    assert onnx.inputs["input_ids"] == 8


def test_where_it_runs_and_which_logits_it_works_out(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = json.loads((copy / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["decoder"]["session_options"]["provider_options"] = [{"cuda": {"enable_cuda_graph": "0"}}]
    (copy / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    on_gpu, shipped = read_geometry("edge-tiny", copy), read_geometry("edge-tiny", SHIPPED)
    assert (on_gpu.is_on_gpu, on_gpu.last_logits_only) == (True, False)
    assert (shipped.is_on_gpu, shipped.last_logits_only) == (False, False)
    whole = read_onnx(SHIPPED / "model.onnx")
    head = Node("MatMulNBits", ("/lm_head/prune/Unsqueeze/output_0", "lm_head.MatMul.weight_Q4"))
    plain, paged = replace(whole, nodes=(*whole.nodes, head)), {**whole.inputs, "logits_indices": 8.0}
    for pruned in (plain, replace(whole, inputs=paged)):
        monkeypatch.setattr("agent.models.geometry.read_onnx", lambda _path, pruned=pruned: pruned)
        assert read_geometry("edge-tiny", copy).last_logits_only


def test_a_model_that_sees_has_three_parts() -> None:
    geometry = read_geometry("seeing", SEEING)
    parts = ("decoder.onnx", "vision.onnx", "embedding.onnx")
    assert geometry.weights >= sum((SEEING / part).stat().st_size for part in parts)
    assert (geometry.layers, geometry.kv_heads, geometry.head_size, geometry.kv_value_bytes) == (2, 2, 16, 4)


@pytest.mark.parametrize("content", [b"{}", b"not an ONNX file", b"\x3a\xff\x01", b"\xff" * 100, b"\x07"])
def test_what_is_no_graph(copy: Path, content: bytes) -> None:
    (copy / "model.onnx").write_bytes(content)
    with pytest.raises(ModelDamagedError, match="edge-tiny"):
        read_geometry("edge-tiny", copy)


def test_a_number_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"\xff" * 10 + b"\x01")
    with pytest.raises(ModelDamagedError, match="a number of more than 10 bytes"):
        read_onnx(tmp_path / "model.onnx")


@pytest.mark.parametrize("name", ["genai_config.json", "model.onnx", "tokenizer.json"])
def test_a_file_that_is_missing_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ConfigError, match=name):
        read_geometry("edge-tiny", copy)


def test_a_configuration_without_what_it_takes(copy: Path) -> None:
    config = json.loads((copy / "genai_config.json").read_text(encoding="utf-8"))
    del config["model"]["decoder"]["head_size"]
    (copy / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"genai_config\.json: model\.decoder\.head_size: Field required"):
        read_geometry("edge-tiny", copy)


def test_a_configuration_that_is_cut_off(copy: Path) -> None:
    (copy / "genai_config.json").write_text('{"model": {', encoding="utf-8")
    with pytest.raises(ModelDamagedError, match=r"genai_config\.json: Invalid JSON"):
        read_geometry("edge-tiny", copy)


def test_an_empty_graph(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"")
    with pytest.raises(ModelDamagedError, match="is empty"):
        read_geometry("edge-tiny", copy)


def with_decoder(copy: Path, **told: object) -> Path:
    """The model whose configuration tells something else of its decoder."""
    config = json.loads((copy / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["decoder"] |= told
    (copy / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    return copy


def test_a_cache_that_the_graph_does_not_have(copy: Path) -> None:
    with_decoder(copy, inputs={"past_key_names": "past_key_%d"})
    with pytest.raises(ConfigError, match="no input past_key_0") as raised:
        read_geometry("edge-tiny", copy)
    assert not isinstance(raised.value, ModelDamagedError), "an engine may know what to do with it"


@pytest.mark.parametrize("name", ["head_size", "hidden_size", "num_hidden_layers", "num_key_value_heads"])
def test_a_number_that_no_model_has(copy: Path, name: str) -> None:
    with_decoder(copy, **{name: 10**400})
    with pytest.raises(ConfigError, match="edge-tiny"):
        read_geometry("edge-tiny", copy)


def test_a_tensor_that_no_model_has(tmp_path: Path) -> None:
    dims, float_type, name = b"\x08\xff\xff\xff\xff\xff\xff\x7f", b"\x10\x01", b"\x42\x01w"
    tensor = dims * 8 + float_type + name
    graph = b"\x0a\x00" + b"\x2a" + bytes([len(tensor)]) + tensor
    (tmp_path / "model.onnx").write_bytes(b"\x3a" + bytes([len(graph)]) + graph)
    with pytest.raises(ModelDamagedError, match="bytes in w"):
        read_onnx(tmp_path / "model.onnx")
