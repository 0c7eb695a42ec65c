"""Which engine is tried first, which failures are worth remembering, and why one was taken. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from agent.engine.catalog import EngineName
from agent.events import LoadProblem

_WITH_GPU: Final[tuple[str, ...]] = (
    EngineName.TENSORRT_EDGE_LLM,  # NVIDIA's runtime for Jetson: its files are made for this very GPU
    EngineName.TENSORRT_LLM,  # NVIDIA's runtime for larger GPUs
    EngineName.ONNXRUNTIME_GENAI,  # runs anywhere; on a GPU where its build has code for it
)
"""The hardware's own runtimes first: who has installed one wants it, and the others are there to fall back on."""
_WITHOUT_GPU: Final[tuple[str, ...]] = (
    EngineName.ONNXRUNTIME_GENAI,
    EngineName.TENSORRT_LLM,  # these two cannot do without one; they are tried when nothing else is left
    EngineName.TENSORRT_EDGE_LLM,
)
_MEMORY_WORDS: Final = (
    *("out of memory", "cannot allocate", "bad_alloc", "memoryerror", "nvmapmemalloc", "not enough memory"),
)
"""In what libraries say when an allocation fails; on a Jetson that happens with memory free, until a reboot."""
_MOST_SHOWN: Final = 160
_MOST_SHOWN_ALONE: Final = 480
"""Of a reason beside which there is nothing else to go by; libraries name long paths first."""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What the order depends on."""

    has_gpu: bool
    """One of NVIDIA's."""


def preferred(engines: Iterable[str], machine: MachineFacts) -> tuple[str, ...]:
    """The engines in the order in which they would be tried if all of them loaded.

    Args:
        engines: Those whose library and files are there.
        machine: Where they would run.
    """
    table = _WITH_GPU if machine.has_gpu else _WITHOUT_GPU
    return tuple(sorted(engines, key=table.index))


def order(engines: Iterable[str], machine: MachineFacts, failures: Mapping[str, str]) -> tuple[str, ...]:
    """The engines in the order in which they are tried: as `preferred`, but for those that are known not to load.

    These come last: they are tried when nothing else is left.

    Args:
        engines: Those whose library and files are there.
        machine: Where they would run.
        failures: Those that did not load the last time, and why.
    """
    return tuple(sorted(preferred(engines, machine), key=failures.__contains__))


def is_lasting(problem: LoadProblem, reason: str, *, memory_is_calm: bool) -> bool:
    """Whether a failed load would fail again as long as library, files and machine are the same.

    Killed by the kernel, short of memory, or not even started: that was the moment, not the engine.
    """
    match problem:
        case LoadProblem.KILLED | LoadProblem.NOT_STARTED:
            return False
        case LoadProblem.REFUSED | LoadProblem.CRASHED | LoadProblem.TIMED_OUT:
            return memory_is_calm and not any(words in reason.lower() for words in _MEMORY_WORDS)
        case _:
            assert_never(problem)


def why(taken: str, ranked: Sequence[str], tried: Mapping[str, str], failures: Mapping[str, str]) -> str:
    """Why `auto` has taken an engine, for a person.

    Args:
        taken: The engine.
        ranked: Those that could be taken, as `preferred`.
        tried: Those that have just failed, and why.
        failures: Those that have failed before, and why.
    """
    passed_over = ranked[: ranked.index(taken)]
    if not passed_over:
        return "the only one here" if len(ranked) == 1 else f"preferred here to {', '.join(ranked[1:])}"
    return "; ".join(_why_not(engine, tried, failures) for engine in passed_over)


def why_none(model: str, engine: str, reason: str) -> str:
    """Why a model is not there, for a person.

    Args:
        model: The model.
        engine: What could not load it.
        reason: What came of that.
    """
    return f"{model} does not load by {engine}: {_short(reason, _MOST_SHOWN_ALONE)}"


def _why_not(engine: str, tried: Mapping[str, str], failures: Mapping[str, str]) -> str:
    if engine in tried:
        return f"{engine} was tried first: {_short(tried[engine])}"
    if engine in failures:
        return f"{engine} is not tried again, it did not load: {_short(failures[engine])}"
    return f"{engine} had no room in memory"


def _short(reason: str, most: int = _MOST_SHOWN) -> str:
    return reason if len(reason) <= most else f"{reason[:most]}…"
