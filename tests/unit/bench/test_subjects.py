"""What the command line names."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.bench.subjects import Named, find_named, labels
from agent.engine.catalog import ENGINES, ONNXRUNTIME_GENAI
from agent.errors import ConfigError

BY_NAME = {str(engine.name): engine for engine in ENGINES}
NOT_HERE = replace(ONNXRUNTIME_GENAI, name="new", modules=("none_such",), advice="pip install new-engine")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two models: one of each kind."""
    (tmp_path / "genai").mkdir()
    (tmp_path / "genai" / "genai_config.json").touch()
    (tmp_path / "hf").mkdir()
    for file in ("config.json", "model.safetensors"):
        (tmp_path / "hf" / file).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "model", "engine"),
    [
        ("genai", "genai", "onnxruntime-genai"),
        ("hf", "hf", "tensorrt-llm"),
        ("hf:tensorrt-edge-llm", "hf", "tensorrt-edge-llm"),
        ("tensorrt-llm", "genai", "tensorrt-llm"),
        ("onnxruntime-genai", "genai", "onnxruntime-genai"),
        ("{models}/hf", "hf", "tensorrt-llm"),
        ("{models}/genai/:tensorrt-llm", "genai", "tensorrt-llm"),
    ],
)
def test_names(models: Path, text: str, model: str, engine: str) -> None:
    found = find_named(text.format(models=models), "genai", models, models / "state")
    assert found == Named(model, models / model, BY_NAME[engine])


@pytest.mark.parametrize("text", ["none-such", "genai:none-such", "./none-such/"])
def test_what_is_not_there(models: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="none-such"):
        find_named(text, "genai", models, models / "state")


@pytest.mark.parametrize("text", ["llama.cpp", "genai:llama.cpp"])
def test_what_is_no_engine_here_is_answered_with_what_pairs_them(models: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"no engine of this agent.*python -m tests\.bench\.cpu_path"):
        find_named(text, "genai", models, models / "state")


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ([("m", "x")], ("m",)),
        ([("m", "x"), ("n", "x")], ("m", "n")),
        ([("m", "x"), ("m", "y")], ("m (x)", "m (y)")),
        ([("m", "x"), ("m", "x")], ("m", "m again")),
        ([("/a/m", "x"), ("/other/m", "x")], ("a/m", "other/m")),
        ([("/m", "x"), ("/a/b/m", "x")], ("/m", "b/m")),
        ([("/a/b/m", "x"), ("/c/b/m", "y")], ("a/b/m (x)", "c/b/m (y)")),
    ],
)
def test_labels_tell_them_apart(found: list[tuple[str, str]], names: tuple[str, ...]) -> None:
    named = [
        Named(Path(folder).name, Path(folder), replace(ONNXRUNTIME_GENAI, name=engine)) for folder, engine in found
    ]
    assert labels(named) == names


def test_one_folder_by_two_ways_is_the_same_model_again(models: Path) -> None:
    (models / "current").symlink_to(models)
    found = find_named("genai", "", models / "current", models / "state")
    again = find_named("onnxruntime-genai", f"{found.model_dir}/", models / "current", models / "state")
    assert labels([found, again]) == ("genai", "genai again")


def test_a_model_by_a_link_and_by_its_own_name_is_the_same_again(models: Path) -> None:
    (models / "mine").symlink_to(models / "genai")
    found = find_named("mine", "", models, models / "state")
    again = find_named("onnxruntime-genai", f"{found.model_dir}/", models, models / "state")
    assert labels([found, again]) == ("mine", "mine again")


def test_an_engine_that_is_here_is_named_with_its_version(models: Path) -> None:
    library = find_named("genai", "genai", models, models / "state").library
    assert library.startswith("onnxruntime-genai 0.")
    assert "onnxruntime 1." in library


def test_an_engine_that_is_not_here_says_what_to_do(models: Path) -> None:
    named = replace(find_named("genai", "genai", models, models / "state"), engine=NOT_HERE)
    with pytest.raises(ConfigError, match="the engine new is not installed: pip install new-engine"):
        _ = named.library


def test_a_folder_that_is_no_model_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no model: it has none of genai_config\.json"):
        find_named(f"{tmp_path}/", "genai", tmp_path, tmp_path / "state")
