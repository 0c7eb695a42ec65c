"""For which numbers the engine of a model is built for TensorRT Edge-LLM, or why it cannot be built here.

Only looks; `engine/edge_llm_build.py` builds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from agent.budget.memory import DoesNotFit, Fits, Geometry, MemoryBounds, MemoryNow, judge
from agent.budget.sharing import COMMON_CONTEXT
from agent.candidates import bounds_of
from agent.config import Config
from agent.engine.catalog import ONNXRUNTIME_GENAI, TENSORRT_EDGE_LLM, KnownEngine
from agent.engine.library import installed_version
from agent.errors import ConfigError, StopError
from agent.models.folder import own_models
from agent.models.geometries import geometry_for
from agent.units import Bytes

_SPARE = 0.1
"""Share of the available memory that a chosen context leaves: there may be less of it when the engine is loaded, which
cannot be shortened then."""
_FILES = ("config.json", "tokenizer.json", "*.safetensors")
"""What makes a folder a checkpoint that can be built of."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator says.

    Attributes:
        context_length: Tokens of prompt and answer together; None: as many as there is room for.
        max_batch: Requests at once.
        max_input: Tokens of a prompt; None: as many as the context has.
    """

    context_length: int | None = None
    max_batch: int = 1
    max_input: int | None = None


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """What is built; the numbers as in `Wanted`."""

    model_dir: Path
    context_length: int
    max_batch: int
    max_input: int


def plan_engine(
    name: str,
    config: Config,
    wanted: Wanted,
    now: MemoryNow | None,
    *,
    installed: Callable[[KnownEngine], str | None] = installed_version,
) -> EnginePlan:
    """Look at a model and at this machine.

    Args:
        name: The model's.
        config: Where models are, and what the memory may be used for.
        wanted: The numbers.
        now: The memory that there is; None: it cannot be read.
        installed: Tells the version of an engine's library; None when it is not installed.

    Raises:
        ConfigError: There is no such checkpoint, no library, or the numbers do not go together.
        StopError: There is no room for it.
    """
    folder = own_models(config.models_dir, config.state_dir) / name
    _check(folder)
    if installed(TENSORRT_EDGE_LLM) is None:
        raise ConfigError(f"{TENSORRT_EDGE_LLM.name} is not installed: {TENSORRT_EDGE_LLM.advice}")
    geometry = geometry_for(TENSORRT_EDGE_LLM.name, name, folder)
    context_length = choose_context(geometry, now, bounds_of(config.memory), wanted)
    max_input = wanted.max_input or context_length
    if max_input > context_length:
        raise ConfigError(f"--max-input is {max_input:,}, and the context has {context_length:,} tokens")
    return EnginePlan(folder, context_length, wanted.max_batch, max_input)


def choose_context(geometry: Geometry, now: MemoryNow | None, bounds: MemoryBounds, wanted: Wanted) -> int:
    """Tokens: those that are wanted, or as many as there is room for, up to `COMMON_CONTEXT`. Pure.

    Raises:
        ConfigError: The model has no such context.
        StopError: There is no room for it, or nobody knows whether there is.
    """
    asked = wanted.context_length
    if asked is not None and asked > geometry.context_length:
        raise ConfigError(f"{geometry.model} has a context of {geometry.context_length:,} tokens, not of {asked:,}")
    if now is None:
        if asked is None:
            raise StopError("how much memory there is cannot be read here: give --context")
        return asked
    most = asked or min(COMMON_CONTEXT, geometry.context_length)
    available = now.available if asked is not None else Bytes(round(now.available * (1 - _SPARE)))
    verdict = judge(
        replace(geometry, context_length=most),
        replace(now, available=available),
        replace(bounds, shorten_context=asked is None),
        batch=wanted.max_batch,
    )
    match verdict:
        case Fits():
            return verdict.context_length
        case DoesNotFit():
            raise StopError(f"{verdict}. End other programs, lower memory.reserve, or ask for less context or batch")


def _check(folder: Path) -> None:
    """Whether a folder is a checkpoint that can be built of.

    Raises:
        ConfigError: It is not; the message says what is missing.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no checkpoint {folder}: copy one there, in Hugging Face's form")
    try:
        missing = [pattern for pattern in _FILES if not any(folder.glob(pattern))]
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}") from error
    if missing:
        raise ConfigError(f"{folder} is no checkpoint in Hugging Face's form: it has no {', no '.join(missing)}")
    if (folder / ONNXRUNTIME_GENAI.files).exists():
        raise ConfigError(
            f"{folder} is a model for {ONNXRUNTIME_GENAI.name}: it has {ONNXRUNTIME_GENAI.files}. "
            "Put the checkpoint into a folder of its own"
        )
