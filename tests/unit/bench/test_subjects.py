"""What the command line names."""

from pathlib import Path

import pytest

from agent.bench.engines import ENGINES, EngineChoice
from agent.bench.subjects import Named, find_named, labels
from agent.errors import ConfigError


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two models: one of each kind."""
    for name, file in (("genai", "genai_config.json"), ("gguf", "model-q4_0.gguf")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "model", "engine"),
    [
        ("genai", "genai", "onnxruntime-genai"),
        ("gguf", "gguf", "llama.cpp"),
        ("genai:llama.cpp", "genai", "llama.cpp"),
        ("llama.cpp", "genai", "llama.cpp"),
        ("onnxruntime-genai", "genai", "onnxruntime-genai"),
        ("{models}/gguf", "gguf", "llama.cpp"),
        ("{models}/gguf/model-q4_0.gguf", "gguf", "llama.cpp"),
        ("{models}/genai/:llama.cpp", "genai", "llama.cpp"),
    ],
)
def test_names(models: Path, text: str, model: str, engine: str) -> None:
    found = find_named(text.format(models=models), "genai", models, models / "state")
    assert found == Named(model, models / model, engine)


@pytest.mark.parametrize("text", ["none-such", "genai:none-such", "./none-such/", "none-such.gguf"])
def test_what_is_not_there(models: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="none-such"):
        find_named(text, "genai", models, models / "state")


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ([("m", "x")], ("m",)),
        ([("m", "x"), ("n", "x")], ("m", "n")),
        ([("m", "x"), ("m", "y")], ("m (x)", "m (y)")),
        ([("m", "x"), ("m", "x")], ("m", "m again")),
    ],
)
def test_labels_tell_them_apart(found: list[tuple[str, str]], names: tuple[str, ...]) -> None:
    assert labels([Named(model, Path(model), engine) for model, engine in found]) == names


def test_an_engine_that_is_here_is_named_with_its_version() -> None:
    engine = ENGINES["onnxruntime-genai"]
    engine.check("onnxruntime-genai")
    assert engine.library.startswith("onnxruntime-genai 0.")


@pytest.mark.parametrize(
    ("loader", "module", "says"),
    [
        ("agent.engine.none_such:load", "json", "this version of the agent has no engine new"),
        ("agent.engine.ort_genai:load", "none_such", "the engine new is not installed: pip install new-engine"),
    ],
)
def test_an_engine_that_is_not_here_says_what_to_do(loader: str, module: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        EngineChoice(loader, module, ("new-engine",)).check("new")
