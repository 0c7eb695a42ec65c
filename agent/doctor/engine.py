"""Which engine can load, and whether the configured model is there.

The library is tried in a process of its own: its import ends the process that does it when libonnxruntime is missing.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from agent.budget.memory import DoesNotFit, Fits, MemoryNow
from agent.candidates import bounds_of, find_candidate
from agent.config import Config
from agent.doctor.finding import Finding, Mark
from agent.errors import ConfigError
from agent.units import Seconds

LIBRARY = "onnxruntime-genai"
_TIMEOUT = Seconds(60.0)
_PROBE = """
import json
import onnxruntime_genai as og
print(json.dumps([og.__version__, og.is_cuda_available()]))
"""
_MEMORY_ADVICE = "Use a smaller model, end other programs, or lower memory.reserve."
_PACKAGES_ADVICE = f"Install it again: pip install --force-reinstall {LIBRARY} onnxruntime"


@dataclass(frozen=True, slots=True)
class EngineLibrary:
    """What came of the attempt to load the engine's library.

    Attributes:
        version: None when it does not load.
        cuda: Whether it was built for NVIDIA's GPUs.
        problem: Why it does not load.
    """

    version: str | None
    cuda: bool = False
    problem: str | None = None


def probe_engine(
    command: Sequence[str] = (sys.executable, "-P", "-c", _PROBE), timeout: Seconds = _TIMEOUT
) -> EngineLibrary:
    """Load the library in a fresh process.

    Args:
        command: What loads it and prints `[version, cuda]` as JSON.
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
    version, cuda = json.loads(ended.stdout.splitlines()[-1])
    return EngineLibrary(version, cuda)


def judge_engine(library: EngineLibrary, *, is_jetson: bool, has_gpu: bool) -> Finding:
    """Whether the agent can generate, and on what."""
    if library.version is None:
        return Finding("engine", Mark.PROBLEM, f"{LIBRARY}: {library.problem}.", _PACKAGES_ADVICE)
    found = f"{LIBRARY} {library.version} loads, built for {'CUDA and CPU' if library.cuda else 'CPU'}"
    if has_gpu and not library.cuda:
        advice = (
            "The packages on PyPI have no code for a Jetson's GPU: use a build for this JetPack."
            if is_jetson
            else f"Use {LIBRARY}-cuda with onnxruntime-gpu."
        )
        return Finding("engine", Mark.WARN, f"{found}. The GPU is not used.", advice)
    if library.cuda:
        return Finding("engine", Mark.OK, f"{found} (whether for this very GPU shows at the first load).")
    return Finding("engine", Mark.OK, f"{found}.")


def judge_model(config: Config, now: MemoryNow | None) -> Finding:
    """Whether the configured model is there, and whether there is memory for it."""
    try:
        candidate = find_candidate(config.model.name, config)
    except ConfigError as error:
        return Finding("model", Mark.PROBLEM, f"{error}.", "Or name another as model.name.")
    found = f"{config.model.name} in {candidate.model_dir}"
    match candidate.judge(now, bounds_of(config.memory), None):
        case None:
            return Finding("model", Mark.OK, f"{found}; what memory it needs is not known.")
        case Fits(need, context_length):
            size = f"{need.total / 2**20:,.0f} MiB with {context_length:,} tokens of context"
            return Finding("model", Mark.OK, f"{found}, needs {size}.")
        case DoesNotFit() as short:
            return Finding("model", Mark.WARN, f"{found}: {short}.", _MEMORY_ADVICE)
