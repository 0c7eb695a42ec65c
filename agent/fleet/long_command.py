"""A command that takes long: bounded, and gone when this process is."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.errors import AgentError
from agent.fleet import leash
from agent.units import Seconds

_LAST_LINES = 12
_LAST_BYTES = 4096
_SIGNALLED = 128
"""From this exit code on `leash` tells of a signal."""


class CommandError(AgentError):
    """A command failed or took too long; the message ends with its last lines.

    Args:
        message: For a person.
        exit_code: Its own word; None: it took too long, or a signal ended it.
    """

    def __init__(self, message: str, exit_code: int | None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_long(command: Sequence[str | Path], environ: Mapping[str, str], *, within: Seconds) -> None:
    """Run a command to its end.

    Args:
        command: The program and its arguments.
        environ: Its whole environment.
        within: It is killed when it takes longer.

    Raises:
        CommandError: It did not end well.
        OSError: It could not be started.
    """
    name = Path(command[0]).name
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
            trouble = _wait(process, within)
            leash_end.close()
            process.wait()
        if trouble is None and process.returncode != 0:
            trouble = f"exit code {process.returncode}"
        if trouble is not None:
            own_word = process.returncode if 0 < process.returncode < _SIGNALLED else None
            raise CommandError(f"{name}: {trouble}: {_last_lines(said.fileno())}", own_word)


def _wait(process: subprocess.Popen[bytes], within: Seconds) -> str | None:
    """Why the command has to be ended; None when it has ended by itself."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return f"took longer than {within:g} s"
    return None


def _last_lines(descriptor: int) -> str:
    start = max(0, os.fstat(descriptor).st_size - _LAST_BYTES)
    text = os.pread(descriptor, _LAST_BYTES, start).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:]) or "it said nothing"
