"""Whose turn it is, by what the host tells."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.candidates import Candidate, Way
from agent.engine.catalog import ONNXRUNTIME_GENAI, TENSORRT_EDGE_LLM, TENSORRT_LLM
from agent.engine.preference import MachineFacts
from agent.engine.protocol import Progress, Tokens, Work
from agent.engine_choice import EngineChoice
from agent.engine_outcomes import EngineOutcomes
from agent.events import EngineLost, LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.prompt import PromptId
from agent.units import Seconds

EDGE, TRT, GENAI = "tensorrt-edge-llm", "tensorrt-llm", "onnxruntime-genai"
WAYS = tuple(Way(engine, "1", None) for engine in (ONNXRUNTIME_GENAI, TENSORRT_LLM, TENSORRT_EDGE_LLM))
MODEL = Candidate("m", Path("/m"), None, ONNXRUNTIME_GENAI, WAYS, "f1")


class Bench:
    """A choice between three engines."""

    def __init__(self, folder: Path, *, is_auto: bool = True, model: Candidate = MODEL) -> None:
        self.model = model
        self.at = 1000.0
        self.outcomes = EngineOutcomes(folder / "engines.json")
        self.choice = EngineChoice(
            (model,),
            self.outcomes,
            machine=MachineFacts(has_gpu=True),
            load_timeout=Seconds(60.0),
            is_auto=is_auto,
            now=lambda: Seconds(self.at),
        )

    @property
    def order(self) -> list[str]:
        return [way.engine.name for way in self.choice.ways(self.model)]

    def fail(self, engine: str, problem: LoadProblem = LoadProblem.REFUSED, *, calm: bool = True) -> None:
        self.choice.engine_event(ModelLoadFailed("m", "broken", engine, problem), memory_is_calm=calm)

    def load(self, engine: str) -> None:
        self.choice.engine_event(ModelLoaded("m", 1.0, 100, engine), memory_is_calm=True)

    def unload(self) -> None:
        self.choice.engine_event(ModelUnloaded("m", "it had nothing to do"), memory_is_calm=True)

    def generate(self) -> None:
        work = (Work(PromptId("1"), Tokens(decode=1), Seconds(0.1)),)
        self.choice.ran(Progress(Seconds(0.0), Seconds(0.1), Seconds(0.1), Seconds(0.0), work))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_each_has_its_turn_before_one_comes_again(bench: Bench) -> None:
    assert bench.order == [EDGE, TRT, GENAI]
    bench.fail(EDGE, calm=False)
    assert bench.order == [TRT, GENAI, EDGE]
    assert bench.choice.tries_on("m")
    bench.fail(TRT, calm=False)
    assert bench.order == [GENAI, EDGE, TRT]
    bench.fail(GENAI, calm=False)
    assert bench.order == [EDGE, TRT, GENAI]
    assert not bench.choice.tries_on("m"), "all have failed"


def test_one_that_fails_twice_while_the_others_have_no_room_ends_the_round(bench: Bench) -> None:
    bench.fail(EDGE, calm=False)
    bench.fail(EDGE, calm=False)
    assert not bench.choice.tries_on("m")


def test_what_does_not_load_is_remembered_and_what_was_the_moment_is_not(bench: Bench, tmp_path: Path) -> None:
    bench.fail(EDGE, LoadProblem.KILLED)
    bench.fail(TRT, LoadProblem.CRASHED)
    bench.load(GENAI)
    bench.outcomes.save()
    assert Bench(tmp_path).order == [EDGE, GENAI, TRT]
    assert Bench(tmp_path, model=replace(MODEL, fingerprint="f2")).order == [EDGE, TRT, GENAI]


def test_one_for_which_there_was_no_memory_while_it_loaded_is_not_tried_again_at_once(bench: Bench) -> None:
    bench.choice.gives_way(MODEL.by(WAYS[2]), "memory is low")
    bench.unload()
    assert bench.order == [TRT, GENAI, EDGE]
    bench.load(TRT)
    assert bench.choice.why("m", TRT) == "tensorrt-edge-llm was tried first: memory is low"
    bench.unload()
    assert bench.order[0] == EDGE


def test_a_loaded_one_stays_and_the_moment_is_over_when_it_goes(bench: Bench) -> None:
    bench.fail(EDGE, LoadProblem.KILLED)
    bench.load(TRT)
    bench.choice.engine_event(EngineLost("signal SIGKILL"), memory_is_calm=True)
    assert bench.order[0] == TRT, "an engine that has loaded is started again"
    bench.unload()
    assert bench.order[0] == EDGE


def test_all_remembered_they_are_tried_all_the_same_and_success_is_remembered_too(bench: Bench) -> None:
    for engine in (EDGE, TRT, GENAI):
        bench.fail(engine)
    assert bench.order == [EDGE, TRT, GENAI]
    bench.load(TRT)
    bench.unload()
    assert bench.order == [TRT, EDGE, GENAI]


def test_one_that_loads_and_never_generates_gives_way_and_is_not_remembered(bench: Bench) -> None:
    def lose(reason: str = "signal SIGSEGV") -> None:
        bench.load(EDGE)
        bench.choice.engine_event(EngineLost(reason), memory_is_calm=True)

    lose()
    lose()
    bench.load(EDGE)
    bench.generate()
    for reason in ("signal SIGSEGV", "signal SIGKILL", "no progress for 120 s"):
        lose(reason)
        assert bench.order[0] == EDGE
    lose()
    assert bench.order == [TRT, GENAI, EDGE]
    bench.load(TRT)
    why = bench.choice.why("m", TRT)
    assert why == "tensorrt-edge-llm was tried first: it was lost 3 times without generating anything: signal SIGSEGV"
    bench.unload()
    assert bench.order[0] == EDGE


def test_an_order_of_the_operator_forgets(bench: Bench) -> None:
    bench.fail(EDGE)
    bench.load(TRT)
    bench.choice.reconsider(replace(MODEL, fingerprint="f1"))
    assert bench.order == [EDGE, TRT, GENAI]


def test_once_each_engine_has_failed_it_does_not_load_until_it_is_ordered(bench: Bench) -> None:
    bench.fail(EDGE)
    bench.fail(TRT)
    assert bench.choice.does_not_load("m") is None
    bench.fail(GENAI)
    assert bench.choice.does_not_load("m") == "m does not load by onnxruntime-genai: broken"
    bench.at += 1e9
    assert bench.choice.does_not_load("m") is not None
    bench.choice.reconsider(MODEL)
    assert bench.choice.does_not_load("m") is None


def test_a_moment_passes_and_is_believed_three_times(bench: Bench) -> None:
    for _ in range(3):
        assert bench.choice.does_not_load("m") is None
        bench.fail(EDGE)
        bench.fail(TRT, LoadProblem.KILLED)
        bench.fail(GENAI)
    assert bench.choice.does_not_load("m") is not None
    bench.at += 599.0
    assert bench.choice.does_not_load("m") is not None
    bench.at += 1.0
    assert bench.choice.does_not_load("m") is None


def test_what_has_loaded_loads(bench: Bench) -> None:
    for engine in (EDGE, TRT, GENAI):
        bench.fail(engine)
    bench.load(GENAI)
    assert bench.choice.does_not_load("m") is None


def test_it_says_why(bench: Bench, tmp_path: Path) -> None:
    assert bench.choice.why("m", EDGE) == "preferred here to tensorrt-llm, onnxruntime-genai"
    bench.fail(EDGE)
    assert bench.choice.why("m", TRT) == "tensorrt-edge-llm was tried first: broken"
    bench.load(TRT)
    bench.unload()
    assert bench.choice.why("m", TRT) == "tensorrt-edge-llm is not tried again, it did not load: broken"
    assert bench.choice.why("other", TRT) is None
    assert Bench(tmp_path, is_auto=False).choice.why("m", TRT) is None


def test_a_model_of_which_no_engine_is_known_is_as_it_is(bench: Bench) -> None:
    plain = Candidate("plain", Path("/p"), None)
    assert bench.choice.ways(plain) == (plain,)
