"""Where a model is looked for, and in which order."""

from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.models import find_model


def place(models: Path, name: str = "edge-tiny") -> Path:
    folder = models / name
    folder.mkdir(parents=True)
    (folder / "genai_config.json").write_text("{}", encoding="utf-8")
    return folder


def test_the_models_dir_comes_before_the_state_dir_and_both_before_the_shipped(tmp_path: Path) -> None:
    in_state = place(tmp_path / "state" / "models")
    assert find_model("edge-tiny", None, tmp_path / "state") == in_state
    own = place(tmp_path / "own")
    assert find_model("edge-tiny", tmp_path / "own", tmp_path / "state") == own


def test_a_folder_without_a_model_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "models" / "other").mkdir(parents=True)
    with pytest.raises(ConfigError):
        find_model("other", None, tmp_path)


def test_an_unknown_name_is_answered_with_the_places(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'nowhere' was not found") as error:
        find_model("nowhere", tmp_path / "own", tmp_path / "state")
    assert str(tmp_path / "own" / "nowhere") in str(error.value)
    assert "share/jetson-agent/models/nowhere" in str(error.value)
    assert str(tmp_path / "state") not in str(error.value)
