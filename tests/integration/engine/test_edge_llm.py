"""What is this engine's own: engines built ahead, several at once, what the runtime does on its threads."""

import json
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.budget.memory import workspace
from agent.engine.edge_llm import EdgeLlmEngine
from agent.engine.edge_llm_build import BuildError, build
from agent.engine.edge_llm_build import main as build_here
from agent.engine.edge_llm_files import RECORD, cache_dir, engines
from agent.engine.pipe import EngineSpec, LoadError
from agent.engine.preference import is_lasting
from agent.engine.protocol import Finished, GenerationRequest
from agent.errors import ErrorCode, RejectedError
from agent.events import LoadProblem
from agent.models.hf_geometry import read_hf_geometry
from agent.prompt import Delta, Message, PromptId, Role, Sampling
from tests.integration.engine.edge_llm_models import CONTEXT, STAND_IN, built_model, load, stand_in_installed
from tests.integration.engine.test_conformance import ENDLESS, QUESTION
from tests.stand_ins.tensorrt_llm_loader import checkpoint

MODEL = "edge-tiny"


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Engines for one request of 1,024 tokens, and for two."""
    folder = tmp_path_factory.mktemp("edge-llm") / MODEL
    built_model(folder, context_length=1024, max_input=512)
    return built_model(folder, context_length=1024, max_input=512, max_batch=2)


@pytest.fixture(scope="module")
def batched(model_dir: Path) -> Iterator[EdgeLlmEngine]:
    with closing(load(spec(model_dir, max_batch=4))) as engine:
        yield engine


@pytest.fixture(scope="module")
def single(model_dir: Path) -> Iterator[EdgeLlmEngine]:
    with closing(load(spec(model_dir))) as engine:
        yield engine


def spec(model_dir: Path, context_length: int | None = None, max_batch: int = 1) -> EngineSpec:
    return EngineSpec(MODEL, model_dir, "", context_length, max_batch)


def request(name: str, text: str = QUESTION, **sampling: int | str) -> GenerationRequest:
    return GenerationRequest(PromptId(name), (Message(Role.USER, text),), Sampling(**sampling), stream=True)  # type: ignore[arg-type]


@dataclass(frozen=True)
class StreamDelta:
    """As the library's."""

    text: str
    token_ids: tuple[int, ...]
    finished: bool = False


def run(engine: EdgeLlmEngine, *wanted: GenerationRequest) -> dict[PromptId, Finished]:
    """All of them together, to their ends."""
    for one in wanted:
        engine.admit(one)
    ended: dict[PromptId, Finished] = {}
    while len(ended) < len(wanted):
        for event in engine.step():
            if not isinstance(event, Delta):
                assert isinstance(event, Finished), event
                ended[event.id] = event
    return ended


def test_without_an_engine_it_is_refused_with_the_command_and_none_is_built(tmp_path: Path, model_dir: Path) -> None:
    bare = shutil.copytree(model_dir, tmp_path / MODEL, symlinks=True, ignore=shutil.ignore_patterns(".edgellm"))
    with pytest.raises(LoadError, match=f"no engine for this machine .*: jetson-agent models build-engine {MODEL}"):
        load(spec(bare))
    assert not cache_dir(bare).exists()


