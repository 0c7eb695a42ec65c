"""Whose turn it is, by what the host tells."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.candidates import Candidate, Way
from agent.engine.catalog import LLAMA_CPP, ONNXRUNTIME_GENAI, TENSORRT_LLM
from agent.engine.preference import MachineFacts
from agent.engine.protocol import Progress, Tokens, Work
from agent.engine_choice import EngineChoice
from agent.engine_outcomes import EngineOutcomes
from agent.events import EngineLost, LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.prompt import PromptId
from agent.units import Seconds

TRT, GENAI, LLAMA = "tensorrt-llm", "onnxruntime-genai", "llama.cpp"
WAYS = tuple(Way(engine, "1", None) for engine in (ONNXRUNTIME_GENAI, TENSORRT_LLM, LLAMA_CPP))
MODEL = Candidate("m", Path("/m"), None, ONNXRUNTIME_GENAI, WAYS, "f1")


class Bench:
    """A choice between three engines."""

    def __init__(self, folder: Path, *, is_auto: bool = True, model: Candidate = MODEL) -> None:
        self.model = model
        self.outcomes = EngineOutcomes(folder / "engines.json")
        self.choice = EngineChoice(
            (model,),
            self.outcomes,
            machine=MachineFacts(has_gpu=True),
            load_timeout=Seconds(60.0),
            is_auto=is_auto,
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

    def run(self, decode: int, busy: float, requests: int = 1) -> None:
        work = tuple(Work(PromptId(str(n)), Tokens(decode=decode), Seconds(busy)) for n in range(requests))
        self.choice.ran("m", Progress(Seconds(0.0), Seconds(busy), Seconds(busy), Seconds(0.0), work))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_each_has_its_turn_before_one_comes_again(bench: Bench) -> None:
    assert bench.order == [TRT, GENAI, LLAMA]
    bench.fail(TRT, calm=False)
    assert bench.order == [GENAI, LLAMA, TRT]
    assert bench.choice.tries_on("m")
    bench.fail(GENAI, calm=False)
    assert bench.order == [LLAMA, TRT, GENAI]
    bench.fail(LLAMA, calm=False)
    assert bench.order == [TRT, GENAI, LLAMA]
    assert not bench.choice.tries_on("m"), "all have failed"


def test_one_that_fails_twice_while_the_others_have_no_room_ends_the_round(bench: Bench) -> None:
    bench.fail(TRT, calm=False)
    bench.fail(TRT, calm=False)
    assert not bench.choice.tries_on("m")


def test_what_does_not_load_is_remembered_and_what_was_the_moment_is_not(bench: Bench, tmp_path: Path) -> None:
    bench.fail(TRT, LoadProblem.KILLED)
    bench.fail(GENAI, LoadProblem.CRASHED)
    bench.load(LLAMA)
    bench.outcomes.save()
    assert Bench(tmp_path).order == [TRT, LLAMA, GENAI]
    assert Bench(tmp_path, model=replace(MODEL, fingerprint="f2")).order == [TRT, GENAI, LLAMA]


def test_one_for_which_there_was_no_memory_while_it_loaded_is_not_tried_again_at_once(bench: Bench) -> None:
    bench.choice.gives_way(MODEL.by(WAYS[1]), "memory is low")
    bench.unload()
    assert bench.order == [GENAI, LLAMA, TRT]
    bench.load(GENAI)
    assert bench.choice.why("m", GENAI) == "tensorrt-llm was tried first: memory is low"
    bench.unload()
    assert bench.order[0] == TRT


def test_a_loaded_one_stays_and_the_moment_is_over_when_it_goes(bench: Bench) -> None:
    bench.fail(TRT, LoadProblem.KILLED)
    bench.load(GENAI)
    bench.choice.engine_event(EngineLost("signal SIGKILL"), memory_is_calm=True)
    assert bench.order[0] == GENAI, "an engine that has loaded is started again"
    bench.unload()
    assert bench.order[0] == TRT


def test_all_remembered_they_are_tried_all_the_same_and_success_is_remembered_too(bench: Bench) -> None:
    for engine in (TRT, GENAI, LLAMA):
        bench.fail(engine)
    assert bench.order == [TRT, GENAI, LLAMA]
    bench.load(GENAI)
    bench.unload()
    assert bench.order == [GENAI, TRT, LLAMA]


def test_one_that_loads_and_never_generates_gives_way_and_is_not_remembered(bench: Bench) -> None:
    def lose(reason: str = "signal SIGSEGV") -> None:
        bench.load(TRT)
        bench.choice.engine_event(EngineLost(reason), memory_is_calm=True)

    lose()
    lose()
    bench.load(TRT)
    bench.run(1, 0.1)
    for reason in ("signal SIGSEGV", "signal SIGKILL", "no progress for 120 s"):
        lose(reason)
        assert bench.order[0] == TRT
    lose()
    assert bench.order == [GENAI, LLAMA, TRT]
    bench.load(GENAI)
    why = bench.choice.why("m", GENAI)
    assert why == "tensorrt-llm was tried first: it was lost 3 times without generating anything: signal SIGSEGV"
    bench.unload()
    assert bench.order[0] == TRT


def test_an_order_of_the_operator_forgets(bench: Bench) -> None:
    bench.fail(TRT)
    bench.load(GENAI)
    bench.choice.reconsider(replace(MODEL, fingerprint="f1"))
    assert bench.order == [TRT, GENAI, LLAMA]


def test_it_says_why(bench: Bench, tmp_path: Path) -> None:
    assert bench.choice.why("m", TRT) == "preferred here to onnxruntime-genai, llama.cpp"
    bench.fail(TRT)
    assert bench.choice.why("m", GENAI) == "tensorrt-llm was tried first: broken"
    bench.load(GENAI)
    bench.unload()
    assert bench.choice.why("m", GENAI) == "tensorrt-llm is not tried again, it did not load: broken"
    assert bench.choice.why("other", GENAI) is None
    assert Bench(tmp_path, is_auto=False).choice.why("m", GENAI) is None


def test_the_faster_one_is_known_once_each_has_run_alone(bench: Bench) -> None:
    bench.load(LLAMA)
    bench.run(200, 10.0)
    bench.run(1000, 1.0, requests=2)
    bench.run(100, 5.0)
    bench.unload()
    bench.load(GENAI)
    bench.run(255, 25.5)
    assert bench.order == [TRT, GENAI, LLAMA]
    bench.run(1, 0.1)
    assert bench.order == [TRT, GENAI, LLAMA], "what is loaded stays"
    bench.unload()
    assert bench.order == [TRT, LLAMA, GENAI]
    bench.load(LLAMA)
    assert bench.order == [TRT, LLAMA, GENAI]
    remembered = bench.outcomes.of(MODEL, Seconds(60.0))
    assert {name: known.tokens_per_s for name, known in remembered.items()} == {LLAMA: 20.0, GENAI: 10.0}


def test_a_model_of_which_no_engine_is_known_is_as_it_is(bench: Bench) -> None:
    plain = Candidate("plain", Path("/p"), None)
    assert bench.choice.ways(plain) == (plain,)
