"""Making a release's folder with a real venv and a real pip."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.fleet import environment
from agent.fleet.long_command import CommandError
from agent.fleet.ports import StagingError
from agent.fleet.slots import ReleaseSlots
from agent.fleet.values import ReleaseName
from agent.units import Seconds
from tests.tiny_release import TinyBlobs, TinyRelease, quick_python


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return tmp_path / "fleet"


@pytest.fixture
def blobs(fleet: Path) -> TinyBlobs:
    return TinyBlobs(fleet / "blobs")


@pytest.fixture
def slots(fleet: Path, blobs: TinyBlobs, tmp_path: Path) -> ReleaseSlots:
    return ReleaseSlots(fleet, blobs, python=quick_python(tmp_path))


def _says(fleet: Path, name: str, *arguments: str) -> str:
    program = fleet / "releases" / name / "venv/bin/jetson-agent"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def test_a_release_is_staged_runs_and_shares_its_contents(fleet: Path, blobs: TinyBlobs) -> None:
    slots = ReleaseSlots(fleet, blobs)  # with nothing that makes it quick
    release = TinyRelease(version="1.5").put(blobs, "r1")
    slots.stage(release)
    slot = fleet / "releases/r1"
    assert slots.is_staged(release.name)
    assert _says(fleet, "r1", "run") == "jetson-agent 1.5 run"
    model = slot / "models/edge-tiny/genai_config.json"
    assert model.samefile(blobs.path(release.models[0].files[0].blob.digest))
    assert (slot / "agent.yaml").read_text() == "log_level: DEBUG\n"
    assert {it.name for it in slot.iterdir()} == {
        ".complete",
        "agent.yaml",
        "models",
        "release.json",
        "requirements.lock",
        "venv",
        "wheels",
    }
    made = (slot / "venv/pyvenv.cfg").stat().st_mtime_ns
    slots.stage(release)
    assert (slot / "venv/pyvenv.cfg").stat().st_mtime_ns == made  # it was there


def test_a_wheel_that_is_not_the_one_of_the_lock_is_refused(fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots) -> None:
    release = TinyRelease(lock=f"tiny-needed==2.0 --hash=sha256:{'0' * 64}\n").put(blobs, "r1")
    with pytest.raises(StagingError, match="DO NOT MATCH THE HASHES"):
        slots.stage(release)
    assert not (fleet / "releases/r1").exists()


def test_an_agent_that_does_not_start_is_refused_with_its_last_words(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots
) -> None:
    release = TinyRelease(body="sys.exit('no such library')").put(blobs, "r1")
    with pytest.raises(StagingError, match=r"exit code 1: .*no such library"):
        slots.stage(release)
    assert not (fleet / "releases/r1").exists()


_STAGE = """
import sys
from pathlib import Path
from agent.fleet.slots import ReleaseSlots
from agent.units import Seconds
from tests.tiny_release import TinyBlobs, TinyRelease
fleet, python = map(Path, sys.argv[1:])
blobs = TinyBlobs(fleet / "blobs")
ReleaseSlots(fleet, blobs, python=python).stage(TinyRelease(version="1.5").put(blobs, "r1"))
"""


_INSTALLED = "venv/lib/*/site-packages/tiny_needed.py"


# Files that stay: what is there for a moment only may not be seen.
@pytest.mark.parametrize("moment", ["venv/pyvenv.cfg", "venv/bin/python", _INSTALLED, "venv/bin/jetson-agent"])
def test_killed_at_a_moment_nothing_goes_on_and_the_next_one_makes_it(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots, tmp_path: Path, moment: str
) -> None:
    with subprocess.Popen([sys.executable, "-c", _STAGE, fleet, quick_python(tmp_path)]) as process:
        while not any((fleet / "releases/r1").glob(moment)):
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
    assert not slots.is_staged(ReleaseName("r1"))
    _wait_until_nothing_runs_in(fleet)
    slots.stage(TinyRelease(version="1.5").put(blobs, "r1"))
    assert _says(fleet, "r1") == "jetson-agent 1.5"


def test_what_takes_too_long_is_ended_with_all_that_it_has_started(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_TRYING", Seconds(1.0))
    program = "import time; time.sleep(1000)"
    body = f"import subprocess; subprocess.run([sys.executable, '-c', {program!r}])"
    with pytest.raises(CommandError, match="took longer than 1 s"):
        slots.stage(TinyRelease(body=body).put(blobs, "r1"))
    _wait_until_nothing_runs_in(fleet)
    assert not list((fleet / "releases").iterdir())


def _wait_until_nothing_runs_in(fleet: Path) -> None:
    """venv, pip and what they have started, none of which is a child of this process."""
    ends_at = time.monotonic() + 60
    while any(str(fleet) in command for command in _commands()):
        assert time.monotonic() < ends_at
        time.sleep(0.01)


def _commands() -> list[str]:
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            commands.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return commands
