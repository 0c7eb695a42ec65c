"""A Debian with its own systemd, booted in a container without a network: what the service is installed into.

Owns the container's file system, its processes and its control groups; at the end nothing of them is left.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import wait_for

_PACKAGES = (
    "systemd,systemd-sysv,dbus,libpam-systemd,python3,python3-venv,iproute2,procps,mosquitto,mosquitto-clients,"
    "ca-certificates,openssl,libgomp1"
)
_CGROUPS = Path("/sys/fs/cgroup")
_CONTROLLERS = ("systemd", "unified", "memory", "pids", "cpu")
"""Of cgroup v1 with a hybrid v2."""
_ENVIRON = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}


def bare_debian(cache: Path) -> Path:
    """A bookworm with mosquitto and Python, and no more; made once, which takes about a minute and the network."""
    rootfs = cache / "bookworm"
    if not rootfs.exists():
        half = cache / "bookworm.half"
        shutil.rmtree(half, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", half], check=True)
        half.rename(rootfs)
    return rootfs


class Container:
    """Booted from a copy of a file system.

    Args:
        rootfs: What is copied.
    """

    def __init__(self, rootfs: Path) -> None:
        self._rootfs = rootfs
        self._folder = tempfile.TemporaryDirectory(prefix="jetson-agent-systemd-", dir=rootfs.parent)
        self.root = Path(self._folder.name) / "root"
        self._name = self.root.parent.name
        self._groups = [_CGROUPS / it / self._name for it in _CONTROLLERS if (_CGROUPS / it).is_dir()]
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0

    def __enter__(self) -> Self:
        """Boot."""
        subprocess.run(["cp", "-a", "--reflink=auto", self._rootfs, self.root], check=True)
        (self.root / "etc/machine-id").unlink(missing_ok=True)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (self.root / "etc/hostname").write_text("orin-7\n")
        for group in self._groups:
            group.mkdir()
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._end)
            self._boot()
            on_failure.pop_all()
        return self

    def _boot(self) -> None:
        with (self.root.parent / "console").open("wb") as console:
            self._nspawn = subprocess.Popen(
                [
                    *("systemd-nspawn", "-q", "-D", self.root, "-b", "--register=no", "--keep-unit"),
                    *("-M", "orin-7", "--console=pipe", "--private-network"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                preexec_fn=self._join_groups,  # noqa: PLW1509 - it writes files and nothing else; no threads here
            )
        wait_for(self._is_up, 60, "booted container")
        for controller in ("memory", "pids", "cpu"):  # else MemoryMax is silently not kept
            self.run("mount", "-o", "remount,rw,bind", f"/sys/fs/cgroup/{controller}", check=False)
        self.run("systemctl", "daemon-reexec")

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Power off; by force after a while."""
        self._end()

    def _end(self) -> None:
        if self._nspawn is not None:
            self.run("systemctl", "poweroff", check=False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._nspawn.wait(30)
            if self._nspawn.poll() is None:
                self._nspawn.kill()  # and with it, its namespaces' first process
                self._nspawn.wait()
        for group in self._groups:
            for inner in sorted((it for it in group.rglob("*") if it.is_dir()), reverse=True):
                inner.rmdir()
            group.rmdir()
        self._folder.cleanup()

    def run(self, *command: str, check: bool = True, timeout: float = 600.0) -> str:
        """Run a program in the container, as root.

        Returns:
            What it wrote to both its outputs, without the last newline.

        Raises:
            AssertionError: It failed, and `check` is set.
        """
        done = subprocess.run(
            ["nsenter", "-t", str(self._leader), "-a", *command],
            env=_ENVIRON,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout.rstrip("\n")

    def _join_groups(self) -> None:
        for group in self._groups:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    def _find_leader(self) -> None:
        """The process that is the first one inside; while nspawn sets it up, its child is another one."""
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, (self.root.parent / "console").read_text()
        pid = self._nspawn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._leader = int(children[0]) if children else 0

    def _is_up(self) -> bool:
        self._find_leader()
        said = self.run("systemctl", "is-system-running", check=False)
        return self._leader != 0 and said.endswith(("running", "degraded"))
