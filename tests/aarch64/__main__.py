"""`python -m tests.aarch64 [--cache DIR] [--bundle FILE]`: prints each check with what was seen.

Exits 1 when one failed. Takes root, qemu-aarch64-static, Linux 6.7, Python 3.11, and the first time mmdebstrap and the
network.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.aarch64.checks import CHECKS
from tests.aarch64.emulated import Emulated, bare_debian
from tests.check_run import NOT_HERE, run_checks

_REPOSITORY = Path(__file__).parents[2]
_PYTHON = (3, 11)
"""Of bookworm: the bundle's wheels are for it."""


def main() -> int:
    """Run the checks, in order, in one file system."""
    parser = argparse.ArgumentParser(prog="python -m tests.aarch64", description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("/var/cache/jetson-agent-tests"))
    parser.add_argument("--bundle", type=Path, help="by deploy/make-bundle.sh --machine aarch64; default: made now")
    arguments = parser.parse_args()
    why = _why_not()
    if why:
        print(f"NOT TESTED: the agent on aarch64: {why}", file=sys.stderr)
        return NOT_HERE
    rootfs = bare_debian(arguments.cache)
    bundle = arguments.bundle or _make_bundle(arguments.cache / "bundle-aarch64.tar.gz")
    with Emulated(rootfs) as machine:
        subprocess.run(["tar", "-xzf", bundle, "-C", machine.root / "root"], check=True)
        return run_checks(CHECKS, machine)


def _why_not() -> str:
    if os.geteuid() != 0:
        return "not root"
    missing = [it for it in ("qemu-aarch64-static", "unshare", "mmdebstrap") if shutil.which(it) is None]
    if missing:
        return f"{', '.join(missing)} missing (apt-get install qemu-user-static mmdebstrap)"
    if sys.version_info[:2] != _PYTHON:
        return f"the bundle takes Python {_PYTHON[0]}.{_PYTHON[1]}"
    kernel = tuple(int(it) for it in os.uname().release.split("-")[0].split(".")[:2])
    return "" if kernel >= (6, 7) else "binfmt_misc in a namespace of its own takes Linux 6.7"


def _make_bundle(out: Path) -> Path:
    make = _REPOSITORY / "deploy/make-bundle.sh"
    subprocess.run([make, "--machine", "aarch64", out], env={**os.environ, "PYTHON": sys.executable}, check=True)
    return out


sys.exit(main())
