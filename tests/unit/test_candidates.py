"""Which engines can run a model here, and what is said where none can."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agent.candidates import find_candidate
from agent.config import Config, Device, Model
from agent.engine.catalog import KnownEngine
from agent.errors import ConfigError

ALL = {"onnxruntime-genai": "0.18.0", "tensorrt-llm": "1.2.1", "tensorrt-edge-llm": "0.11.0"}


def installed(versions: Mapping[str, str]) -> Callable[[KnownEngine], str | None]:
    return lambda engine: versions.get(engine.name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model for two engines."""
    (tmp_path / "m" / ".edgellm").mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "m" / name).touch()
    return tmp_path


def config(folder: Path, engine: str = "auto") -> Config:
    return Config(device=Device(id="d"), models_dir=folder, state_dir=folder, model=Model(name="m", engine=engine))


def test_every_engine_that_has_files_and_its_library(folder: Path) -> None:
    found = find_candidate("m", config(folder), installed=installed(ALL))
    assert [(way.engine.name, way.version) for way in found.ways] == [
        ("tensorrt-llm", "1.2.1"),
        ("tensorrt-edge-llm", "0.11.0"),
    ]
    assert (found.engine, found.geometry) == (found.ways[0].engine, None)
    only = find_candidate("m", config(folder), installed=installed({"tensorrt-edge-llm": "0.11.0"}))
    assert [way.engine.name for way in only.ways] == ["tensorrt-edge-llm"]


def test_a_named_engine_is_the_only_one(folder: Path) -> None:
    found = find_candidate("m", config(folder, "tensorrt-edge-llm"), installed=installed(ALL))
    assert [way.engine.name for way in found.ways] == ["tensorrt-edge-llm"]


@pytest.mark.parametrize(
    ("engine", "versions", "says"),
    [
        (
            "onnxruntime-genai",
            ALL,
            "model.engine is onnxruntime-genai, and .*/m has no files for it, but for tensorrt-llm, tensorrt-edge-llm",
        ),
        (
            "tensorrt-edge-llm",
            {"tensorrt-llm": "1"},
            "tensorrt-edge-llm, whose library is not installed. .* pip install tensorrt-edgellm",
        ),
        (
            "auto",
            {"onnxruntime-genai": "1"},
            "has files for tensorrt-llm, tensorrt-edge-llm, whose library is not installed",
        ),
    ],
)
def test_what_is_lacking_and_what_to_do(folder: Path, engine: str, versions: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        find_candidate("m", config(folder, engine), installed=installed(versions))


def test_no_model_at_all_is_told_with_what_is_looked_for(folder: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"genai_config\.json \(for onnxruntime-genai\), .*config\.json with \*\.safetensors"
    ):
        find_candidate("none", config(folder))


def test_the_files_have_a_fingerprint(folder: Path) -> None:
    before = find_candidate("m", config(folder), installed=installed(ALL))
    assert find_candidate("m", config(folder), installed=installed(ALL)) == before
    (folder / "m" / "model.safetensors").write_bytes(b"x")
    assert find_candidate("m", config(folder), installed=installed(ALL)).fingerprint != before.fingerprint
