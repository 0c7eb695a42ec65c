"""Who wants which model, and what comes of an order; the memory governor notes what it is told to prefer."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from agent.budget.memory import DoesNotFit, Fits
from agent.budget.memory_state import MemoryState
from agent.budget.pressure import Level
from agent.candidates import Candidate, find_candidate
from agent.config import Config, Device, Upstream
from agent.engine.catalog import TENSORRT_EDGE_LLM, TENSORRT_LLM
from agent.engine.host import EngineEvent
from agent.engine.preference import MachineFacts
from agent.engine_choice import EngineChoice
from agent.engine_outcomes import EngineOutcomes
from agent.errors import ErrorCode, RejectedError, RetryError
from agent.events import LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.memory_governor import MemoryGovernor
from agent.model_choice import ModelChoice
from agent.units import Bytes, Seconds

BIG, SMALL = (Candidate(name, Path(name), None) for name in ("big", "small"))


class NotingMemory(MemoryGovernor):
    """Loads nothing."""

    def __init__(self) -> None:
        self.preferred: list[tuple[str, ...]] = []
        self.verdict: Fits | DoesNotFit | None = None
        self.level = Level.CALM

    @property
    def state(self) -> MemoryState:
        return MemoryState(None, Bytes(0), None, None, None, self.level)

    def judge(self, model: Candidate) -> Fits | DoesNotFit | None:
        del model
        return self.verdict

    def prefer(self, models: tuple[Candidate, ...]) -> None:
        self.preferred.append(tuple(model.model for model in models))


class Bench:
    """A choice among `big` and `small`; `other` is on the disk, too."""

    def __init__(
        self,
        folder: Path,
        models: tuple[Candidate, ...] = (BIG, SMALL),
        upstreams: Mapping[str, Upstream] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        (folder / "other").mkdir()
        (folder / "other" / "genai_config.json").touch()
        config = Config(device=Device(id="d"), models_dir=folder, state_dir=folder, upstreams=dict(upstreams))
        self.config = config
        self.memory = NotingMemory()
        self.wanted: list[tuple[str, str | None]] = []
        self.outcomes = EngineOutcomes(folder / "engines.json")
        self.engines = EngineChoice(
            models,
            self.outcomes,
            machine=MachineFacts(has_gpu=False),
            load_timeout=Seconds(1.0),
        )
        self.choice = ModelChoice(
            config,
            models,
            self.memory,
            engines=self.engines,
            on_wanted=lambda *names: self.wanted.append(names),
        )

    def hear(self, event: EngineEvent) -> None:
        """What the host tells, to each in turn."""
        self.engines.engine_event(event, memory_is_calm=True)
        self.choice.engine_event(event)

    def failure(self) -> str | None:
        """What is remembered of `other`."""
        known = self.outcomes.of(find_candidate("other", self.config), Seconds(1.0))
        return known.get("onnxruntime-genai")

    async def order(self, model: str = "other") -> asyncio.Task[str]:
        """An order that has got as far as it does by itself."""
        before = len(self.memory.preferred)
        task = asyncio.create_task(self.choice.load(model))
        async with asyncio.timeout(10):
            while len(self.memory.preferred) == before and not task.done():  # noqa: ASYNC110 - a thread reads files
                await asyncio.sleep(0.001)
        return task


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_name_of_a_model_upstream_is_not_loaded(tmp_path: Path) -> None:
    upstream = Upstream(url="http://h/v1")
    bench = Bench(tmp_path, upstreams={"other": upstream})
    order = await bench.order()
    assert order.done()
    with pytest.raises(RejectedError, match="other is a model upstream") as raised:
        await order
    assert raised.value.code is ErrorCode.INVALID_REQUEST
    assert bench.memory.preferred == []


def test_power_chooses_the_fallback_and_takes_it_back(bench: Bench) -> None:
    bench.choice.use("small")
    bench.choice.use("big")
    assert bench.memory.preferred == [("small",), ("big", "small")]
    assert bench.wanted == [], "the power governor knows"


SMALL_FAILED = ModelLoadFailed("small", "broken", "e", LoadProblem.REFUSED)


async def test_a_fallback_that_does_not_load_is_none_until_an_order(bench: Bench) -> None:
    bench.choice.use("small")
    bench.hear(ModelUnloaded("big", "another model is wanted"))
    bench.hear(SMALL_FAILED)
    assert bench.wanted == [("big", None)]
    assert bench.memory.preferred == [("small",), ("big",)]
    bench.hear(ModelLoaded("big", 1.0, 100, "e"))
    order = await bench.order()
    bench.hear(ModelLoaded("other", 1.0, 100, "e"))
    assert await order == "other is loaded"
    assert bench.wanted[-1] == ("other", "small")
    assert bench.memory.preferred[-1] == ("other", "small")


@pytest.mark.parametrize("low", [False, True])
def test_a_fallback_that_lacked_memory_is_tried_on(low: bool, bench: Bench) -> None:  # noqa: FBT001 - a parameter
    bench.choice.use("small")
    if low:
        bench.memory.level = Level.LOW
    bench.hear(SMALL_FAILED if low else replace(SMALL_FAILED, problem=LoadProblem.KILLED))
    assert (bench.wanted, bench.memory.preferred) == ([], [("small",)])


def test_a_failure_before_the_power_went_is_not_the_fallbacks(bench: Bench) -> None:
    bench.hear(SMALL_FAILED)
    bench.choice.use("small")
    bench.hear(replace(SMALL_FAILED, model="big"))
    assert (bench.wanted, bench.memory.preferred) == ([], [("small",)])


async def test_an_order_is_done_when_the_model_is_loaded(bench: Bench) -> None:
    order = await bench.order()
    assert bench.memory.preferred == [("other", "small")]
    assert bench.wanted == [("other", "small")]
    bench.choice.engine_event(ModelUnloaded("big", "another model is wanted"))
    bench.choice.engine_event(ModelLoaded("big", 1.0, 100, "e"))
    assert not order.done()
    bench.choice.engine_event(ModelLoaded("other", 1.0, 100, "e"))
    assert await order == "other is loaded"
    bench.choice.use("small")
    bench.choice.use("other")
    assert bench.memory.preferred[1:] == [("small",), ("other", "small")]


async def test_what_is_loaded_already_is_not_waited_for(bench: Bench) -> None:
    bench.choice.engine_event(ModelLoaded("other", 1.0, 100, "e"))
    assert await (await bench.order()) == "other is loaded"


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (ModelLoadFailed("other", "broken", "e", LoadProblem.REFUSED), "broken"),
        (ModelLoaded("small", 1.0, 100, "e"), "no room for it any more: small was loaded"),
        (ModelUnloaded("other", "memory is low"), "unloaded while it loaded: memory is low"),
    ],
)
async def test_an_order_that_fails_leaves_the_model_before(failure: EngineEvent, why: str, bench: Bench) -> None:
    order = await bench.order()
    bench.choice.engine_event(ModelUnloaded("big", "another model is wanted"))
    bench.choice.engine_event(failure)
    with pytest.raises(RetryError, match=why):
        await order
    assert bench.memory.preferred[-1] == ("big", "small")
    assert bench.wanted[-1] == ("big", "small")


async def test_the_later_order_counts(bench: Bench, tmp_path: Path) -> None:
    first = await bench.order()
    (tmp_path / "other").rename(tmp_path / "third")
    second = await bench.order("third")
    with pytest.raises(RetryError, match="an order to load third"):
        await first
    bench.choice.engine_event(ModelLoaded("third", 1.0, 100, "e"))
    assert await second == "third is loaded"


async def test_an_order_without_room_is_not_waited_for_for_ever(bench: Bench) -> None:
    bench.choice.lacks_room("big needs more")
    assert bench.memory.preferred == [], "nobody has ordered anything"
    order = await bench.order()
    bench.choice.lacks_room("other needs more")
    with pytest.raises(RetryError, match="no room for it any more: other needs more"):
        await order
    assert bench.memory.preferred[-1] == ("big", "small")


async def test_power_that_goes_ends_an_order(bench: Bench) -> None:
    order = await bench.order()
    bench.choice.use("small")
    with pytest.raises(RetryError, match="the power is enough for small only"):
        await order
    assert bench.wanted[-1] == ("big", "small")


async def test_after_two_orders_that_fail_the_model_that_did_load_is_wanted(bench: Bench, tmp_path: Path) -> None:
    bench.choice.engine_event(ModelLoaded("big", 1.0, 100, "e"))
    first = await bench.order()
    (tmp_path / "other").rename(tmp_path / "third")
    second = await bench.order("third")
    bench.choice.engine_event(ModelLoadFailed("third", "broken", "e", LoadProblem.REFUSED))
    for order in (first, second):
        with pytest.raises(RetryError):
            await order
    assert bench.memory.preferred[-1] == ("big", "small")


async def test_what_cannot_be_loaded_is_rejected_and_changes_nothing(bench: Bench) -> None:
    with pytest.raises(RejectedError) as rejected:
        await bench.choice.load("nowhere")
    assert rejected.value.code is ErrorCode.MODEL_NOT_FOUND
    bench.memory.verdict = DoesNotFit("other", Bytes(2000), Bytes(1000), ever=True)
    with pytest.raises(RejectedError, match="other needs 2,000 bytes") as rejected:
        await bench.choice.load("other")
    assert rejected.value.code is ErrorCode.DOES_NOT_FIT
    assert bench.memory.preferred == []


async def test_an_order_goes_on_while_engines_are_left(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (bench.folder / "other" / "genai_config.json").rename(bench.folder / "other" / "config.json")
    (bench.folder / "other" / "model.safetensors").touch()
    (bench.folder / "other" / ".edgellm").mkdir()
    for module in (*TENSORRT_LLM.modules, *TENSORRT_EDGE_LLM.modules):
        (bench.folder / f"{module}.py").touch()
    monkeypatch.syspath_prepend(bench.folder)
    order = await bench.order()
    bench.hear(ModelLoadFailed("other", "broken", "tensorrt-llm", LoadProblem.REFUSED))
    assert bench.memory.preferred == [("other", "small")]
    bench.hear(ModelLoadFailed("other", "broken too", "tensorrt-edge-llm", LoadProblem.REFUSED))
    with pytest.raises(RetryError, match="broken too"):
        await order


async def test_an_order_gives_every_engine_another_chance(bench: Bench) -> None:
    order = await bench.order()
    bench.hear(ModelLoadFailed("other", "broken", "onnxruntime-genai", LoadProblem.REFUSED))
    with pytest.raises(RetryError, match="broken"):
        await order
    assert bench.failure() == "broken"
    await bench.order()
    assert bench.failure() is None


async def test_too_little_power_for_another_model(bench: Bench) -> None:
    bench.choice.use("small")
    with pytest.raises(RejectedError, match="enough for small only") as rejected:
        await bench.choice.load("other")
    assert rejected.value.code is ErrorCode.OVER_BUDGET


async def test_the_model_before_is_wanted_whatever_the_power_was_enough_for(bench: Bench) -> None:
    order = await bench.order()
    bench.choice.use("small")
    bench.choice.engine_event(ModelLoaded("small", 1.0, 100, "e"))
    with pytest.raises(RetryError):
        await order
    assert bench.wanted[-1] == ("big", "small"), "the power governor begins anew"
    assert bench.memory.preferred[-1] == ("big", "small")


async def test_without_a_fallback_there_is_one_model(tmp_path: Path) -> None:
    bench = Bench(tmp_path, (BIG,))
    await bench.order()
    assert bench.memory.preferred == [("other",)]
    assert bench.wanted == [("other", None)]
