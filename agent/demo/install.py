"""Gets mosquitto where that is possible without asking: as root on a Debian-like system."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from agent.errors import StopError

PACKAGES = ("mosquitto", "mosquitto-clients")

_BY_HAND = f"sudo apt-get install {' '.join(PACKAGES)}"
_POLICY = Path("/usr/sbin/policy-rc.d")
_OURS = "# Of `jetson-agent demo`, while it installs its broker; removes itself when that was killed."
_NO_STARTS = """\
#!/bin/sh
{ours}
kill -0 {pid} 2>/dev/null && exit 101
rm -f "$0"
"""
"""101: action forbidden by policy; 0: allowed."""

_SHOWN_LINES = 10

Waiting = Callable[[str], AbstractContextManager[object]]
"""Shows what is being waited for while a block runs."""


def ensure_mosquitto(waiting: Waiting, *, find: Callable[[], Path | None], user: int) -> None:
    """Install the broker if it is missing and may be installed.

    Args:
        waiting: Shows what takes time.
        find: Looks for the broker's program.
        user: The effective user id of this process.

    Raises:
        StopError: It is missing; the message says what to type.
    """
    if find() is not None:
        return
    apt_get = shutil.which("apt-get")
    if apt_get is None:
        raise StopError("mosquitto is not installed: install it with this system's package manager, then try again")
    if user != 0:
        raise StopError(f"mosquitto is not installed; type: {_BY_HAND}")
    with waiting(f"mosquitto is missing: installing {' and '.join(PACKAGES)} with apt-get"):
        install_packages(apt_get, _POLICY)
    if find() is None:
        raise StopError(f"mosquitto is still not there after its installation; type: {_BY_HAND}")


def install_packages(apt_get: str, policy: Path) -> None:
    """Install the packages, and leave no broker running or enabled that nobody asked for.

    Args:
        apt_get: The program.
        policy: Where invoke-rc.d(8) asks whether a new service may be started.

    Raises:
        StopError: apt-get failed; the end of its output is in the message.
    """
    install = [apt_get, "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *PACKAGES]
    with _no_service_starts(policy):
        # The package lists of a new machine or container are empty or old.
        if _apt(install).returncode != 0:
            _apt([apt_get, "update"])
            result = _apt(install)
            if result.returncode != 0:
                shown = "\n".join(result.stdout.splitlines()[-_SHOWN_LINES:])
                raise StopError(f"mosquitto could not be installed:\n{shown}\nType: {_BY_HAND}")
    systemctl = shutil.which("systemctl")
    if systemctl is not None:
        # The package's own scripts have enabled it for the next boot.
        _apt([systemctl, "disable", "mosquitto"])


@contextmanager
def _no_service_starts(policy: Path) -> Iterator[None]:
    """Forbid that packages start services, unless this system has a rule of its own already."""
    if policy.exists() and _OURS not in policy.read_text(encoding="utf-8", errors="replace"):
        yield
        return
    policy.write_text(_NO_STARTS.format(ours=_OURS, pid=os.getpid()), encoding="ascii")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def _apt(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # fixed command lines
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
