"""Whether CUDA graphs are used, and what becomes of a load that they fail. There is no card here: none is recorded."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.budget.prompt_chunk import MOST_CHUNK
from agent.engine.batching import BatchSearch, Rate, Trial
from agent.engine.child import load
from agent.engine.ort_genai import graphs
from agent.engine.pipe import EngineSpec, LoadError
from tests.integration.engine.test_conformance import request, run

ENGINES = ("ort_genai",)
LOADER = "agent.engine.ort_genai:load"


def found(*rates: float) -> BatchSearch:
    return BatchSearch(Trial("here", 64, tuple(Rate(2**place, rate) for place, rate in enumerate(rates))))


@pytest.mark.parametrize(
    ("most", "search", "alone"),
    [
        (1, None, True),
        (4, None, False),
        (64, BatchSearch(), True),
        (64, found(100, 100), True),
        (64, found(100, 180, 190), False),
        (1, found(100, 180, 190), True),
    ],
)
def test_one_request_at_a_time(most: int, search: BatchSearch | None, alone: bool) -> None:  # noqa: FBT001
    assert graphs.runs_alone(most, search) is alone


@pytest.mark.parametrize(
    ("provider_options", "is_for_cuda"),
    [([{"cuda": {"enable_cuda_graph": "0"}}], True), ([{"CUDA": {}}], True), ([{"webgpu": {}}], False), ([], False)],
)
def test_a_model_says_that_it_is_for_cuda(provider_options: list[object], is_for_cuda: bool) -> None:  # noqa: FBT001
    model = {"decoder": {"session_options": {"provider_options": provider_options}}}
    assert graphs.is_for_cuda(model) is is_for_cuda
    assert not graphs.is_for_cuda({"decoder": {}})


def loading(failing: tuple[bool, ...] = ()) -> tuple[Callable[[bool], str], list[bool]]:
    asked: list[bool] = []

    def load_it(with_graphs: bool) -> str:  # noqa: FBT001 - as it is called
        asked.append(with_graphs)
        if with_graphs in failing:
            raise RuntimeError("capture failed")
        return f"loaded {with_graphs}"

    return load_it, asked


def test_where_graphs_fail_it_is_loaded_without(caplog: pytest.LogCaptureFixture) -> None:
    load_it, asked = loading((True,))
    assert graphs.load_with_graphs(load_it, wanted=True) == "loaded False"
    assert asked == [True, False]
    (record,) = caplog.records
    assert (record.message, vars(record)["reason"]) == ("cuda_graph_unusable", "capture failed")


def test_graphs_that_work_stay_and_those_that_are_not_wanted_are_not_tried() -> None:
    load_it, asked = loading()
    assert graphs.load_with_graphs(load_it, wanted=True) == "loaded True"
    assert graphs.load_with_graphs(load_it, wanted=False) == "loaded False"
    assert asked == [True, False]
    broken, asked = loading((True, False))
    with pytest.raises(RuntimeError, match="capture failed"):
        graphs.load_with_graphs(broken, wanted=True)
    assert asked == [True, False]


class Counting:
    """A generator whose next token tells what it has read; a stale one goes back to something else."""

    def __init__(self, *, stale: bool) -> None:
        self._read: list[int] = []
        self._stale = stale

    def append_tokens(self, tokens: tuple[int, ...]) -> None:
        self._read += tokens

    def generate_next_token(self) -> None:
        self._read.append(sum(self._read) % 1009)

    def get_next_tokens(self) -> list[int]:
        return self._read[-1:]

    def rewind_to(self, length: int) -> None:
        del self._read[length - int(self._stale) :]


def test_what_going_back_changes_is_seen() -> None:
    graphs.check_replay(lambda: Counting(stale=False))
    with pytest.raises(RuntimeError, match="not the same"):
        graphs.check_replay(lambda: Counting(stale=True))


@pytest.fixture
def for_cuda(model_dir: Path, tmp_path: Path) -> Path:
    """The shipped model, as if it had been built for a GPU."""
    folder = Path(shutil.copytree(model_dir, tmp_path / "model", ignore=shutil.ignore_patterns("training")))
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["decoder"]["session_options"]["provider_options"] = [{"cuda": {"enable_cuda_graph": "0"}}]
    (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_where_there_is_no_gpu_it_is_not_the_graphs_that_are_blamed(
    for_cuda: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(LoadError, match=r"(?i)cuda"):
        load(EngineSpec("edge-tiny", for_cuda, LOADER))
    assert not caplog.records


def test_a_step_reads_as_much_of_a_prompt_as_it_may(model_dir: Path) -> None:
    wanted = request("a dog and a door " * 100, max_tokens=4)
    texts = []
    for chunk in (64, MOST_CHUNK):
        with closing(load(EngineSpec("edge-tiny", model_dir, LOADER, prompt_chunk=chunk))) as engine:
            engine.admit(wanted)
            engine.step()
            (tokens,) = engine.advanced().values()
            assert (tokens.prefill > 64) == (chunk == MOST_CHUNK)
            assert tokens.prefill <= chunk
            engine.cancel(wanted.id)
            engine.step()
            texts.append(run(engine, wanted).finished.text)
    assert texts[0] == texts[1]
