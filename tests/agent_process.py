"""A real agent in a process of its own, on a private broker: started, killed, started again."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import yaml

from agent.demo.broker import PrivateBroker
from tests.waiting import wait_for

DEVICE = "test"
PREFIX = f"edge/{DEVICE}"


def write_config(folder: Path, port: int, **sections: object) -> Path:
    """A configuration for an agent in `folder`, with `sections` laid over what it needs."""
    config: dict[str, Any] = {
        "device": {"id": DEVICE},
        "broker": {"host": "127.0.0.1", "port": port},
        "state_dir": str(folder / "state"),
        "stop_timeout": "10s",
        "model": {"max_running": 1},  # what is found to pay on a busy machine is not the same each time
    }
    for name, section in sections.items():
        config[name] = {**config.get(name, {}), **section} if isinstance(section, Mapping) else section
    path = folder / "agent.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


class AgentProcess:
    """One `jetson-agent run`.

    Args:
        config: Its configuration file; its log goes beside it.
        command: What to run instead of `python -m agent`, with the agent's arguments put behind it.
    """

    def __init__(self, config: Path, command: Sequence[str] = (sys.executable, "-m", "agent")) -> None:
        self._command = [*command, "run", "--config", str(config)]
        self.log = config.parent / "agent.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environ: str) -> None:
        """Start it; returns at once."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environ}
            )

    @property
    def pid(self) -> int:
        """The agent's process."""
        return self._running.pid

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def engine_pid(self) -> int | None:
        """The engine's process, if there is one now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.pid).children():
                with contextlib.suppress(psutil.Error):
                    if "agent.engine.child" in " ".join(child.cmdline()):
                        return child.pid
        return None

    def signal(self, signum: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.is_alive():
            os.kill(self.pid, signum)

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for its end; its exit code."""
        return self._running.wait(timeout)

    def kill(self) -> None:
        """SIGKILL, and wait: the engine's process ends by itself."""
        self.signal(signal.SIGKILL)
        self._running.wait()

    def restart_if_dead(self) -> None:
        """What systemd would do."""
        if not self.is_alive():
            self.start()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it: gently, then not."""
        if self._process is not None:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15.0)
            self.kill()
        if error is not None:
            print(self.log.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)


@contextlib.contextmanager
def serving(folder: Path, **sections: object) -> Iterator[tuple[PrivateBroker, AgentProcess]]:
    """A private broker and an agent on it."""
    with PrivateBroker(folder) as broker, AgentProcess(write_config(folder, broker.port, **sections)) as agent:
        yield broker, agent


def wait_for_engine(agent: AgentProcess, timeout: float = 30.0) -> int:
    """The engine's process id, once there is one."""
    return wait_for(agent.engine_pid, timeout, "an engine process")
