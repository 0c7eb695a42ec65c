"""The demo's agent: a real process with a configuration of its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from agent.demo.until_parent_ends import launcher

DEVICE_ID = "demo"
PREFIX = f"edge/{DEVICE_ID}"

_STOP_TIMEOUT_S = 25.0
"""More than the agent's own `stop_timeout`."""
_SHOWN_LINES = 15
_ENGINE = "agent.engine.child"
"""In its command line."""


class AgentProcess:
    """`jetson-agent run` as a child; a context manager.

    Args:
        folder: Where its configuration, log and state are; it must exist.
        port: The broker's.
        cameras: The `cameras` section of its configuration.
    """

    def __init__(self, folder: Path, port: int, cameras: str) -> None:
        self.config = folder / "agent.yaml"
        self._log = folder / "agent.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(
            f"device: {{id: {DEVICE_ID}}}\nbroker: {{host: 127.0.0.1, port: {port}}}\nstate_dir: state\n{cameras}",
            encoding="utf-8",
        )

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not ended."""
        return self._process is not None and self._process.poll() is None

    def last_log_lines(self) -> str:
        """What it said last."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN_LINES:])

    def resident_bytes(self) -> tuple[int, int, int]:
        """Resident memory of the agent, of the engine's process, and of those that read the camera and look at it."""
        if self._process is None:
            return 0, 0, 0
        agent = psutil.Process(self._process.pid)
        children = [(_ENGINE in child.cmdline(), child.memory_info().rss) for child in agent.children(recursive=True)]
        engine = sum(size for is_engine, size in children if is_engine)
        return agent.memory_info().rss, engine, sum(size for _, size in children) - engine

    def __enter__(self) -> Self:
        """Start it."""
        # The demo is about its own configuration, whatever overrides this shell has.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("JETSON_AGENT__")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # a fixed command line on a file of our own
                [*launcher(), sys.executable, "-m", "agent", "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environ,
                process_group=0,  # Ctrl-C in the terminal is for the demo, which then stops the agent in order
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it: SIGTERM, and SIGKILL if that takes too long or the user is in a hurry."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            process.wait()
