"""Which engines can run a model here, and what is said where none can."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agent.candidates import find_candidate
from agent.config import Config, Device, Model
from agent.engine.catalog import KnownEngine
from agent.errors import ConfigError

ALL = {"onnxruntime-genai": "0.18.0", "tensorrt-llm": "1.0", "tensorrt-edge-llm": "0.11.0", "llama.cpp": "0.3"}


def installed(versions: Mapping[str, str]) -> Callable[[KnownEngine], str | None]:
    return lambda engine: versions.get(engine.name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model in two forms."""
    (tmp_path / "m").mkdir()
    for name in ("genai_config.json", "m.gguf"):
        (tmp_path / "m" / name).touch()
    return tmp_path


def config(folder: Path, engine: str = "auto") -> Config:
    return Config(device=Device(id="d"), models_dir=folder, state_dir=folder, model=Model(name="m", engine=engine))


def test_every_engine_that_has_files_and_its_library(folder: Path) -> None:
    found = find_candidate("m", config(folder), installed=installed(ALL))
    assert [(way.engine.name, way.version) for way in found.ways] == [
        ("onnxruntime-genai", "0.18.0"),
        ("llama.cpp", "0.3"),
    ]
    assert (found.engine, found.geometry) == (found.ways[0].engine, None)
    only = find_candidate("m", config(folder), installed=installed({"llama.cpp": "0.3"}))
    assert [way.engine.name for way in only.ways] == ["llama.cpp"]


def test_a_named_engine_is_the_only_one(folder: Path) -> None:
    found = find_candidate("m", config(folder, "llama.cpp"), installed=installed(ALL))
    assert [way.engine.name for way in found.ways] == ["llama.cpp"]


@pytest.mark.parametrize(
    ("engine", "versions", "says"),
    [
        ("tensorrt-llm", ALL, r"model.engine is tensorrt-llm, and .*/m has no files for it, but for onnxruntime-genai"),
        (
            "llama.cpp",
            {"onnxruntime-genai": "1"},
            "llama.cpp, whose library is not installed. .* pip install llama-cpp",
        ),
        ("auto", {"tensorrt-llm": "1"}, "has files for onnxruntime-genai, llama.cpp, whose library is not installed"),
    ],
)
def test_what_is_lacking_and_what_to_do(folder: Path, engine: str, versions: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        find_candidate("m", config(folder, engine), installed=installed(versions))


def test_no_model_at_all_is_told_with_what_is_looked_for(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"genai_config\.json \(for onnxruntime-genai\), .*exactly one \*\.gguf"):
        find_candidate("none", config(folder))


def test_the_files_have_a_fingerprint(folder: Path) -> None:
    before = find_candidate("m", config(folder), installed=installed(ALL))
    assert find_candidate("m", config(folder), installed=installed(ALL)) == before
    (folder / "m" / "m.gguf").write_bytes(b"x")
    assert find_candidate("m", config(folder), installed=installed(ALL)).fingerprint != before.fingerprint
