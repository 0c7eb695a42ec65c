"""Which engines can load, and whether the configured model is there and which of them would run it.

Each library is tried in a process of its own: an import may take long, and may end the process that does it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.budget.memory import DoesNotFit, Fits, MemoryNow
from agent.candidates import Candidate, bounds_of, find_candidate
from agent.config import AUTO, Config
from agent.doctor.finding import Finding, Mark
from agent.engine.catalog import ENGINES, EngineName, KnownEngine
from agent.engine.library import installed_version
from agent.engine.preference import MachineFacts, order, preferred, why, why_none
from agent.engine_outcomes import EngineOutcomes
from agent.errors import ConfigError, ModelDamagedError
from agent.models.folder import SHIPPED, engines_of
from agent.models.geometries import geometry_for
from agent.units import Seconds

_TIMEOUT = Seconds(60.0)
_PROBES: Final[Mapping[str, str]] = {
    EngineName.ONNXRUNTIME_GENAI: "import onnxruntime_genai as it; gpu = it.is_cuda_available()",
    EngineName.TENSORRT_LLM: "import tensorrt_llm; gpu = True",
    EngineName.TENSORRT_EDGE_LLM: "import tensorrt_edgellm; gpu = True",
}
"""What loads each library, and finds out whether it was built for a GPU."""
_MEMORY_ADVICE = "Use a smaller model, end other programs, or lower memory.reserve."
_FORGET_ADVICE = "Once what kept an engine from loading is put right: the command load_model has it tried again."


@dataclass(frozen=True, slots=True)
class EngineLibrary:
    """What came of the attempt to load an engine's library.

    Attributes:
        version: None when it does not load.
        cuda: Whether it was built for NVIDIA's GPUs.
        problem: Why it does not load.
    """

    version: str | None
    cuda: bool = False
    problem: str | None = None


def probe_engines(installed: Callable[[KnownEngine], str | None] = installed_version) -> dict[str, EngineLibrary]:
    """Load each library that is installed; by the engine's name."""
    versions = ((engine.name, installed(engine)) for engine in ENGINES)
    return {
        name: probe_engine(version, (sys.executable, "-P", "-c", f"{_PROBES[name]}\nprint(int(gpu))"))
        for name, version in versions
        if version is not None
    }


def probe_engine(version: str, command: Sequence[str], timeout: Seconds = _TIMEOUT) -> EngineLibrary:
    """Load a library in a fresh process.

    Args:
        version: As it is installed.
        command: What loads it and prints whether it was built for a GPU, as 0 or 1.
        timeout: How long that may take.
    """
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter
            command,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=timeout,
            env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
        )
    except subprocess.TimeoutExpired:
        return EngineLibrary(None, problem=f"it has not loaded after {timeout:g} s")
    if ended.returncode != 0:
        said = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        how = (
            f"loading it ends the process ({signal.strsignal(-ended.returncode)})"
            if ended.returncode < 0
            else "it does not load"
        )
        return EngineLibrary(None, problem=f"{how}: {said}")
    return EngineLibrary(version, cuda=ended.stdout.strip().endswith("1"))


def judge_engines(libraries: Mapping[str, EngineLibrary], *, is_jetson: bool, has_gpu: bool) -> Iterator[Finding]:
    """Which engines the agent can generate with, and on what."""
    loads = any(library.version is not None for library in libraries.values())
    for engine in ENGINES:
        if engine.name in libraries:
            yield _judge_engine(engine, libraries[engine.name], is_jetson=is_jetson, has_gpu=has_gpu, is_last=not loads)
    missing = [engine for engine in ENGINES if engine.name not in libraries]
    if missing:
        names = ", ".join(engine.name for engine in missing)
        advice = None if loads else f"At least one is needed: {ENGINES[0].advice}"
        yield Finding("engine", Mark.OK if libraries else Mark.PROBLEM, f"Not installed: {names}.", advice)


def _judge_engine(
    engine: KnownEngine, library: EngineLibrary, *, is_jetson: bool, has_gpu: bool, is_last: bool
) -> Finding:
    if library.version is None:
        advice = f"Install it again ({engine.advice}), or remove it."
        return Finding("engine", Mark.PROBLEM if is_last else Mark.WARN, f"{engine.name}: {library.problem}.", advice)
    found = f"{engine.name} {library.version} loads, built for {'CUDA and CPU' if library.cuda else 'CPU'}"
    if has_gpu and not library.cuda:
        advice = (
            "The packages on PyPI have no code for a Jetson's GPU: use a build for this JetPack."
            if is_jetson
            else "Use a build with CUDA."
        )
        return Finding("engine", Mark.WARN, f"{found}. The GPU is not used.", advice)
    if library.cuda:
        return Finding("engine", Mark.OK, f"{found} (whether for this very GPU shows at the first load).")
    return Finding("engine", Mark.OK, f"{found}.")


