"""Which engines a folder's files are for, and which library is there."""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from agent.engine.catalog import ENGINES, ONNXRUNTIME_GENAI, EngineName, engines_for, files_in_words
from agent.engine.library import UNKNOWN_VERSION, installed_version
from agent.models.manifest import Engine


@pytest.mark.parametrize(
    ("files", "engines"),
    [
        ({"genai_config.json", "model.onnx"}, ["onnxruntime-genai"]),
        ({"genai_config.json", "config.json", "model.safetensors"}, ["onnxruntime-genai"]),
        ({"m.gguf"}, []),
        ({"config.json", "model-1.safetensors", "model-2.safetensors"}, ["tensorrt-llm"]),
        ({"config.json"}, []),
        ({"config.json", "model.safetensors", ".edgellm"}, ["tensorrt-llm", "tensorrt-edge-llm"]),
        ({".edgellm"}, []),
        ({"README.md"}, []),
        (set(), []),
    ],
)
def test_a_folder_may_be_a_model_for_several(files: set[str], engines: list[str]) -> None:
    assert [engine.name for engine in engines_for(files)] == engines


def test_the_names_are_the_same_everywhere() -> None:
    assert [engine.name for engine in ENGINES] == list(EngineName)
    assert {str(name) for name in Engine} == {*map(str, EngineName), "openai"}


def test_what_is_looked_for_is_told_of_each() -> None:
    assert all(f"{engine.files} (for {engine.name})" in files_in_words() for engine in ENGINES)


def test_a_library_is_looked_up() -> None:
    own, runtime = version("onnxruntime-genai"), version("onnxruntime")
    assert installed_version(ONNXRUNTIME_GENAI) == f"{own} with onnxruntime {runtime}"
    assert installed_version(replace(ONNXRUNTIME_GENAI, packages=("none-such",))) == UNKNOWN_VERSION
    assert installed_version(replace(ONNXRUNTIME_GENAI, modules=("onnxruntime_genai", "none_such"))) is None


def test_a_library_that_was_not_installed_to_the_end_has_a_version_that_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    half = replace(ONNXRUNTIME_GENAI, packages=("half-installed",))
    assert installed_version(half) == UNKNOWN_VERSION
