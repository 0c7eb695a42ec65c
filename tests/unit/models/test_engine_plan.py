"""For which numbers an engine is built ahead, and what is said where it cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.budget.memory import Geometry, MemoryBounds, MemoryNow, judge, predict
from agent.budget.sharing import COMMON_CONTEXT
from agent.config import Config, Device
from agent.engine.catalog import KnownEngine
from agent.errors import ConfigError, StopError
from agent.models import find_model
from agent.models.engine_plan import EnginePlan, Wanted, choose_context, plan_engine
from agent.units import Bytes
from tests.stand_ins.tensorrt_llm_loader import CONTEXT, checkpoint

MIB = 1 << 20
LARGE = Geometry("large", 131072, 16, 8, 64, 2048, 128256, 2.0, Bytes(1200 * MIB), Bytes(9 * MIB))
BOUNDS = MemoryBounds(None, Bytes(512 * MIB), shorten_context=True)


def now(available: int) -> MemoryNow:
    return MemoryNow(Bytes(available), Bytes(64 << 30))


def plenty() -> MemoryNow:
    return now(32 << 30)


def test_as_much_context_as_is_common_where_there_is_room() -> None:
    assert choose_context(LARGE, plenty(), BOUNDS, Wanted()) == COMMON_CONTEXT
    assert choose_context(replace(LARGE, context_length=2560), plenty(), BOUNDS, Wanted()) == 2560


def test_where_there_is_less_room_the_engine_still_fits_when_a_little_of_it_is_gone() -> None:
    before = now(2400 * MIB)
    chosen = choose_context(LARGE, before, BOUNDS, Wanted())
    assert 512 <= chosen < COMMON_CONTEXT
    later = judge(LARGE, now(round(before.available * 0.92)), BOUNDS)
    assert getattr(later, "context_length", 0) >= chosen
    assert choose_context(LARGE, before, BOUNDS, Wanted(max_batch=2)) < chosen


def test_what_is_asked_for_is_taken_to_the_last_byte_and_no_further() -> None:
    need = predict(LARGE, 16384).total + BOUNDS.reserve
    assert choose_context(LARGE, now(need), BOUNDS, Wanted(16384)) == 16384
    with pytest.raises(StopError, match=r"large needs .* bytes of memory, .* ask for less context or batch"):
        choose_context(LARGE, now(need - 1), BOUNDS, Wanted(16384))
    with pytest.raises(StopError, match="large needs"):
        choose_context(LARGE, now(need), BOUNDS, Wanted(16384, max_batch=2))
    with pytest.raises(StopError, match="large needs"):
        choose_context(LARGE, now(MIB), BOUNDS, Wanted())


def test_a_context_that_the_model_has_not() -> None:
    with pytest.raises(ConfigError, match=r"has a context of 131,072 tokens, not of 131,073"):
        choose_context(LARGE, plenty(), BOUNDS, Wanted(131073))


def test_without_knowing_the_memory_somebody_has_to_say() -> None:
    assert choose_context(LARGE, None, BOUNDS, Wanted(1024)) == 1024
    with pytest.raises(StopError, match="give --context"):
        choose_context(LARGE, None, BOUNDS, Wanted())


def is_installed(engine: KnownEngine) -> str | None:
    return "0.11.0" if engine.name == "tensorrt-edge-llm" else None


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A checkpoint `m` in `models_dir`."""
    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    (checkpoint(folder) / "genai_config.json").unlink()
    return Config(device=Device(id="d"), models_dir=tmp_path / "models", state_dir=tmp_path / "state")


def plan(config: Config, wanted: Wanted = Wanted(), name: str = "m") -> EnginePlan:  # noqa: B008 - frozen
    return plan_engine(name, config, wanted, plenty(), installed=is_installed)


def test_the_numbers_for_a_checkpoint(config: Config) -> None:
    assert config.models_dir is not None
    assert plan(config) == EnginePlan(config.models_dir / "m", CONTEXT, 1, CONTEXT)
    assert plan(config, Wanted(1024, 2, 512)) == EnginePlan(config.models_dir / "m", 1024, 2, 512)
    with pytest.raises(ConfigError, match=r"--max-input is 2,000, and the context has 1,024 tokens"):
        plan(config, Wanted(1024, 1, 2000))


def test_a_library_that_is_not_there(config: Config) -> None:
    with pytest.raises(ConfigError, match="tensorrt-edge-llm is not installed: pip install"):
        plan_engine("m", config, Wanted(), plenty(), installed=lambda _: None)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_a_checkpoint_lacks(config: Config, missing: str) -> None:
    assert config.models_dir is not None
    (config.models_dir / "m" / missing).unlink()
    named = missing.replace("model.", r"\*\.")
    with pytest.raises(ConfigError, match=rf"models/m is no checkpoint in Hugging Face's form: it has no {named}$"):
        plan(config)


def test_what_is_no_checkpoint(config: Config) -> None:
    assert config.models_dir is not None
    with pytest.raises(ConfigError, match=r"there is no checkpoint .*/other"):
        plan(config, name="other")
    (config.models_dir / "m" / "genai_config.json").symlink_to(
        find_model("edge-tiny", None, config.models_dir) / "genai_config.json"
    )
    with pytest.raises(ConfigError, match="is a model for onnxruntime-genai"):
        plan(config)
