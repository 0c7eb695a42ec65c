"""`python -m tests.systemd [--cache DIR] [--bundle FILE]`: prints each check with what was seen.

Exits 1 when one failed. Takes root, systemd-nspawn and, the first time, debootstrap and the network.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.check_run import NOT_HERE, run_checks
from tests.systemd.checks import CHECKS
from tests.systemd.container import Container, bare_debian
from tests.systemd.installed import Installed

_REPOSITORY = Path(__file__).parents[2]


def main() -> int:
    """Run the checks, in order, in one container."""
    parser = argparse.ArgumentParser(prog="python -m tests.systemd", description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("/var/cache/jetson-agent-tests"))
    parser.add_argument("--bundle", type=Path, help="made by deploy/make-bundle.sh of this tree; default: made now")
    arguments = parser.parse_args()
    missing = [it for it in ("systemd-nspawn", "nsenter", "debootstrap") if shutil.which(it) is None]
    if os.geteuid() != 0 or missing:
        why = f"{', '.join(missing)} missing (apt-get install systemd-container debootstrap)" if missing else "not root"
        print(f"NOT TESTED: the service in a booted systemd: {why}", file=sys.stderr)
        return NOT_HERE
    rootfs = bare_debian(arguments.cache)
    bundle = arguments.bundle or _make_bundle(arguments.cache / "bundle.tar.gz")
    with Container(rootfs) as container:
        subprocess.run(["tar", "-xzf", bundle, "-C", container.root / "root"], check=True)
        container.run("systemctl", "start", "mosquitto")
        return run_checks(
            CHECKS, Installed(container), lambda: container.run("journalctl", "-n", "40", "--no-pager", check=False)
        )


def _make_bundle(out: Path) -> Path:
    subprocess.run([_REPOSITORY / "deploy/make-bundle.sh", out], check=True)
    return out


sys.exit(main())
