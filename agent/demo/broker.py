"""A private mosquitto on a loopback port: started, stopped and started again with what it had kept.

Owns the mosquitto process and its files in the given folder. The tests use it as well.
"""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from agent.errors import StopError

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 10.0
_LOOPBACK = "127.0.0.1"


def find_mosquitto() -> Path | None:
    """The mosquitto broker's program, in PATH or where distributions put it for root only."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    found = shutil.which("mosquitto", path=path)
    return None if found is None else Path(found)


def free_port() -> int:
    """A loopback port that nobody listens on, below the range that outgoing connections get theirs from.

    With a port of that range, a client that retries while the broker is down may be given the very same port as its
    own and connect to itself.
    """
    for port in random.sample(range(15000, 32000), 200):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((_LOOPBACK, port))
            except OSError:
                continue
            return port
    raise StopError("no free port between 15000 and 32000 on 127.0.0.1: stop some servers")


def _listens(pid: int, port: int) -> bool:
    """Whether this very process listens there: a connection alone could be to somebody else's server."""
    try:
        connections = psutil.Process(pid).net_connections(kind="tcp4")
    except psutil.Error:
        return False
    return any(it.status == psutil.CONN_LISTEN and it.laddr.port == port for it in connections)


class PrivateBroker:
    """One mosquitto that only this machine reaches; anonymous and persistent unless `extra_config` says otherwise.

    Args:
        folder: Where its configuration, log and database are; it must exist.
        port: The port to listen on. None: a free one. It stays the same over restarts.
        extra_config: Lines of mosquitto.conf(5) that come last; listener options apply to the one listener.
        launcher: Comes before the broker's command line and runs it, such as `until_parent_ends.launcher()`.
    """

    def __init__(
        self, folder: Path, port: int | None = None, extra_config: str = "", *, launcher: Sequence[str] = ()
    ) -> None:
        self.port = free_port() if port is None else port
        self.log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self._launcher = launcher
        self._process: subprocess.Popen[bytes] | None = None
        # `user root`: a broker that root starts would become the user `mosquitto`, who may not write into the folder.
        self._config.write_text(
            "user root\n"
            "allow_anonymous true\n"
            "persistence true\n"
            "set_tcp_nodelay true\n"
            f"persistence_location {folder}/\n"
            "log_dest stderr\n"
            f"listener {self.port} {_LOOPBACK}\n"
            f"{extra_config}\n",
            encoding="utf-8",
        )

    @property
    def pid(self) -> int | None:
        """The running process; None while stopped."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, and return when it accepts connections.

        Raises:
            StopError: There is no mosquitto, or it ended or did not listen in time; its log is in the message.
        """
        if self._process is not None:
            return
        program = find_mosquitto()
        if program is None:
            raise StopError("mosquitto is not installed: sudo apt-get install mosquitto mosquitto-clients")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # a fixed command line on a file of our own
                [*self._launcher, str(program), "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal goes to the whole process group; who started the broker decides when it ends.
                process_group=0,
            )
        try:
            self._wait_until_listening(self._process)
        except StopError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it with SIGTERM, so that it writes its database; returns when the process is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise StopError(f"mosquitto ended with {process.returncode}: {self._last_log_lines()}")
            if _listens(process.pid, self.port):
                return
            time.sleep(0.01)
        raise StopError(f"mosquitto does not listen on port {self.port}: {self._last_log_lines()}")

    def _last_log_lines(self) -> str:
        return " / ".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()
