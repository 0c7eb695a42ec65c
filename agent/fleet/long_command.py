"""A command that takes long: bounded, stopped on demand, gone when this process is."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.errors import AgentError
from agent.fleet import leash
from agent.units import Seconds

_LOOK_EVERY = Seconds(0.2)
_LAST_LINES = 12
_LAST_BYTES = 4096


class CommandError(AgentError):
    """A command failed, took too long, or was stopped; the message ends with its last lines."""


def run_long(
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    *,
    within: Seconds,
    is_stopped: Callable[[], bool],
) -> None:
    """Run a command to its end.

    Args:
        command: The program and its arguments.
        environ: Its whole environment.
        within: It is killed when it takes longer.
        is_stopped: Asked several times a second; it is killed when this says so.

    Raises:
        CommandError: It did not end well.
        OSError: It could not be started.
    """
    name = Path(command[0]).name
    ends_at = time.monotonic() + within
    with tempfile.TemporaryFile() as said:
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as leash_end, os.fdopen(reading, "rb") as held:
            process = subprocess.Popen(  # noqa: S603  # our own interpreter, and a release's
                [sys.executable, "-IS", leash.__file__, *map(str, command)],
                stdin=held,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=dict(environ),
            )
            held.close()
            trouble = _wait(process, ends_at, is_stopped)
            leash_end.close()
            process.wait()
        if trouble is None and process.returncode != 0:
            trouble = f"exit code {process.returncode}"
        if trouble is not None:
            raise CommandError(f"{name}: {trouble}: {_last_lines(said.fileno())}")


def _wait(process: subprocess.Popen[bytes], ends_at: float, is_stopped: Callable[[], bool]) -> str | None:
    """Why the command has to be ended; None when it has ended by itself."""
    while True:
        try:
            process.wait(_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if is_stopped():
                return "stopped"
            if time.monotonic() > ends_at:
                return "took too long"
        else:
            return None


def _last_lines(descriptor: int) -> str:
    start = max(0, os.fstat(descriptor).st_size - _LAST_BYTES)
    text = os.pread(descriptor, _LAST_BYTES, start).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:]) or "it said nothing"
