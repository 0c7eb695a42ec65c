"""Runs one program of a build, its output into a log; what it started ends with it."""

import os
import signal
import subprocess
from pathlib import Path

from agent.children.interrupted import interrupted_by
from agent.errors import StopError
from agent.models.building.stages import Stage

_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",  # what is built is what lies in the folder
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "ORT_DISABLE_TELEMETRY": "1",
}
_TOLD_LINES = 5
_TAIL = 4096
"""Bytes of a log in which they are looked for."""


class BuildError(StopError):
    """Nothing was built; the message says why."""


def run_stage(stage: Stage, log: Path) -> None:
    """Run a program to its end.

    Args:
        stage: Which.
        log: Grows by what it writes.

    Raises:
        BuildError: It failed; the message has its last lines.
    """
    with log.open("ab") as output:
        output.write(f"\n--- {stage.title}: {' '.join(stage.command)}\n".encode())
        output.flush()
        try:
            # A session of its own: Ctrl-C reaches only us, and we end all of it.
            program = subprocess.Popen(  # noqa: S603 - our own arguments
                stage.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | _ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            raise BuildError(f"{stage.title}: {stage.command[0]}: {error.strerror}") from error
        # A service's stop or a terminal that is closed would leave the program going on without us, for hours.
        with program, interrupted_by(signal.SIGTERM, signal.SIGHUP):
            try:
                status = program.wait()
            except KeyboardInterrupt:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()
                raise
    if status != 0:
        ended = f"exited with {status}" if status > 0 else f"was ended by signal {-status}"
        raise BuildError(f"{stage.title}: the program {ended}. Its last words, of {log}:\n{_last_lines(log)}")


def _last_lines(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        lines = file.read().decode(errors="replace").replace("\r", "\n").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_TOLD_LINES:])
