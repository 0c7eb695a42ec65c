"""How the demo gets mosquitto, with an apt-get of the test's own in an otherwise empty PATH."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.demo.install import ensure_mosquitto, install_packages
from agent.errors import StopError

REPOSITORY = Path(__file__).parents[2]
ROOT, SOMEBODY = 0, 1000


@contextmanager
def _waiting(_what: str) -> Iterator[None]:
    yield


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is in PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _program(folder: Path, name: str, script: str) -> str:
    """A program that notes its arguments in `calls`."""
    (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{folder}/calls\n{script}\n')
    (folder / name).chmod(0o755)
    return str(folder / name)


def _calls(folder: Path) -> list[str]:
    return [" ".join(line.split()[:2]) for line in (folder / "calls").read_text().splitlines()]


def test_does_nothing_when_mosquitto_is_there(programs: Path) -> None:
    _program(programs, "apt-get", "")
    ensure_mosquitto(_waiting, find=lambda: Path("/usr/sbin/mosquitto"), user=ROOT)
    assert not (programs / "calls").exists()


def test_says_what_to_type_to_who_may_not_install(programs: Path) -> None:
    _program(programs, "apt-get", "")
    with pytest.raises(StopError, match=r"type: sudo apt-get install mosquitto mosquitto-clients$"):
        ensure_mosquitto(_waiting, find=lambda: None, user=SOMEBODY)
    assert not (programs / "calls").exists()


@pytest.mark.usefixtures("programs")
def test_says_so_on_another_kind_of_system() -> None:
    with pytest.raises(StopError, match="with this system's package manager"):
        ensure_mosquitto(_waiting, find=lambda: None, user=ROOT)


def test_a_package_list_that_is_missing_is_fetched_once(programs: Path) -> None:
    install = f"[ $1 = update ] && touch {programs}/lists && exit 0\n[ -e {programs}/lists ]"
    apt_get = _program(programs, "apt-get", install.replace("touch", "/bin/touch"))
    install_packages(apt_get, programs / "policy-rc.d")
    assert _calls(programs) == ["apt-get install", "apt-get update", "apt-get install"]


def test_what_apt_get_said_is_told_when_it_fails(programs: Path) -> None:
    apt_get = _program(programs, "apt-get", "echo 'E: no space left'; exit 100")
    with pytest.raises(StopError, match=r"(?s)E: no space left\nType: sudo apt-get install"):
        install_packages(apt_get, programs / "policy-rc.d")
    assert not (programs / "policy-rc.d").exists()


def test_no_broker_is_started_meanwhile_or_enabled_afterwards(programs: Path) -> None:
    policy = programs / "policy-rc.d"
    apt_get = _program(programs, "apt-get", f"{policy}; echo $? >{programs}/answer")
    _program(programs, "systemctl", "")
    install_packages(apt_get, policy)
    assert (programs / "answer").read_text() == "101\n"
    assert not policy.exists()
    assert _calls(programs) == ["apt-get install", "systemctl disable"]


@pytest.fixture
def left_behind(programs: Path) -> Path:
    """The policy of an installation that was killed."""
    policy = programs / "policy-rc.d"
    apt_get = _program(programs, "apt-get", "kill -KILL $PPID")
    install = f"from agent.demo.install import *; install_packages({apt_get!r}, Path({str(policy)!r}))"
    killed = subprocess.run([sys.executable, "-c", install], cwd=REPOSITORY, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert policy.exists()
    return policy


def test_a_policy_that_was_left_behind_allows_starts_and_removes_itself(left_behind: Path) -> None:
    asked = subprocess.run([left_behind, "mosquitto", "start"], env={"PATH": os.defpath}, check=False)
    assert asked.returncode == 0, "allowed"
    assert not left_behind.exists()


def test_a_policy_that_was_left_behind_is_no_rule_of_the_system(programs: Path, left_behind: Path) -> None:
    install_packages(_program(programs, "apt-get", f"{left_behind}; echo $? >{programs}/answer"), left_behind)
    assert (programs / "answer").read_text() == "101\n"
    assert not left_behind.exists()


def test_a_policy_of_the_systems_own_is_left_alone(programs: Path) -> None:
    policy = programs / "policy-rc.d"
    policy.write_text("own")
    install_packages(_program(programs, "apt-get", ""), policy)
    assert policy.read_text() == "own"
