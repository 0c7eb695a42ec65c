"""Where a model is looked for, and in which order."""

import os
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.models import find_model
from agent.models.folder import fingerprint


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


def test_a_folder_on_its_way_in_or_out_is_no_model(tmp_path: Path) -> None:
    place(tmp_path / "models", ".removed-big")
    with pytest.raises(ConfigError, match=r"'\.removed-big' was not found"):
        find_model(".removed-big", None, tmp_path)


def test_an_unknown_name_is_answered_with_the_places(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'nowhere' was not found") as error:
        find_model("nowhere", tmp_path / "own", tmp_path / "state")
    assert str(tmp_path / "own" / "nowhere") in str(error.value)
    assert "share/jetson-agent/models/nowhere" in str(error.value)
    assert str(tmp_path / "state") not in str(error.value)


def test_a_model_for_another_engine_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "chat"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).touch()
    assert find_model("chat", tmp_path / "own", tmp_path) == folder


def test_a_fingerprint_is_of_names_sizes_and_times(tmp_path: Path) -> None:
    folder = place(tmp_path)
    prints = [fingerprint(folder)]
    assert fingerprint(folder) == prints[0]
    (folder / "weights").write_bytes(b"ab")
    prints.append(fingerprint(folder))
    (folder / "weights").write_bytes(b"abc")
    prints.append(fingerprint(folder))
    os.utime(folder / "weights", (1.0, 1.0))
    prints.append(fingerprint(folder))
    engine = folder / ".edgellm" / "engines" / "m" / "1"
    engine.mkdir(parents=True)
    assert fingerprint(folder) == prints[-1], "no engine yet"
    (engine / "jetson-agent.json").touch()
    prints.append(fingerprint(folder))
    assert len(set(prints)) == 5
    with pytest.raises(ConfigError, match="No such file"):
        fingerprint(tmp_path / "none")