def judge_model(
    config: Config, now: MemoryNow | None, libraries: Mapping[str, EngineLibrary], machine: MachineFacts
) -> Iterator[Finding]:
    """Whether the configured model is there, which engine would run it, and whether there is memory for it."""
    try:
        candidate = find_candidate(config.model.name, config)
    except ConfigError as error:
        yield Finding("model", Mark.PROBLEM, f"{error}.", "Or name another as model.name.")
        return
    broken = {name: library.problem for name, library in libraries.items() if library.problem is not None}
    outcomes = EngineOutcomes(config.state_dir / "engines.json")
    known = outcomes.of(candidate, config.engine.load_timeout)
    chosen, reason = _choose(config, candidate, broken, machine, known)
    failing = {chosen.engine.name, *broken, *known}
    mark = Mark.WARN if _has_other(candidate, failing) or _has_fallback(config, outcomes) else Mark.PROBLEM
    found = f"{config.model.name} in {chosen.model_dir}"
    match chosen.judge(now, bounds_of(config.memory), None):
        case None:
            yield _judge_untold(chosen, found, mark)
        case Fits(need, context_length):
            size = f"{need.total / 2**20:,.0f} MiB with {context_length:,} tokens of context"
            yield Finding("model", Mark.OK, f"{found}, needs {size}.")
        case DoesNotFit() as short:
            yield Finding("model", Mark.WARN, f"{found}: {short}.", _MEMORY_ADVICE)
    yield _judge_taken(chosen, reason, broken, known, mark)


def _judge_untold(model: Candidate, found: str, mark: Mark) -> Finding:
    """Why what the model needs cannot be compared with what there is; `mark` holds where its files are damaged."""
    try:
        geometry_for(model.engine.name, model.model, model.model_dir)
    except ModelDamagedError as error:
        return Finding("model", mark, f"{error}.", _anew(model))
    except ConfigError as error:
        return Finding("model", Mark.OK, f"{found}; what memory it needs is not known: {error}.")
    return Finding("model", Mark.OK, f"{found}; what memory there is for it is not known.")


def _has_other(model: Candidate, failing: Collection[str]) -> bool:
    return any(way.engine.name not in failing for way in model.ways)


def _has_fallback(config: Config, outcomes: EngineOutcomes) -> bool:
    """Whether there is a fallback that is not known to load as little."""
    try:
        fallback = None if config.model.fallback is None else find_candidate(config.model.fallback, config)
    except ConfigError:
        return False
    return fallback is not None and _has_other(fallback, outcomes.of(fallback, config.engine.load_timeout))


def _choose(
    config: Config, model: Candidate, broken: Mapping[str, str], machine: MachineFacts, known: Mapping[str, str]
) -> tuple[Candidate, str]:
    """The model by the engine that would run it, and why that one.

    Args:
        config: Whether it names the engine.
        model: The configured one.
        broken: The engines whose libraries do not load, and why.
        machine: Where they would run.
        known: The engines that are remembered as not loading the model, and why.
    """
    if config.model.engine != AUTO:
        return model, f"model.engine says {config.model.engine}"
    by_name = {way.engine.name: model.by(way) for way in model.ways}
    ranked = order(tuple(by_name), machine, known)
    taken = next((engine for engine in ranked if engine not in broken), ranked[0])
    reason = why(taken, preferred(tuple(by_name), machine), broken, known)
    names = [engine.name for engine in engines_of(model.model_dir)]
    files = ", ".join(name if name in by_name else f"{name} (not installed)" for name in names)
    return by_name[taken], f"It has files for {files}; auto takes {taken}: {reason}"


def _judge_taken(
    model: Candidate, found: str, broken: Mapping[str, str], known: Mapping[str, str], mark: Mark
) -> Finding:
    """The engine that would run the model; `mark` holds where it is remembered as not loading it."""
    engine = model.engine.name
    if engine in broken:
        advice = "Put that right, or bring the model in the form for an engine that loads: docs/models.md"
        return Finding("model", Mark.PROBLEM, f"{found}. Its library does not load.", advice)
    if engine in known:
        reason = why_none(model.model, engine, known[engine])
        return Finding("model", mark, f"{found}. The last time: {reason}.", f"{_anew(model)} {_FORGET_ADVICE}")
    return Finding("model", Mark.OK, f"{found}.", _FORGET_ADVICE if known else None)


def _anew(model: Candidate) -> str:
    """What to do about files that may be damaged; `models remove` refuses a model that is configured."""
    folder, verify = model.model_dir, f"See which files are not right: jetson-agent models verify {model.model}."
    if folder.parent in SHIPPED:
        return f"{verify} It came with the agent: install that again."
    return f"{verify} To get it anew, move {folder} away, then: jetson-agent models pull {model.model}."
