"""What the governor loads, unloads and tells, with memory and clock moved by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ByteSize

from agent.accounting import EnergyAccounting
from agent.batch_choice import BatchChoice
from agent.budget.admission import PATIENCE, Admission
from agent.budget.memory import DoesNotFit, Fits, Geometry, Learnt, MemoryNow, predict, workspace
from agent.budget.pressure import CALM_FOR, Level
from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.candidates import Candidate, Way
from agent.clock import Clock
from agent.config import Memory
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.batching import BatchSearch, Rate, Trial
from agent.engine.catalog import ONNXRUNTIME_GENAI, TENSORRT_EDGE_LLM, TENSORRT_LLM, KnownEngine
from agent.engine.host import EngineHost, EngineSpec
from agent.engine.protocol import Capabilities
from agent.errors import ErrorCode
from agent.events import (
    ContextShortened,
    EngineLost,
    Event,
    LoadProblem,
    MemoryLow,
    MemoryRecovered,
    ModelDoesNotFit,
    ModelLoaded,
    ModelLoadFailed,
    ModelUnloaded,
)
from agent.journal import JournalThread
from agent.learnt import LearntModels
from agent.memory_governor import MemoryGovernor
from agent.platform.readings import Reading
from agent.units import Bytes, Seconds
from agent.worker import Worker

MIB = 1 << 20
LARGE = Geometry("large", 131_072, 28, 8, 128, 3072, 128_256, 4, Bytes(1892 * MIB), Bytes(3_413_255))
SMALL = Geometry("small", 4096, 10, 2, 64, 384, 4096, 4, Bytes(12_954_000), Bytes(264_541))
LARGE_LOADED = Bytes(2050 * MIB)
RESERVE = 512 * MIB


class StandInHost(EngineHost):
    """Loads and unloads in the memory of the test: at once, or (`lingers`) when the test lets the former one end."""

    def __init__(self) -> None:
        super().__init__(
            EngineSpec("none", Path(), ""), load_timeout=Seconds(1), step_timeout=Seconds(1), on_event=lambda _: None
        )
        self.loaded: str | None = None
        self.context_length: int | None = None
        self.lingers = False
        self.calls: list[str] = []
        self.kept_tokens = 0
        self.engine: str | None = None
        self.max_batch, self.does_at_once = 1, 1
        self.prompt_chunk = 0
        self.pool = 0
        self.search: BatchSearch | None = None
        self.trial: Trial | None = None

    @property
    def kept(self) -> int:
        return self.kept_tokens

    def forget(self) -> None:
        self.kept_tokens = 0
        self.calls.append("forget")

    @property
    def pid(self) -> int | None:
        return None if self.loaded is None else 1

    @property
    def capabilities(self) -> Capabilities | None:
        if self.loaded is None or not self.is_wanted or self.loaded != self.model:
            return None
        able = min(self.max_batch, self.does_at_once)
        return Capabilities(
            self.loaded,
            self.context_length or 4096,
            able,
            guidance=False,
            cache_tokens=self.pool,
            trial=self.trial,
        )

    def switch_to(  # noqa: PLR0913 - as the host's
        self,
        model: str,
        model_dir: Path,
        *,
        engine: KnownEngine | None = None,
        context_length: int | None = None,
        max_batch: int = 1,
        search: BatchSearch | None = None,
        cache_tokens: int | None = None,
        prompt_chunk: int = LEAST_CHUNK,
    ) -> None:
        super().switch_to(
            model,
            model_dir,
            engine=engine,
            context_length=context_length,
            max_batch=max_batch,
            search=search,
            cache_tokens=cache_tokens,
            prompt_chunk=prompt_chunk,
        )
        self.max_batch, self.search, self.prompt_chunk = max_batch, search, prompt_chunk
        if not self.lingers:
            self.loaded, self.context_length = model, context_length
        self.engine = None if engine is None else engine.name
        self.calls.append(f"load {model}")

    def unload(self, reason: str, *, at_once: bool = False) -> None:
        super().unload(reason, at_once=at_once)
        if self.loaded is not None:
            self.calls.append(f"unload{' at once' if at_once else ''}: {reason}")
        if not self.lingers:
            self.loaded = None


class NoJournal(JournalThread):
    """Nothing is stored here."""

    def __init__(self) -> None:
        """Without a thread."""


class StandInWorker(Worker):
    """Has as many prompts as the test says."""

    def __init__(self, host: EngineHost) -> None:
        super().__init__(
            NoJournal(),
            host,
            clock=Clock("boot"),
            publish_lossy=lambda _: None,
            wake_publisher=lambda: None,
            counters=Counters(),
            energy=EnergyAccounting(is_loaded=lambda: True),
            egress=Egress({}),
        )
        self.queue = self.runs = 0

    @property
    def queued(self) -> int:
        return self.queue

    @property
    def running(self) -> int:
        return self.runs


class Bench:
    """A governor and what is around it."""

    def __init__(
        self,
        tmp_path: Path,
        settings: Memory | None,
        models: tuple[Geometry, ...],
        ways: tuple[Way, ...],
        max_running: int | None,
    ) -> None:
        self.at = 1000.0
        self.free: int | None = 8192 * MIB
        self.events: list[Event] = []
        self.lacks: list[str] = []
        self.turns: tuple[Candidate, ...] = ()
        self.gave_way: list[tuple[str, str]] = []
        self.broken: dict[str, str] = {}
        self.leaked = 0
        self.host = StandInHost()
        self.worker = StandInWorker(self.host)
        self.learnt = LearntModels(tmp_path / "memory.json")
        self.candidates = tuple(Candidate(it.model, tmp_path, it, ways=ways) for it in models)
        self.governor = MemoryGovernor(
            settings or Memory(),
            self.candidates,
            self.host,
            self.worker,
            gauge=self.gauge,
            footprint=self.footprint,
            learnt=self.learnt,
            batches=BatchChoice(tmp_path / "batching.json", max_running),
            ways=self.ways,
            does_not_load=self.broken.get,
            gives_way=lambda model, why: self.gave_way.append((model.engine.name, why)),
            emit=self.events.append,
            on_lacking=self.lacks.append,
            now=lambda: Seconds(self.at),
        )

    def ways(self, model: Candidate) -> tuple[Candidate, ...]:
        """The model by each of its engines, unless the test has another order."""
        return self.turns or tuple(model.by(way) for way in model.ways) or (model,)

    def taken(self) -> int:
        """By the model that is loaded."""
        sizes = {None: 0, "large": int(LARGE_LOADED), "small": 50 * MIB}
        return sizes[self.host.loaded] + self.host.pool * SMALL.token + self.leaked

    def gauge(self) -> MemoryNow | None:
        return None if self.free is None else MemoryNow(Bytes(max(0, self.free - self.taken())), Bytes(8192 * MIB))

    def footprint(self, _pid: int) -> Reading[Bytes]:
        return Reading(Bytes(self.taken()))

    def look(self, seconds: float = 0.0, every: float = 0.5) -> Admission:
        """Let time pass, looking again and again."""
        end = self.at + seconds
        self.governor.look()
        while self.at < end:
            self.at += every
            self.governor.look()
        return self.worker.admission


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Bench]:
    def make(
        settings: Memory | None = None,
        models: tuple[Geometry, ...] = (LARGE, SMALL),
        ways: tuple[Way, ...] = (),
        max_running: int | None = None,
    ) -> Bench:
        return Bench(tmp_path, settings, models, ways, max_running)

    return make


def test_the_preferred_model_is_loaded_with_the_context_that_fits(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.look()
    assert bench.host.calls == ["load large"]
    assert bench.host.context_length is not None
    assert bench.events == [ContextShortened("large", bench.host.context_length, 131_072)]
    need = predict(LARGE, bench.host.context_length).total
    assert 0 <= 8192 * MIB - RESERVE - need < 64 * LARGE.token


def test_on_a_gpu_as_much_of_a_prompt_is_read_at_once_as_there_is_memory_for(build: Callable[..., Bench]) -> None:
    bench = build(models=(replace(LARGE, is_on_gpu=True), replace(SMALL, is_on_gpu=True)), max_running=4)
    bench.look()
    assert bench.host.prompt_chunk == 512
    few = build(models=(SMALL,), max_running=4)
    few.look()
    assert few.host.prompt_chunk == LEAST_CHUNK


def test_the_fallback_is_loaded_where_the_other_does_not_fit(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.free = 2048 * MIB
    bench.look()
    assert bench.host.calls == ["load small"]
    told = bench.events[0]
    assert isinstance(told, ModelDoesNotFit)
    assert (told.model, told.available_bytes) == ("large", 1536 * MIB)
    assert bench.look(2.0).is_open


def test_the_preferred_model_comes_back_when_there_has_been_room_for_a_while(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.free = 2048 * MIB
    bench.look()
    bench.free = 8192 * MIB
    bench.look(PATIENCE - 1)
    assert bench.host.loaded == "small"
    bench.free = 2048 * MIB
    bench.look(1.0)
    bench.free = 8192 * MIB
    bench.look(PATIENCE - 1)
    assert bench.host.loaded == "small"
    bench.look(2.0)
    assert bench.host.calls == ["load small", "load large"]


def test_nothing_fits_and_the_prompts_are_told_after_a_while(build: Callable[..., Bench]) -> None:
    bench = build(models=(LARGE,))
    bench.free = 1000 * MIB
    assert bench.look() == Admission(is_open=False)
    assert bench.look(PATIENCE - 1).refusal is None
    admission = bench.look(2.0)
    assert admission.refusal is not None
    assert admission.refusal.startswith("large needs ")
    assert f"{(1000 - 512) * MIB:,}" in admission.refusal
    assert admission.retry_after == 30.0
    assert len(bench.events) == 1
    bench.free = 8192 * MIB
    assert bench.look().refusal is None
    assert bench.host.loaded == "large"


def test_what_never_fits_is_told_at_once(build: Callable[..., Bench]) -> None:
    bench = build(Memory(budget=ByteSize(1024 * MIB)), (LARGE,))
    admission = bench.look()
    assert admission.refusal is not None
    assert admission.retry_after is None


def test_what_never_fits_is_not_why_prompts_of_its_fallback_fail_at_once(build: Callable[..., Bench]) -> None:
    bench = build(models=(replace(LARGE, weights=Bytes(20_000 * MIB)), SMALL))
    bench.look()
    assert str(bench.host.loaded) == "small"
    bench.free = 250 * MIB
    bench.look(1.0)
    assert bench.host.calls[-1] == "unload: memory is low"
    assert bench.worker.admission == Admission(is_open=False)
    admission = bench.look(PATIENCE)
    assert admission.refusal is not None
    assert admission.refusal.startswith("small needs ")
    assert admission.retry_after == 30.0


def test_under_pressure_prompts_do_not_wait_for_ever_for_what_runs(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    bench.worker.runs = 1
    bench.free = 250 * MIB
    assert bench.look(PATIENCE - 1).refusal is None
    admission = bench.look(2.0)
    assert admission.refusal == "209,715,200 bytes of memory are available, and 536,870,912 are to stay free"
    assert admission.retry_after == 30.0


def test_pressure_stops_unloads_when_idle_and_recovers(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    bench.worker.runs = 1
    bench.free = 250 * MIB
    assert bench.look() == Admission(is_open=False)
    assert bench.events[-1] == MemoryLow(Level.LOW, Bytes(200 * MIB), Bytes(RESERVE))
    assert bench.host.loaded == "small", "what runs may end"
    bench.worker.runs, bench.worker.queue = 0, 1
    bench.look()
    assert bench.host.calls == ["load small", "unload: memory is low"]
    assert bench.look(PATIENCE).refusal is not None
    bench.free = 4096 * MIB
    bench.look(CALM_FOR)
    assert any(isinstance(event, MemoryRecovered) for event in bench.events)
    assert bench.host.calls[-1] == "load small"
    assert bench.look(0.5).is_open


def test_what_is_kept_of_earlier_prompts_goes_before_the_model(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    bench.host.kept_tokens = 512
    bench.worker.runs = 1
    bench.free = 250 * MIB
    bench.look()
    assert bench.host.calls == ["load small", "forget"], "also while another one runs"
    bench.host.kept_tokens = 300  # of those that run: nothing can be given back
    bench.look(5.0)
    assert bench.host.calls == ["load small", "forget"], "what runs may end"
    bench.host.kept_tokens = 512
    bench.worker.runs = 0
    bench.look()
    assert bench.host.calls == ["load small", "forget", "forget"]
    bench.free = 600 * MIB
    bench.look(CALM_FOR + 1)
    assert bench.host.calls == ["load small", "forget", "forget"], "that was enough"
    bench.host.kept_tokens, bench.free = 512, 250 * MIB
    bench.look(1.0)
    assert bench.host.calls[3:] == ["forget", "unload: memory is low"]


def test_another_model_is_gone_over_to_although_memory_is_low_and_something_runs(build: Callable[..., Bench]) -> None:
    bench = build(models=(LARGE, SMALL))
    bench.look()
    bench.worker.runs = 1
    bench.free = LARGE_LOADED + 200 * MIB
    bench.look()
    assert bench.governor.state.level is Level.LOW
    bench.governor.prefer(bench.candidates[1:])
    bench.look(CALM_FOR + 1)
    assert bench.host.calls == ["load large", "unload: another model is wanted", "load small"]


def test_critical_does_not_wait_for_what_runs(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    bench.worker.runs = 1
    bench.free = 100 * MIB
    bench.look()
    assert bench.host.calls[-1] == "unload at once: memory is nearly used up"
    assert bench.governor.state.level is Level.CRITICAL


def test_an_idle_model_goes_and_comes_with_the_next_prompt(build: Callable[..., Bench]) -> None:
    bench = build(Memory.model_validate({"keep_alive": "60s"}), (SMALL,))
    bench.look(59.0)
    assert bench.host.loaded == "small"
    bench.look(1.0)
    assert bench.host.calls == ["load small", "unload: it had nothing to do"]
    assert bench.look(PATIENCE * 3) == Admission(is_open=False)
    bench.worker.queue = 1
    bench.look(0.5)
    assert bench.host.calls[-1] == "load small"


def test_an_idle_model_comes_back_when_it_is_woken_and_stays_as_long_again(build: Callable[..., Bench]) -> None:
    bench = build(Memory.model_validate({"keep_alive": "60s"}), (SMALL,))
    bench.look(61.0)
    assert bench.host.calls[-1] == "unload: it had nothing to do"
    bench.governor.wake()
    assert bench.host.calls[-1] == "load small"
    bench.look(58.0)
    assert bench.host.calls[-1] == "load small"
    bench.look(3.0)
    assert bench.host.calls[-1] == "unload: it had nothing to do"


def test_kept_for_no_time_at_all_a_model_serves_what_waits_before_it_goes(build: Callable[..., Bench]) -> None:
    bench = build(Memory.model_validate({"keep_alive": "0s"}), (SMALL,))
    bench.worker.queue, bench.host.lingers = 1, True
    bench.look(2.0)
    bench.host.loaded, bench.host.lingers = "small", False
    bench.look(1.0)
    bench.worker.queue, bench.worker.runs = 0, 1
    bench.look(1.0)
    assert bench.host.calls == ["load small"]
    bench.worker.runs = 0
    bench.look(0.5)
    assert bench.host.calls == ["load small", "unload: it had nothing to do"]


def test_work_keeps_it(build: Callable[..., Bench]) -> None:
    bench = build(Memory.model_validate({"keep_alive": "60s"}), (SMALL,))
    bench.worker.runs = 1
    bench.look(300.0)
    assert bench.host.loaded == "small"


def test_a_lost_engine_is_not_started_again_where_there_is_no_room(build: Callable[..., Bench]) -> None:
    bench = build(models=(LARGE,))
    bench.look()
    bench.host.loaded = None
    bench.free = 1500 * MIB
    bench.governor.engine_event(EngineLost("signal SIGKILL"))
    assert not bench.host.is_wanted
    assert not bench.look().is_open


def test_what_a_load_takes_is_learnt(build: Callable[..., Bench]) -> None:
    bench = build(models=(LARGE,))
    bench.look()
    bench.governor.engine_event(ModelLoaded("large", 1.0, 4096, "e"))
    learnt = bench.learnt.of(LARGE)
    assert learnt is not None
    assert (learnt.loaded, learnt.excess) == (LARGE_LOADED, 0)


def test_a_process_that_takes_more_than_predicted_takes_more_the_next_time(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    for _ in range(3):
        peak = _one_life(bench, beyond=12 * MIB)
        learnt = bench.learnt.of(SMALL)
        assert predict(SMALL, 4096, learnt=learnt).total == peak, "the next time, exactly that is foreseen"


def test_what_was_predicted_too_low_before_the_first_load_counts_once(build: Callable[..., Bench]) -> None:
    lean = replace(SMALL, weights=Bytes(1), vocab_size=1, tokenizer=Bytes(1))
    bench = build(models=(lean,))
    _one_life(bench, beyond=0)
    learnt = bench.learnt.of(lean)
    assert learnt == Learnt(Bytes(50 * MIB), Bytes(0))


def test_what_was_seen_once_fades(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    _one_life(bench, beyond=12 * MIB)
    for part in (2, 4, 8):
        _one_life(bench, beyond=0)
        learnt = bench.learnt.of(SMALL)
        assert learnt is not None
        assert learnt.excess == 12 * MIB // part


def test_a_leak_does_not_keep_a_model_out(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.free = 1500 * MIB
    _one_life(bench, beyond=1000 * MIB)
    verdict = bench.governor.judge(bench.candidates[0])
    assert isinstance(verdict, Fits)
    assert verdict.need.total < 200 * MIB


def _one_life(bench: Bench, *, beyond: int) -> int:
    """Load, let the process take so much more than its whole context is predicted to take, unload; returns the peak."""
    geometry = bench.candidates[0].geometry
    assert geometry is not None
    bench.host.unload("the last one has ended")
    bench.leaked = 0
    bench.look(PATIENCE)
    bench.governor.engine_event(ModelLoaded("small", 1.0, 4096, "e"))
    loaded = bench.taken()
    peak = predict(geometry, 4096, learnt=Learnt(Bytes(loaded), Bytes(0))).total + beyond
    bench.leaked = peak - loaded
    bench.governor.look()
    return peak


def test_what_the_former_model_takes_is_not_learnt_of_the_next(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.learnt.learn(SMALL, Learnt(Bytes(50 * MIB), Bytes(0)))
    bench.look()
    bench.governor.engine_event(ModelLoaded("large", 1.0, 4096, "e"))
    bench.host.lingers, bench.worker.runs = True, 1
    bench.governor.prefer(bench.candidates[1:])
    bench.look(2.0)
    assert bench.host.calls[-1] == "load small"
    assert bench.host.loaded == "large", "it ends what it runs"
    bench.governor.engine_event(ModelLoaded("large", 1.0, 4096, "e"))
    assert bench.learnt.of(SMALL) == Learnt(Bytes(50 * MIB), Bytes(0))


def test_a_request_gets_the_room_of_the_moment(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    room = bench.look(0.5).room
    assert room is not None
    assert (room.token, room.available) == (10_240, 4096 * 10_240)
    bench.free = (512 + 50 + 20) * MIB
    bench.look()
    room = bench.worker.admission.room
    assert room is not None
    assert room.available == 20 * MIB
    bench.host.kept_tokens = 100
    bench.look()
    room = bench.worker.admission.room
    assert room is not None
    assert room.available == 20 * MIB + 100 * 10_240


def test_with_room_for_hardly_any_prompt_they_wait_and_may_be_sent_again(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    bench.free = (400 + 50) * MIB
    assert bench.look(PATIENCE - 1) == Admission(is_open=False)
    assert bench.governor.state.level is Level.CALM
    admission = bench.look(2.0)
    assert admission.refusal == "a prompt needs at least 655,360 bytes of memory, and 0 are available"
    assert admission.retry_after == 30.0
    bench.worker.runs = 1
    bench.free = 8192 * MIB
    assert bench.look().is_open


def test_a_kernel_that_does_not_tell_is_no_reason_to_stand_still(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.free = None
    assert bench.look(1.0) == Admission()
    assert bench.host.loaded == "large"
    assert bench.governor.state.budget is None


def test_another_model_can_be_wanted(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.look()
    bench.governor.engine_event(ModelLoaded("large", 1.0, 4096, "e"))
    bench.governor.prefer(bench.candidates[1:])
    bench.look(0.5)
    assert bench.host.calls == ["load large", "unload: another model is wanted", "load small"]
    bench.governor.engine_event(ModelUnloaded("large", "another model is wanted"))
    bench.free = 2048 * MIB
    assert isinstance(bench.governor.judge(bench.candidates[0]), DoesNotFit)
    bench.governor.prefer(bench.candidates)
    assert bench.look(1.0).is_open


def test_a_wanted_model_for_which_there_is_no_room_any_more_is_told(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.free = 2048 * MIB
    bench.look(60.0)
    bench.free = 8192 * MIB
    bench.lacks.clear()
    bench.governor.prefer(bench.candidates[:1])
    bench.free = 2048 * MIB
    bench.look(2 * PATIENCE - 1)
    assert (bench.host.loaded, bench.lacks) == (None, [])
    bench.look(2.0)
    assert bench.lacks[0].startswith("large needs ")
    bench.free = 8192 * MIB
    bench.lacks.clear()
    bench.look(60.0)
    assert (bench.host.loaded, bench.lacks) == ("large", [])


TWO_FORMS = (Way(TENSORRT_EDGE_LLM, "1", LARGE), Way(TENSORRT_LLM, "1", replace(SMALL, model="small")))
"""Of one model: as much as the large one by the first engine, as little as the small one by the other."""


def test_a_model_is_loaded_by_the_first_engine_that_has_room(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,), ways=TWO_FORMS)
    bench.free = 2048 * MIB
    bench.look()
    assert (bench.host.calls, bench.host.engine) == (["load small"], "tensorrt-llm")
    assert not [event for event in bench.events if isinstance(event, ModelDoesNotFit)]
    bench.free = 8192 * MIB
    bench.look(PATIENCE + 1)
    assert bench.host.engine == "tensorrt-edge-llm", "there has been room for it for a while"
    assert not bench.lacks


def test_another_engine_has_its_turn_at_once_where_there_is_room(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,), ways=TWO_FORMS)
    bench.look()
    assert bench.host.engine == "tensorrt-edge-llm"
    small, large = bench.candidates[0].by(TWO_FORMS[1]), bench.candidates[0].by(TWO_FORMS[0])
    bench.turns = (small, large)
    bench.governor.engine_event(ModelLoadFailed("small", "broken", "tensorrt-edge-llm", LoadProblem.REFUSED))
    assert str(bench.host.engine) == "tensorrt-llm"
    bench.look(3 * PATIENCE)
    assert len(bench.host.calls) == 2, "it stays"


def test_an_engine_of_which_no_geometry_is_known_can_only_be_tried(build: Callable[..., Bench]) -> None:
    unknown = Way(ONNXRUNTIME_GENAI, "1", None)
    bench = build(models=(SMALL,), ways=(unknown, TWO_FORMS[1]))
    bench.turns = (bench.candidates[0].by(TWO_FORMS[1]), bench.candidates[0].by(unknown))
    bench.look()
    bench.turns = ()
    bench.look(PATIENCE + 1)
    assert bench.host.engine == "onnxruntime-genai", "an operator gave it another chance"


def test_a_model_is_loaded_for_as_many_at_once_as_there_is_memory_for(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    assert bench.host.max_batch == 64
    assert bench.host.search == BatchSearch()
    few = build(models=(SMALL,), settings=Memory(budget=ByteSize(140 * MIB)))
    few.look()
    assert 1 < few.host.max_batch < 16


def test_a_number_that_is_configured_is_not_looked_for(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,), max_running=4)
    bench.look()
    assert (bench.host.max_batch, bench.host.search) == (4, None)


def test_what_was_found_to_pay_is_known_at_the_next_load(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.host.trial = Trial("here", 64, (Rate(1, 10.0), Rate(2, 9.0)))
    bench.look()
    bench.governor.engine_event(ModelLoaded("small", 1.0, 4096, "onnxruntime-genai"))
    bench.host.unload("a test wants it")
    bench.look()
    assert bench.host.search == BatchSearch(bench.host.trial)


def test_what_running_requests_have_filled_counts_as_theirs(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,), max_running=4)
    bench.host.does_at_once = 4
    bench.look(1.0)
    room = bench.look().room
    assert room is not None
    assert room.workspace == workspace(SMALL)
    assert room.available == 4 * 4096 * SMALL.token + 3 * room.workspace
    bench.worker.runs = 2
    bench.free = RESERVE + 100 * MIB
    tight = bench.look().room
    assert tight is not None
    assert tight.available == bench.free - bench.taken() - RESERVE
    bench.free -= 1000 * SMALL.token
    bench.host.kept_tokens = 1000
    assert bench.look().room == tight


def test_an_engine_that_uses_memory_up_while_it_loads_gives_way(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,), ways=(Way(TENSORRT_LLM, "1", SMALL), Way(ONNXRUNTIME_GENAI, "1", SMALL)))
    bench.host.lingers = True
    bench.look()
    bench.free = 200 * MIB
    bench.look()
    assert bench.host.calls == ["load small"]
    assert not bench.host.is_wanted
    assert bench.gave_way == [("tensorrt-llm", "memory is low")]


def test_an_engine_that_has_loaded_does_not_give_way_for_want_of_memory(build: Callable[..., Bench]) -> None:
    bench = build(models=(SMALL,))
    bench.look()
    bench.free = 200 * MIB
    bench.look()
    assert bench.host.calls == ["load small", "unload: memory is low"]
    assert not bench.gave_way


def test_a_cache_that_was_allocated_at_the_load_is_room_for_prompts(build: Callable[..., Bench]) -> None:
    bench = build(Memory(budget=ByteSize(66 * MIB)), (SMALL,))
    bench.look()
    bench.host.pool = 900
    bench.free = RESERVE + bench.taken()
    room = bench.look(0.5).room
    assert room is not None
    assert room.available == 900 * SMALL.token


def test_what_a_gpu_holds_is_not_taken_for_nothing(build: Callable[..., Bench]) -> None:
    on_gpu = replace(LARGE, weights=Bytes(2 * LARGE_LOADED))
    bench = build(models=(on_gpu,))
    bench.look()
    bench.governor.engine_event(ModelLoaded("large", 1.0, 4096, "e"))
    assert bench.learnt.of(on_gpu) is None


def fail(bench: Bench, model: str) -> None:
    """Each engine of the model that is being loaded has failed."""
    bench.host.loaded = None
    bench.broken[model] = f"{model} does not load"
    bench.governor.engine_event(ModelLoadFailed(model, "broken", "e", LoadProblem.REFUSED))


def test_a_model_that_no_engine_loads_gives_way_to_the_fallback_at_once_and_for_good(
    build: Callable[..., Bench],
) -> None:
    bench = build()
    bench.look()
    fail(bench, "large")
    assert bench.host.calls == ["load large", "load small"]
    bench.look(10 * PATIENCE)
    assert bench.worker.admission.is_open
    assert bench.host.calls == ["load large", "load small"]
    bench.broken.clear()
    bench.look(PATIENCE + 1)
    assert bench.host.calls[-1] == "load large"


def test_prompts_are_told_after_a_while_that_no_engine_loads_any_model(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.look()
    bench.host.lingers = True
    fail(bench, "large")
    bench.look(3 * PATIENCE)
    assert bench.worker.admission.refusal is None, "the fallback is being loaded"
    fail(bench, "small")
    assert bench.host.calls[1:] == ["load small", "load large"]
    assert bench.look(PATIENCE - 1) == Admission(is_open=False)
    admission = bench.look(2.0)
    assert (admission.refusal, admission.code) == ("large does not load", ErrorCode.ENGINE_FAILED)
    assert admission.retry_after is None
    bench.host.loaded = "large"
    bench.broken.clear()
    assert bench.look().is_open


def test_a_model_that_is_wanted_again_while_nothing_is_loaded_need_not_wait(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.host.lingers = True
    bench.governor.prefer(bench.candidates[1:])
    bench.look()
    bench.governor.prefer(bench.candidates)
    assert bench.host.calls == ["load small", "load large"]
