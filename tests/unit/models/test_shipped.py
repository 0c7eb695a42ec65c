"""The manifests in this repository are what the code works out, and what the models in it are."""

import shutil
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.models.catalog import Catalog
from agent.models.manifest import HubSource, UpstreamSource
from agent.models.manifest_file import parse_manifest, read_manifest
from agent.models.shipped import manifest_schema, renewed
from agent.models.verify import verify

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "models"


def test_the_manifests_are_up_to_date() -> None:
    """Failing: run `python -m agent.models models docs/reference`."""
    assert {file.name: file.read_text(encoding="utf-8") for file in MODELS.glob("*.yaml")} == renewed(MODELS)


def test_the_schema_is_up_to_date() -> None:
    """Failing: likewise."""
    assert (ROOT / "docs" / "reference" / "manifest.schema.json").read_text(encoding="utf-8") == manifest_schema()


def test_another_byte_in_the_shipped_model_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "edge-tiny", tmp_path / "edge-tiny", ignore=shutil.ignore_patterns("training"))
    shutil.copy(MODELS / "edge-tiny.yaml", tmp_path)
    before = renewed(tmp_path)
    with (tmp_path / "edge-tiny" / "chat_template.jinja").open("ab") as file:
        file.write(b" ")
    assert renewed(tmp_path) != before
    wrong = list(verify(read_manifest(tmp_path / "edge-tiny.yaml"), tmp_path / "edge-tiny"))
    assert [(checked.path, checked.wrong is None) for checked in wrong][:2] == [
        ("chat_template.jinja", False),
        ("genai_config.json", True),
    ]


def test_what_ships_is_known() -> None:
    entries = {entry.name: entry for entry in Catalog(None, Path("/nowhere"), (MODELS,)).entries()}
    assert set(entries) >= {"edge-tiny", "llama-3.2-1b-instruct-int4", "llama-3.2-3b-instruct-int4"}
    for entry in entries.values():
        assert entry.manifest is not None
        if isinstance(entry.manifest.source, UpstreamSource):
            assert not entry.manifest.files
        if isinstance(entry.manifest.source, HubSource):
            assert entry.manifest.predicted is not None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: edge-tiny", "name: ../x", "name: String should match"),
        ("- path: model.onnx\n", "- path: ../model.onnx\n", "path: String should match"),
        ("- path: model.onnx\n", "- path: .bashrc\n", "path: String should match"),
        ("parameters:", "weight:", "parameters: Field required"),
        ("sha256: ", "sha256: x", "sha256: String should match"),
        ("title: ", "title: [", "not YAML"),
        ("shipped: true", "hub: a/b/c", "String should match"),
        ("title: ", "note: 2024-13-45\ntitle: ", "a value cannot be read"),
        ("title: ", f"note: {'9' * 5000}\ntitle: ", "a value cannot be read"),
        ("title: ", "note: !!bool perhaps\ntitle: ", "a value cannot be read"),
        ("title: ", "note: !!timestamp x\ntitle: ", "a value cannot be read"),
        ("title: ", f"note: {'59:' * 400}59.5\ntitle: ", "a value cannot be read"),
        ("title: ", 'note: "\\UFFFFFFFF"\ntitle: ', "a value cannot be read"),
        ("title: ", f"note: {'[' * 5000}\ntitle: ", "nested too deeply"),
        ("kv_value_bytes: ", "kv_value_bytes: .inf\n#", "kv_value_bytes: Input should be"),
        ("kv_value_bytes: ", "kv_value_bytes: .nan\n#", "kv_value_bytes: Input should be"),
        ("weights: ", f"weights: {'9' * 400}\n#", "weights: Input should be less than"),
        ("parameters: ", f"parameters: 0x{'f' * 5000}\n#", "parameters: Input should be less than"),
        ("  size: ", f"  size: {'9' * 400}\n#", "size: Input should be less than"),
    ],
)
def test_what_is_no_manifest_is_told(old: str, new: str, says: str) -> None:
    text = (MODELS / "edge-tiny.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ConfigError, match=says):
        parse_manifest(text.replace(old, new), "here")


def test_a_manifest_has_its_models_name(tmp_path: Path) -> None:
    shutil.copy(MODELS / "edge-tiny.yaml", tmp_path / "other.yaml")
    with pytest.raises(ConfigError, match=r"must be called edge-tiny\.yaml"):
        Catalog(tmp_path, tmp_path, ()).find("other")
