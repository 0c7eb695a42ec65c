"""The journal's owner is killed at every statement and at any moment: nothing that was promised is lost."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("mode", ["every-statement", "any-moment"])
def test_nothing_promised_is_lost(tmp_path: Path, mode: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.power_cut.journal_kills", mode, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("killed ")
    print(done.stdout)
