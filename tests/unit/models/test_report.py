"""Which engines the list of models names, and by whose files its memory is predicted."""

import shutil
from pathlib import Path

import pytest

from agent.config import Config, Device
from agent.errors import ConfigError
from agent.models import find_model
from agent.models.catalog import Catalog, Entry
from agent.models.geometries import any_geometry, geometry_for
from agent.models.report import engines_here, verdict_of

SHIPPED = find_model("edge-tiny", None, Path("/none"))


def entry(folder: Path) -> Entry:
    return Entry(folder.name, None, folder, own=True)


def test_the_manifest_s_engines_and_those_of_the_files(tmp_path: Path) -> None:
    shipped = Catalog(None, tmp_path).find("edge-tiny")
    assert shipped is not None
    assert engines_here(shipped) == ("onnxruntime-genai",)
    (tmp_path / "m.gguf").touch()
    assert engines_here(entry(tmp_path)) == ("llama.cpp (not installed)",)


def test_the_memory_is_predicted_by_the_files_that_tell(tmp_path: Path) -> None:
    folder = tmp_path / "both"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("training"))
    (folder / "m.gguf").touch()
    assert any_geometry("both", folder) == geometry_for("onnxruntime-genai", "both", folder)
    (folder / "genai_config.json").unlink()
    with pytest.raises(ConfigError, match="does not tell"):
        any_geometry("both", folder)
    config = Config(device=Device(id="d"), models_dir=tmp_path, state_dir=tmp_path)
    assert verdict_of(entry(folder), config) is None


def test_what_nobody_can_read_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="what memory of-nobody needs for it is not known"):
        geometry_for("of-nobody", "m", tmp_path)
