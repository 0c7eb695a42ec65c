"""Runs a command that ends, with all that it has started, when the process that started it ends, however that one ends.

A program of its own, `python -IS leash.py COMMAND…`. Its input is a pipe that nobody writes to: whoever wants the end
of the command closes it, and the kernel does so for a process that is killed. Not `PR_SET_PDEATHSIG`, which the
command's own children do not inherit: venv and pip have some. It imports nothing of the agent.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

_NICE = 15


def main(*command: str) -> None:
    """Run the command, behind everything else on the machine; ends with its exit code, 128 and more after a signal."""
    os.nice(_NICE)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0) as process:  # noqa: S603
        threading.Thread(target=_end_with_input, args=(process.pid,), daemon=True).start()
        code = process.wait()
    _kill(process.pid)  # what it may have left behind
    sys.exit(code if code >= 0 else 128 - code)


def _end_with_input(group: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    _kill(group)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
