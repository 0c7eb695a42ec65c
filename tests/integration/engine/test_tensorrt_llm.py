"""What is particular to the engine on TensorRT-LLM, over the stand-in."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from agent.engine.pipe import EngineSpec, LoadError
from agent.engine.preference import is_lasting
from agent.engine.protocol import Engine, Event, Finished, GenerationRequest, Refused, Tokens
from agent.errors import ErrorCode, RejectedError
from agent.events import LoadProblem
from agent.prompt import Delta, Message, PromptId, Role, Sampling, Usage
from agent.units import Bytes
from tests.integration.engine.test_conformance import ENDLESS
from tests.stand_ins import tensorrt_llm as stand_in
from tests.stand_ins.tensorrt_llm_loader import CONTEXT, FREE, MAX_BATCH, checkpoint, install, load
from tests.stand_ins.tensorrt_llm_machine import Machine, Response, Sequenced


def is_installed() -> bool:
    """Whether the library itself is there."""
    try:
        return bool(version("tensorrt-llm"))
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint."""
    return checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[Engine]:
    """With room for several requests; idle before and after each test."""
    with closing(load(spec(folder))) as loaded:
        yield loaded


def spec(folder: Path, context_length: int | None = 1024) -> EngineSpec:
    return EngineSpec("edge-tiny", folder, "unused", context_length, MAX_BATCH)


def ask(name: str, text: str = "What is this?", *, tokens: int = 16, schema: str | None = None) -> GenerationRequest:
    sampling = Sampling(max_tokens=tokens, json_schema=schema)
    return GenerationRequest(PromptId(name), (Message(Role.USER, text),), sampling, stream=True)


def until(engine: Engine, *names: str) -> list[Event]:
    """What is said until these have ended."""
    missing, events = set(names), list[Event]()
    while missing:
        new = engine.step()
        events += new
        missing -= {event.id for event in new if not isinstance(event, Delta)}
    return events


def finished(events: Sequence[Event], name: str) -> Finished:
    (end,) = [event for event in events if event.id == name and isinstance(event, Finished)]
    return end


def test_it_says_what_it_can_do(engine: Engine) -> None:
    capabilities = engine.capabilities()
    assert (capabilities.context_length, capabilities.max_batch) == (1024, MAX_BATCH)
    assert capabilities.guidance
    assert not capabilities.paced


def test_a_request_that_its_pool_could_never_hold_is_refused(folder: Path) -> None:
    wanted = EngineSpec("edge-tiny", folder, "unused", 1024, MAX_BATCH, cache_tokens=512)
    with closing(load(wanted)) as engine:
        assert engine.capabilities().context_length == 512
        assert engine.capabilities().cache_tokens >= 512
        with pytest.raises(RejectedError) as refused:
            engine.admit(ask("a", tokens=600))
        assert refused.value.code is ErrorCode.TOO_LARGE


def test_a_request_joins_those_that_run(engine: Engine) -> None:
    engine.admit(ask("long", tokens=400, schema=ENDLESS))
    while not engine.step():
        pass
    engine.admit(ask("short", tokens=4, schema=ENDLESS))
    events = until(engine, "short")
    assert {event.id for event in events} == {"long", "short"}
    assert finished(events, "short").usage.completion_tokens == 4
    engine.cancel(PromptId("long"))
    assert finished(until(engine, "long"), "long").text


def test_answers_are_the_same_side_by_side(engine: Engine) -> None:
    names = [f"r{n}" for n in range(MAX_BATCH)]
    alone = []
    for name in names:
        engine.admit(ask(name, f"Say {name}", schema=ENDLESS))
        alone.append(finished(until(engine, name), name).text)
    for name in names:
        engine.admit(ask(name, f"Say {name}", schema=ENDLESS))
    events = until(engine, *names)
    assert [finished(events, name).text for name in names] == alone


def test_no_more_are_taken_than_there_is_room_for(engine: Engine) -> None:
    for n in range(MAX_BATCH):
        engine.admit(ask(f"r{n}", tokens=100, schema=ENDLESS))
    with pytest.raises(ValueError, match="no more"):
        engine.admit(ask("another"))
    for n in range(MAX_BATCH):
        engine.cancel(PromptId(f"r{n}"))
    until(engine, *(f"r{n}" for n in range(MAX_BATCH)))


def test_a_name_may_be_used_again_at_once(engine: Engine) -> None:
    for _ in range(3):
        engine.admit(ask("a", tokens=100, schema=ENDLESS))
        while not engine.step():
            pass
        engine.cancel(PromptId("a"))
        (end,) = engine.step()
        assert isinstance(end, Finished)
        assert end.usage.completion_tokens < 100
    engine.admit(ask("a", tokens=5, schema=ENDLESS))
    assert finished(until(engine, "a"), "a").usage.completion_tokens == 5


