"""A model for CUDA without a card: when its steps are recorded as graphs, and how much of a prompt a step reads."""

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import onnxruntime_genai as og
import pytest

from agent.budget.prompt_chunk import LEAST_CHUNK, MOST_CHUNK
from agent.engine.child import load
from agent.engine.ort_genai import graphs, loading, trial
from agent.engine.pipe import EngineSpec, LoadError
from tests.integration.engine.test_conformance import request, run

ENGINES = ("ort_genai",)
LOADER = "agent.engine.ort_genai:load"


@pytest.mark.parametrize(
    ("provider_options", "is_for_cuda"),
    [([{"cuda": {"enable_cuda_graph": "0"}}], True), ([{"CUDA": {}}], True), ([{"webgpu": {}}], False), ([], False)],
)
def test_a_model_says_that_it_is_for_cuda(provider_options: list[object], is_for_cuda: bool) -> None:  # noqa: FBT001
    model = {"decoder": {"session_options": {"provider_options": provider_options}}}
    assert graphs.is_for_cuda(model) is is_for_cuda
    assert not graphs.is_for_cuda({"decoder": {}})


@pytest.fixture
def for_cuda(model_dir: Path, tmp_path: Path) -> Path:
    """The shipped model, as if it had been built for a GPU."""
    folder = Path(shutil.copytree(model_dir, tmp_path / "model", ignore=shutil.ignore_patterns("training")))
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["decoder"]["session_options"]["provider_options"] = [{"cuda": {"enable_cuda_graph": "1"}}]
    (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["plain", "paged", "vision"])
def test_whether_steps_are_recorded_the_agent_says(for_cuda: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    config = json.loads((for_cuda / "genai_config.json").read_text(encoding="utf-8"))
    match form:
        case "paged":
            config["engine"] = {"dynamic_batching": {}}
        case "vision":
            config["model"]["vision"] = {}
    (for_cuda / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    switched: list[bool] = []

    def switch(_config: object, *, on: bool) -> None:
        switched.append(on)

    monkeypatch.setattr(graphs, "switch", switch)
    with pytest.raises(LoadError, match=r"(?i)cuda"):
        load(EngineSpec("edge-tiny", for_cuda, LOADER))
    assert switched == [form != "vision"]


@pytest.mark.parametrize(
    ("chunk", "rate", "most"),
    [(LEAST_CHUNK, 1e9, LEAST_CHUNK), (MOST_CHUNK, 1e9, MOST_CHUNK), (MOST_CHUNK, 300.0, 256), (MOST_CHUNK, 1.0, 64)],
)
def test_a_step_reads_as_much_of_a_prompt_as_it_may_and_can_in_time(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, rate: float, most: int
) -> None:
    monkeypatch.setattr(loading, "reading_rate", lambda _model, _most: rate)
    wanted = request("a dog and a door " * 100, max_tokens=4)
    with closing(load(EngineSpec("edge-tiny", model_dir, LOADER, prompt_chunk=chunk))) as engine:
        engine.admit(wanted)
        engine.step()
        (tokens,) = engine.advanced().values()
        assert min(most, 400) <= tokens.prefill <= most
        engine.cancel(wanted.id)
        engine.step()
        text = run(engine, wanted).finished.text
    with closing(load(EngineSpec("edge-tiny", model_dir, LOADER))) as engine:
        assert text == run(engine, wanted).finished.text


def test_how_fast_a_model_reads_is_measured(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, read = 0.0, []

    class Counted(og.Generator):  # type: ignore[misc]  # the library has no types
        def append_tokens(self, tokens: Sequence[int]) -> None:
            nonlocal now
            now += 0.25
            read.append(len(tokens))
            super().append_tokens(tokens)

        def generate_next_token(self) -> None:
            nonlocal now
            now += 0.25
            super().generate_next_token()

    monkeypatch.setattr(og, "Generator", Counted)
    monkeypatch.setattr(trial, "boottime", lambda: now)
    assert trial.reading_rate(og.Model(str(model_dir)), 128) == 256.0
    assert read == [128, 128]


@pytest.mark.parametrize(("context_length", "chunk"), [(4096, 128), (200, MOST_CHUNK)])
def test_it_is_measured_with_what_there_is_memory_and_context_for(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context_length: int, chunk: int
) -> None:
    folder = Path(shutil.copytree(model_dir, tmp_path / "model", ignore=shutil.ignore_patterns("training")))
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["context_length"] = config["search"]["max_length"] = context_length
    (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    asked = []

    def rate(model: object, most: int) -> float:
        asked.append(most)
        return trial.reading_rate(model, most)

    monkeypatch.setattr(loading, "reading_rate", rate)
    load(EngineSpec("edge-tiny", folder, LOADER, prompt_chunk=chunk)).close()
    assert asked == [min(chunk, context_length - 1)]
