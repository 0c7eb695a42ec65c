"""The agent under the real launcher, started again and again as `systemd/jetson-agent.service` has systemd do it.

What of the unit counts is done here: the restart after any end but exit code 78, and after that too while a release is
on trial; `TimeoutStartSec`, until READY; `KillMode`: nothing is left of a process that has ended.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil

from tests.notify_socket import NotifySocket

NOT_AGAIN: Final = 78
_LOOK_S: Final = 0.02
_STOP_S: Final = 45.0


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended.

    Attributes:
        code: Its exit code; the negative number of a signal.
        lasted_s: For so long it ran.
    """

    code: int
    lasted_s: float


class Supervised:
    """One service.

    Args:
        folder: Of the device: all its programs are below it, `launcher` and `agent.yaml` in it.
        start_within: `TimeoutStartSec`.
        restart_after: `RestartSec`.
    """

    def __init__(self, folder: Path, *, start_within: float, restart_after: float) -> None:
        self.ends: list[End] = []
        self.log = folder / "agent.log"
        self._folder = folder
        self._start_within = start_within
        self._restart_after = restart_after
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """As at boot."""
        self._over.clear()
        self._thread = threading.Thread(target=self._supervise, name="supervisor")
        self._thread.start()

    def stop(self) -> None:
        """As `systemctl stop`."""
        self._over.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.terminate()
        self._join()

    def cut_power(self) -> int:
        """End every process of the device at once, and start none; how many there were."""
        self._over.set()
        with self._lock:
            killed = self._kill_all()
        self._join()
        while left := self._kill_all():  # what was begun while the list was read
            killed += left
            time.sleep(_LOOK_S)
        return killed

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it; nothing of the device is left."""
        self.stop()
        self._kill_all()

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _supervise(self) -> None:
        while not self._over.is_set():
            end = self._run_once()
            self.ends.append(end)
            self._kill_all()
            if end.code == NOT_AGAIN and not (self._folder / "state/fleet/trial").is_symlink():
                return
            self._over.wait(self._restart_after)

    def _run_once(self) -> End:
        began = time.monotonic()
        with NotifySocket() as ears, self.log.open("ab") as log:
            with self._lock:
                if self._over.is_set():
                    return End(0, 0.0)
                self._process = process = subprocess.Popen(
                    [self._folder / "opt/launcher", "run", "--config", self._folder / "agent.yaml"],
                    env=self._environ(ears.address),
                    cwd=self._folder / "state",
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self._see_it_through(process, ears, began + self._start_within)
        return End(process.returncode, time.monotonic() - began)

    def _see_it_through(self, process: "subprocess.Popen[bytes]", ears: NotifySocket, ready_by: float) -> None:
        is_ready, stop_by = False, float("inf")
        while process.poll() is None:
            is_ready = is_ready or any("READY=1" in lines for lines in ears.heard())
            if self._over.is_set():
                stop_by = min(stop_by, time.monotonic() + _STOP_S)
            if time.monotonic() > (stop_by if is_ready else min(ready_by, stop_by)):
                process.send_signal(signal.SIGKILL)
            time.sleep(_LOOK_S)

    def _environ(self, notify: str) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._folder / "state"),
            "TMPDIR": str(self._folder / "run"),
            "NOTIFY_SOCKET": notify,
            "JETSON_AGENT__STATE_DIR": str(self._folder / "state"),
        }

    def _kill_all(self) -> int:
        found = list(self.processes())
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return len(found)

    def processes(self) -> Iterator[psutil.Process]:
        """Those of the device: each has its folder in its command line, as its program or an argument."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and self._is_of_device(process.cmdline()):
                    yield process

    def _is_of_device(self, command: Sequence[str]) -> bool:
        return any(str(self._folder) in part for part in command)
