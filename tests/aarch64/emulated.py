"""A Debian for aarch64 whose programs run under qemu, on a machine of another kind.

Owns the copy of its file system; its processes end with each call.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_PACKAGES = (
    "base-files,dash,coreutils,findutils,netbase,python3,python3-venv,ca-certificates,libgomp1,libstdc++6,mosquitto"
)
_ENTER = Path(__file__).with_name("enter.sh")
_OWN_NAMESPACES = ("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child")
_ENVIRON = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
_CORE = """processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""
"""Of /proc/cpuinfo, as a Cortex-A72 has it."""
_CORES = 2


def bare_debian(cache: Path) -> Path:
    """A bookworm for aarch64 with mosquitto and Python, and no more; made once, from the network, in seconds.

    Its packages are unpacked and not configured: that would run for minutes, and nothing here needs it.
    """
    rootfs = cache / "bookworm-aarch64"
    if not rootfs.exists():
        half = cache / "bookworm-aarch64.half"
        shutil.rmtree(half, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        how = ("--quiet", "--mode=root", "--variant=extract", "--arch=arm64", f"--include={_PACKAGES}")
        subprocess.run(["mmdebstrap", *how, "bookworm", half], check=True)
        half.rename(rootfs)
    return rootfs


class Emulated:
    """A copy of a file system, and programs that run in it.

    Args:
        rootfs: What is copied.
    """

    def __init__(self, rootfs: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="jetson-agent-aarch64-", dir=rootfs.parent)
        self.root = Path(self._folder.name) / "root"
        self._cpuinfo = self.root.parent / "cpuinfo"
        self._rootfs = rootfs

    def __enter__(self) -> Self:
        """Copy it."""
        subprocess.run(["cp", "-a", "--reflink=auto", self._rootfs, self.root], check=True)
        for place in ("proc", "sys", "dev", "root"):
            (self.root / place).mkdir(exist_ok=True)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        self._cpuinfo.write_text("".join(_CORE.format(number=it) for it in range(_CORES)))
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove it."""
        self._folder.cleanup()

    def call(self, *command: str, timeout: float = 3600.0) -> subprocess.CompletedProcess[str]:
        """Run a program of it, as its root; what that has started ends with it.

        Returns:
            Its exit code, and both its outputs in `stdout`.
        """
        return subprocess.run(
            [*_OWN_NAMESPACES, _ENTER, self.root, self._cpuinfo, *command],
            env=_ENVIRON,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )

    def run(self, *command: str) -> str:
        """Like `call`, for what has to succeed.

        Returns:
            What it wrote to both its outputs, without the last newline.

        Raises:
            AssertionError: It failed.
        """
        done = self.call(*command)
        assert done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout.rstrip("\n")
