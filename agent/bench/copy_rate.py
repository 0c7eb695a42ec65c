"""How fast this machine copies memory: what decoding, which reads every weight for every token, is measured against.

Counted are the bytes read and the bytes written. Of several copies the fastest counts: others may be using the memory.
"""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.bench.measured import CopyRate

_SOURCES = Path(__file__).parents[2]
_SIZE = 128 << 20
"""More than any cache holds."""
_SECONDS = 1.0
_CUDA_TIMEOUT_S = 60

_Pair = tuple["ctypes.Array[ctypes.c_char]", "ctypes.Array[ctypes.c_char]"]
"""What is copied, and where to."""


def copy_rate(where: str) -> CopyRate:
    """Measure it.

    Args:
        where: `cpu` or `cuda`.
    """
    return CopyRate("cpu", _cpu_rate(len(os.sched_getaffinity(0)))) if where == "cpu" else _cuda_rate()


def _cpu_rate(threads: int) -> float:
    """One thread for each processor copies its part: ctypes lets go of the interpreter meanwhile."""
    part = _SIZE // threads
    pairs = [((ctypes.c_char * part)(), (ctypes.c_char * part)()) for _ in range(threads)]
    for source, _ in pairs:
        ctypes.memset(source, 1, part)  # a page that nobody has written to is not there
    with ThreadPoolExecutor(threads) as pool:
        ends = time.perf_counter() + _SECONDS
        times = [_time(pool, pairs), _time(pool, pairs)]  # the first one also makes the targets' pages
        while time.perf_counter() < ends:
            times.append(_time(pool, pairs))
    return 2 * part * threads / min(times)


def _time(pool: ThreadPoolExecutor, pairs: Sequence[_Pair]) -> float:
    began = time.perf_counter()
    list(pool.map(_copy, pairs))
    return time.perf_counter() - began


def _copy(pair: _Pair) -> None:
    source, target = pair
    ctypes.memmove(target, source, len(source))


def _cuda_rate() -> CopyRate:
    """In a process of its own, which takes its hold of the GPU with it when it ends."""
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES)}
    command = [sys.executable, "-P", "-m", "agent.bench.cuda_copy"]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter
            command, check=False, capture_output=True, text=True, timeout=_CUDA_TIMEOUT_S, env=environment
        )
    except subprocess.TimeoutExpired:
        return CopyRate("cuda", None, f"the GPU has not copied after {_CUDA_TIMEOUT_S} s")
    if ended.returncode:
        return CopyRate("cuda", None, (ended.stderr.strip().splitlines() or ["the GPU's copy ended"])[-1])
    return CopyRate("cuda", float(ended.stdout))
