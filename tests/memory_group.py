"""A control group with a memory limit, and something in it that eats memory. Needs root and a memory controller."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.waiting import wait_for

V1 = Path("/sys/fs/cgroup/memory")
V2 = Path("/sys/fs/cgroup")
_MIB = 1 << 20
_EATERS = 3

ENTER = 'echo $$ > "$0" && exec "$@"'
"""For `sh -c`: the program that follows runs in the group whose `cgroup.procs` is the first argument."""

_EATER = """
import sys
eaten = []
for line in sys.stdin:
    wanted = int(line)
    while len(eaten) < wanted:
        piece = bytearray(1 << 20)
        for page in range(0, len(piece), 4096):
            piece[page] = 1
        eaten.append(piece)
    del eaten[wanted:]
    print(len(eaten), flush=True)
"""


def unavailable() -> str | None:
    """Why there can be no such group here; None when there can."""
    if os.geteuid() != 0:
        return "control groups need root"
    if V1.is_dir():
        return None if os.access(V1, os.W_OK) else f"{V1} cannot be written"
    controllers = V2 / "cgroup.subtree_control"
    if controllers.is_file() and "memory" in controllers.read_text(encoding="ascii").split():
        return None
    return "no memory controller is there (cgroup v1), or delegated (v2)"


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """The group. Nothing of it is swapped out where the kernel lets a group say so: its kill would never come."""

    folder: Path
    limit: int

    @property
    def enter(self) -> list[str]:
        """What to put before a command."""
        return ["sh", "-c", ENTER, str(self.folder / "cgroup.procs")]

    def kills(self) -> int:
        """Processes of the group that the kernel has killed for memory."""
        name = "memory.oom_control" if self._is_v1 else "memory.events"
        entries = (line.split() for line in (self.folder / name).read_text(encoding="ascii").splitlines())
        return next(int(value) for key, value in entries if key == "oom_kill")

    def free(self) -> int:
        """Bytes below the limit, files of the page cache counted as free."""
        name = "memory.usage_in_bytes" if self._is_v1 else "memory.current"
        usage = int((self.folder / name).read_text(encoding="ascii"))
        lines = (self.folder / "memory.stat").read_text(encoding="ascii").splitlines()
        stat = {key: int(value) for key, value in map(str.split, lines)}
        prefix = "total_" if self._is_v1 else ""
        return self.limit - usage + stat[f"{prefix}inactive_file"] + stat[f"{prefix}active_file"]

    @property
    def _is_v1(self) -> bool:
        return V1 in self.folder.parents


def _limits(limit: int) -> tuple[tuple[str, int], ...]:
    """The files in which they are set, in order. Version 1 bounds memory and swap together, if swap is counted."""
    if V1.is_dir():
        return ("memory.limit_in_bytes", limit), ("memory.memsw.limit_in_bytes", limit)
    return ("memory.max", limit), ("memory.swap.max", 0)


@contextlib.contextmanager
def memory_group(limit: int, name: str = "jetson-agent-test") -> Iterator[MemoryGroup]:
    """A group of `limit` bytes; everything in it has ended when this does."""
    folder = (V1 if V1.is_dir() else V2) / f"{name}-{os.getpid()}"
    folder.mkdir()
    try:
        for file, value in _limits(limit):
            if (folder / file).exists():
                (folder / file).write_text(str(value), encoding="ascii")
        yield MemoryGroup(folder, limit)
    finally:
        wait_for(lambda: not (folder / "cgroup.procs").read_text(encoding="ascii"), 30, "end of the group's processes")
        folder.rmdir()


class Eaters:
    """Processes in the group that together have as much memory as they are told.

    The kernel goes by size, so there are several: none of them is as large as the engine with what that says of itself.
    And few: each is larger than the agent. While the memory of an engine that has just been killed is not back yet, the
    kernel may take one more, and that is then one of them.
    """

    def __init__(self, group: MemoryGroup) -> None:
        command = [*group.enter, sys.executable, "-c", _EATER]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(_EATERS)
        ]
        self._group = group
        self._eaten = 0
        self.hold(0)

    def hold(self, mebibytes: int) -> None:
        """Take or give back, one after the other. One that the kernel kills has done enough."""
        self._eaten = max(0, mebibytes)
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{self._eaten // _EATERS}\n")
            process.stdin.flush()
            process.stdout.readline()

    def leave(self, free: int) -> None:
        """Eat until only so many bytes are free."""
        self.hold(self._eaten + (self._group.free() - free) // _MIB)

    def __enter__(self) -> Self:
        """They run already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.communicate()