@pytest.mark.parametrize("board", ["jetson-thor-jp72-cu13-sm110", "none"])
def test_an_engine_of_another_board_is_not_loaded(model_dir: Path, board: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_LLM_STAND_IN_BOARD", board)
    with pytest.raises(LoadError, match="native payload" if board == "none" else board):
        load(spec(model_dir))


@pytest.mark.parametrize("broken", ["llm.engine", "config.json", RECORD])
def test_half_an_engine_is_none(model_dir: Path, tmp_path: Path, broken: str) -> None:
    copy = shutil.copytree(model_dir, tmp_path / MODEL, symlinks=True)
    for built in engines(copy):
        (built.folder / broken).unlink()
    with pytest.raises(LoadError, match="no engine for this machine"):
        load(spec(copy))


def test_an_engine_for_more_than_there_is_memory_for_is_refused_with_the_numbers(model_dir: Path) -> None:
    numbers = r"not enough memory: there is some for 1 requests of 512 tokens, .* for 1 of 1,024; build one for less"
    with pytest.raises(LoadError, match=numbers) as refused:
        load(spec(model_dir, context_length=512))
    assert not is_lasting(LoadProblem.REFUSED, str(refused.value), memory_is_calm=True)


def test_an_engine_takes_no_more_than_there_is_memory_for_all_together(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path)
    built_model(folder, context_length=1024, max_input=512)
    built_model(folder, context_length=1024, max_input=512, max_batch=2)
    geometry = read_hf_geometry(MODEL, folder)
    less = 2 * 1024 - 2 * workspace(geometry) // geometry.token  # where two more have their workspaces
    for together, most, at_once in ((2 * 1024, 2, 2), (2 * 1024 - 1, 2, 1), (less, 4, 2), (less - 1, 4, 1)):
        wanted = EngineSpec(MODEL, folder, "", 1024, most, cache_tokens=together)
        with closing(load(wanted)) as engine:
            assert engine.capabilities().max_batch == at_once
            assert engine.capabilities().cache_tokens == at_once * 1024


def test_it_says_that_it_generates_by_itself(single: EdgeLlmEngine) -> None:
    assert not single.capabilities().paced


def test_a_library_that_is_not_installed_is_told(model_dir: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from agent.engine.edge_llm import load\n"
        "from agent.engine.pipe import EngineSpec, LoadError\n"
        "try: load(EngineSpec('m', Path(sys.argv[1]), ''))\n"
        "except LoadError as error: print(error)"
    )
    command = [sys.executable, "-c", script, str(model_dir)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert said.startswith("TensorRT Edge-LLM is not installed here: No module named 'experimental'")


def test_a_prompt_longer_than_the_engine_takes_is_refused_with_the_numbers(single: EdgeLlmEngine) -> None:
    with pytest.raises(RejectedError, match="do not fit into an engine that was built for 512") as refused:
        single.admit(request("a", "1 " * 400, max_tokens=8))
    assert refused.value.code is ErrorCode.TOO_LARGE


def test_several_run_at_once_and_answer_as_they_do_alone(batched: EdgeLlmEngine) -> None:
    assert batched.capabilities().max_batch == 2
    assert not batched.capabilities().paced
    alone = {**run(batched, request("a", max_tokens=7)), **run(batched, request("b", "Is it night?", max_tokens=12))}
    together = run(batched, request("b", "Is it night?", max_tokens=12), request("a", max_tokens=7))
    assert {name: ended.text for name, ended in together.items()} == {name: ended.text for name, ended in alone.items()}
    assert together[PromptId("a")].usage.completion_tokens <= 7


def test_one_of_several_is_cancelled_and_the_other_goes_on(batched: EdgeLlmEngine) -> None:
    batched.admit(request("a", max_tokens=300, json_schema=ENDLESS))
    batched.admit(request("b", max_tokens=40, json_schema=ENDLESS))
    with pytest.raises(ValueError, match="one too many"):
        batched.admit(request("c"))
    batched.step()
    batched.cancel(PromptId("a"))
    (ended,) = [event for event in batched.step() if isinstance(event, Finished)]
    assert ended.id == "a"
    while not (events := [event for event in batched.step() if isinstance(event, Finished)]):
        pass
    assert [(event.id, event.usage.completion_tokens) for event in events] == [("b", 40)]


def test_what_was_cached_is_told(single: EdgeLlmEngine) -> None:
    long = "The door is open. " * 40
    first, again = (run(single, request("a", long + end, max_tokens=4))[PromptId("a")] for end in ("Who?", "When?"))
    assert first.usage.cached_tokens == 0
    assert 0 < again.usage.cached_tokens < again.usage.prompt_tokens
    assert again.usage.cached_tokens % 128 == 0  # whole pages


def test_a_runtime_that_fails_ends_the_process_with_its_reason(
    single: EdgeLlmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_messages: object, _params: object) -> Iterator[StreamDelta]:
        yield StreamDelta("Y", (1,))
        raise RuntimeError("out of device memory")

    monkeypatch.setattr(single._llm, "generate_stream", fails)
    single.admit(request("a"))
    with pytest.raises(RuntimeError, match="ended a without an answer") as failure:
        deque(iter(single.step, None), maxlen=0)
    assert str(failure.value.__cause__) == "out of device memory"
    single._running.clear()


def test_a_build_that_fails_says_why_and_leaves_what_was_there(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(model_dir, tmp_path / MODEL, symlinks=True)
    before = {built.folder.name for built in engines(copy)}
    (cache_dir(copy) / "building" / "engines").mkdir(parents=True)  # of a build that was killed
    monkeypatch.setenv("EDGE_LLM_STAND_IN_BUILD", "fail")
    lines: list[str] = []
    with stand_in_installed(), pytest.raises(BuildError, match="the builder ran out of memory"):
        build(copy, context_length=2048, tell=lines.append)
    assert "Building component llm" in lines
    assert {built.folder.name for built in engines(copy)} == before
    assert not (cache_dir(copy) / "building").exists()


def test_a_replacement_that_is_cut_off_leaves_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built_model(tmp_path / MODEL)
    remove = shutil.rmtree

    def cut_off(path: Path, *, ignore_errors: bool) -> None:
        held_one = any(path.rglob("llm.engine"))
        remove(path, ignore_errors=ignore_errors)
        if held_one:
            raise KeyboardInterrupt

    monkeypatch.syspath_prepend(STAND_IN)
    monkeypatch.setattr("agent.engine.edge_llm_build.shutil.rmtree", cut_off)
    with pytest.raises(KeyboardInterrupt):
        build_here(folder, CONTEXT, 1, CONTEXT)
    assert [built.record.context_length for built in engines(folder)] == [CONTEXT]


def test_what_is_built_says_what_it_is_for(model_dir: Path) -> None:
    records = [json.loads((built.folder / RECORD).read_bytes()) for built in engines(model_dir)]
    machine = "jetson-orin-jp72-cu13-sm87, Edge-LLM 0.11.0, TensorRT 10.16.0.72"
    assert sorted(record.pop("max_batch") for record in records) == [1, 2]
    assert all(record == {"machine": machine, "context_length": 1024, "max_input": 512} for record in records)
