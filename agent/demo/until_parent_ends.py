"""Runs a command that gets SIGTERM when the process that started it ends, however that one ends.

A program of its own, `python -IS until_parent_ends.py PARENT COMMAND…`, for what must happen between fork and exec.
It imports nothing of the agent, so that it costs next to nothing.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def launcher() -> Sequence[str]:
    """What comes before a command line, so that the command ends with this process."""
    return (sys.executable, "-IS", __file__, str(os.getpid()))


def main(parent: str, *command: str) -> None:
    """Become the command, unless the parent has ended already."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # prctl(2): it is kept over exec
    if os.getppid() == int(parent):  # else it ended before the kernel knew that we care
        os.execv(command[0], command)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