def test_every_token_is_counted_once(engine: Engine) -> None:
    text = "a sentence that no other test has, which is longer than a block of the cache is " * 2
    engine.admit(ask("a", text, schema=ENDLESS))
    read = generated = 0
    usage: Usage | None = None
    while usage is None:
        for event in engine.step():
            if isinstance(event, Finished):
                usage = event.usage
        advanced = engine.advanced().get(PromptId("a"), Tokens())
        read, generated = read + advanced.prefill, generated + advanced.decode
    assert (read, generated) == (usage.prompt_tokens - usage.cached_tokens, 16)
    engine.admit(ask("a", text, schema=ENDLESS))
    again = finished(until(engine, "a"), "a").usage
    assert usage.cached_tokens < again.cached_tokens < again.prompt_tokens == usage.prompt_tokens
    assert engine.kept() == 0


def test_what_the_library_gives_up_is_refused_and_the_others_go_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Machine._advance

    def fail(self: Machine, sequence: Sequenced) -> bool:
        if sequence.max_tokens == 77:
            sequence.tell(Response(error="no blocks are left"))
            return True
        return advance(self, sequence)

    monkeypatch.setattr(Machine, "_advance", fail)
    engine.admit(ask("a", tokens=77))
    engine.admit(ask("b"))
    events = until(engine, "a", "b")
    (refused,) = [event for event in events if isinstance(event, Refused)]
    assert (refused.id, refused.code) == ("a", ErrorCode.ENGINE_FAILED)
    assert "no blocks are left" in refused.message
    assert finished(events, "b")


def test_what_the_library_refuses_at_once_is_refused_and_the_others_go_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = Machine.submit

    def refuse(self: Machine, sequence: Sequenced, tell: Callable[[Response], None]) -> None:
        if sequence.max_tokens == 77:
            raise stand_in.RequestError("this request cannot be enqueued")
        submit(self, sequence, tell)

    monkeypatch.setattr(Machine, "submit", refuse)
    engine.admit(ask("b"))
    engine.admit(ask("a", tokens=77))
    events = until(engine, "a", "b")
    (refused,) = [event for event in events if isinstance(event, Refused)]
    assert (refused.id, refused.code) == ("a", ErrorCode.ENGINE_FAILED)
    assert "this request cannot be enqueued" in refused.message
    assert finished(events, "b")


def test_a_chat_template_may_refuse(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.name != "chat_template.jinja":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "chat_template.jinja").write_text("{{ raise_exception('not so') }}", encoding="utf-8")
    with closing(load(spec(tmp_path))) as engine, pytest.raises(RejectedError) as refusal:
        engine.admit(ask("a"))
    assert refusal.value.code is ErrorCode.INVALID_REQUEST


def test_the_model_sets_the_context_where_nobody_else_does(folder: Path) -> None:
    with closing(load(spec(folder, None))) as engine:
        assert engine.capabilities().context_length == CONTEXT


def test_a_cache_that_does_not_fit_is_said_with_the_numbers(folder: Path) -> None:
    numbers = r"a KV cache of 1,152 tokens needs 15,335,424 bytes.* 995,904 are free"
    with pytest.raises(LoadError, match=numbers) as refused:
        install().load_within(spec(folder), Bytes(1_000_000))
    assert not is_lasting(LoadProblem.REFUSED, str(refused.value), memory_is_calm=True)


def test_several_share_what_the_gpu_has(folder: Path) -> None:
    wanted = EngineSpec("edge-tiny", folder, "unused", 1024, MAX_BATCH, cache_tokens=1 << 20)
    with closing(install().load_within(wanted, Bytes(64 << 20))) as engine:
        assert 1024 < engine.capabilities().cache_tokens < 1 << 20


def test_how_much_is_free_is_asked_of_torch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch: Any = ModuleType("torch")
    torch.cuda = SimpleNamespace(mem_get_info=lambda: (1_000_000, FREE))
    monkeypatch.setitem(sys.modules, "torch", torch)
    with pytest.raises(LoadError, match=r" 995,904 are free"):
        install().load(spec(folder))


def test_without_a_gpu_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch: Any = ModuleType("torch")
    monkeypatch.setitem(sys.modules, "torch", torch)

    def complain() -> None:
        raise AssertionError("Torch not compiled with CUDA enabled")

    torch.cuda = SimpleNamespace(mem_get_info=complain)
    with pytest.raises(LoadError, match="the GPU cannot be used: Torch not compiled"):
        install().load(spec(folder))


def test_another_release_is_not_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "__version__", "1.3.0")
    with pytest.raises(LoadError, match=r"1\.3\.0 is installed, .* written for 1\.2"):
        install().load_within(spec(folder), FREE)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors", "model.onnx"])
def test_a_folder_that_is_no_model(folder: Path, tmp_path: Path, missing: str) -> None:
    for file in folder.iterdir():
        if file.name != missing:
            (tmp_path / file.name).symlink_to(file)
    with pytest.raises(LoadError, match=str(tmp_path)):
        load(spec(tmp_path))


@pytest.mark.skipif(is_installed(), reason="TensorRT-LLM is installed")
def test_where_the_library_is_not_installed_it_says_so() -> None:
    program = (
        "from pathlib import Path; from agent.engine.child import load; from agent.engine.pipe import *\n"
        "try: load(EngineSpec('m', Path(), 'agent.engine.tensorrt_llm:load'))\n"
        "except LoadError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout.startswith("TensorRT-LLM cannot be used here: No module named")
