"""Which engine is tried first, which failures are worth remembering, and why one was taken. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from agent.engine.catalog import EngineName
from agent.events import LoadProblem

_WITH_GPU: Final[tuple[str, ...]] = (
    EngineName.TENSORRT_EDGE_LLM,  # NVIDIA's runtime for Jetson: its files are made for this very GPU
    EngineName.TENSORRT_LLM,  # NVIDIA's runtime for larger GPUs
    EngineName.ONNXRUNTIME_GENAI,  # runs anywhere; on a GPU where its build has code for it
    EngineName.LLAMA_CPP,  # likewise
)
"""The hardware's own runtimes first: who has installed one wants it, and the others are there to fall back on."""
_WITHOUT_GPU: Final[tuple[str, ...]] = (
    EngineName.ONNXRUNTIME_GENAI,
    EngineName.LLAMA_CPP,
    EngineName.TENSORRT_LLM,  # these two cannot do without one; they are tried when nothing else is left
    EngineName.TENSORRT_EDGE_LLM,
)
_ANYWHERE: Final = frozenset({EngineName.ONNXRUNTIME_GENAI, EngineName.LLAMA_CPP})
"""Between these two nothing but a measurement tells which is faster."""
_MEMORY_WORDS: Final = ("out of memory", "cannot allocate", "bad_alloc", "nvmapmemalloc", "not enough memory")
"""In what libraries say when an allocation fails; on a Jetson that happens with memory free, until a reboot."""
_MOST_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What the order depends on."""

    has_gpu: bool
    """One of NVIDIA's."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of an engine with a model on this machine.

    Attributes:
        failure: Why it did not load the last time; None when it did, and when it was not tried.
        tokens_per_s: How fast it generated for one request; None when that was not measured.
    """

    failure: str | None = None
    tokens_per_s: float | None = None


_NOTHING: Final = Remembered()


def preferred(engines: Sequence[str], machine: MachineFacts, remembered: Mapping[str, Remembered]) -> tuple[str, ...]:
    """The engines in the order in which they would be tried if all of them loaded.

    Args:
        engines: Those whose library and files are there.
        machine: Where they would run.
        remembered: What is known of them.
    """
    table = _WITH_GPU if machine.has_gpu else _WITHOUT_GPU
    return _faster_first(sorted(engines, key=table.index), remembered)


def order(engines: Sequence[str], machine: MachineFacts, remembered: Mapping[str, Remembered]) -> tuple[str, ...]:
    """The engines in the order in which they are tried: as `preferred`, but for those that are known not to load.

    These come last: they are tried when nothing else is left.
    """
    ranked = preferred(engines, machine, remembered)
    return tuple(sorted(ranked, key=lambda engine: remembered.get(engine, _NOTHING).failure is not None))


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


def why(taken: str, ranked: Sequence[str], tried: Mapping[str, str], remembered: Mapping[str, Remembered]) -> str:
    """Why `auto` has taken an engine, for a person.

    Args:
        taken: The engine.
        ranked: Those that could be taken, as `preferred`.
        tried: Those that have just failed, and why.
        remembered: What is known from before.
    """
    passed_over = ranked[: ranked.index(taken)]
    if not passed_over:
        return "the only one here" if len(ranked) == 1 else f"preferred here to {', '.join(ranked[1:])}"
    return "; ".join(_why_not(engine, tried, remembered) for engine in passed_over)


def _why_not(engine: str, tried: Mapping[str, str], remembered: Mapping[str, Remembered]) -> str:
    before = remembered.get(engine, _NOTHING).failure
    if engine in tried:
        return f"{engine} was tried first: {_short(tried[engine])}"
    if before is not None:
        return f"{engine} is not tried again, it did not load: {_short(before)}"
    return f"{engine} had no room in memory"


def _short(reason: str) -> str:
    return reason if len(reason) <= _MOST_SHOWN else f"{reason[:_MOST_SHOWN]}…"


def _faster_first(ranked: list[str], known: Mapping[str, Remembered]) -> tuple[str, ...]:
    """The engines that run anywhere change places among themselves when each was measured."""
    places = [place for place, engine in enumerate(ranked) if engine in _ANYWHERE]
    speeds = {ranked[place]: known.get(ranked[place], _NOTHING).tokens_per_s for place in places}
    measured = {engine: speed for engine, speed in speeds.items() if speed is not None}
    if len(measured) < len(places):
        return tuple(ranked)
    fastest = sorted(measured, key=lambda engine: -measured[engine])
    for place, engine in zip(places, fastest, strict=True):
        ranked[place] = engine
    return tuple(ranked)
