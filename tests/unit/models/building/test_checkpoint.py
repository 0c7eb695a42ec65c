"""What a checkpoint's own files say."""

import json
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.models.building.checkpoint import chat_form, read_checkpoint
from agent.models.building.licence import licence_of
from tests.integration.models.checkpoint import place_checkpoint


def test_geometry_parameters_and_chat_form(tmp_path: Path) -> None:
    found = read_checkpoint(place_checkpoint(tmp_path))
    assert found.parameters == 4096 * 384 + 384
    assert (found.geometry.layers, found.geometry.kv_heads, found.geometry.head_size) == (13, 2, 64)
    assert found.geometry.weights == found.size == (tmp_path / "model.safetensors").stat().st_size
    assert chat_form(tmp_path) == "llama-3"


def test_packed_weights_are_counted_as_what_they_are(tmp_path: Path) -> None:
    tensors = {"a.qweight": [384, 8], "a.scales": [3, 64], "a.qzeros": [3, 8], "norm.weight": [384]}
    place_checkpoint(tmp_path, tensors, quantization_config={"quant_method": "awq"})
    assert read_checkpoint(tmp_path, "awq").parameters == 384 * 64 + 384
    with pytest.raises(ConfigError, match=r"quantized already \(awq\), and should be in full precision"):
        read_checkpoint(tmp_path)


def test_the_way_it_should_be_quantized(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not quantized, and should be awq"):
        read_checkpoint(place_checkpoint(tmp_path), "awq")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    (place_checkpoint(tmp_path) / name).unlink()
    with pytest.raises(ConfigError, match=f"there is no {name}"):
        read_checkpoint(tmp_path)


def test_other_weights_are_not_read(tmp_path: Path) -> None:
    file = place_checkpoint(tmp_path) / "model.safetensors"
    for content in (b"\xff" * 16, b"\x02" + bytes(7) + b"[]", b"\x09" + bytes(7) + b'{"a": {}}'):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match="not a safetensors file"):
            read_checkpoint(tmp_path)
    file.rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"no weights as \*\.safetensors"):
        read_checkpoint(tmp_path)


def test_a_configuration_that_is_none(tmp_path: Path) -> None:
    file = place_checkpoint(tmp_path) / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"hidden_size": 0}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"hidden_size: Input should be greater"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("card", "name", "url", "is_then"),
    [
        ("---\nlicense: apache-2.0\n---\n# M", None, None, ("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")),
        ("---\nlicense: llama3.2\n---", None, None, ("Llama 3.2 Community License", "https://www.llama.com/llama3_2/license/")),
        ("---\nlicense: other\nlicense_name: own\nlicense_link: https://e.org/l\n---\n", None, None, ("own", "https://e.org/l")),
        ("---\nlicense: mit\n---\n", "MINE", "https://e.org/m", ("MINE", "https://e.org/m")),
        ("", "MINE", "https://e.org/m", ("MINE", "https://e.org/m")),
    ],
)  # fmt: skip
def test_whose_terms_hold(
    tmp_path: Path, card: str, name: str | None, url: str | None, is_then: tuple[str, str]
) -> None:
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    licence = licence_of(tmp_path, name, url)
    assert (licence.name, str(licence.url)) == is_then


@pytest.mark.parametrize(
    "card", [None, "# M", "---\nlicense: [\n---\n", "---\nlicense: other\n---\n", "---\n- a\n---\n"]
)
def test_terms_that_nobody_names_are_asked_for(tmp_path: Path, card: str | None) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card, encoding="utf-8")
    with pytest.raises(ConfigError, match="--licence NAME --licence-url URL"):
        licence_of(tmp_path, None, None)
