"""deploy/uninstall.sh: what it stops, and where it finds the state; on a machine of the test."""

from pathlib import Path

import pytest

from tests.fake_machine import FakeMachine


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_nothing_is_left_that_starts_the_service_again(machine: FakeMachine) -> None:
    machine.install("1")
    machine.bring("of-the-fleet", run="true")
    machine.asked_of_systemd()
    machine.uninstall()
    asked = machine.asked_of_systemd()
    assert not (machine.state / "fleet").exists()
    assert asked.index("stop jetson-agent-again.service") < asked.index("disable --now jetson-agent.service")


def test_without_purge_another_state_directory_stays_but_for_the_fleets_releases(
    machine: FakeMachine, tmp_path: Path
) -> None:
    machine.move_state(tmp_path / "data")
    machine.install("1")
    machine.bring("of-the-fleet", run="true")
    done = machine.uninstall()
    assert done.returncode == 0, done.stdout
    assert {file.name for file in machine.state.iterdir()} == {"journal.db", "journal.db-wal"}
    assert f"  {machine.state}\n" in done.stdout


@pytest.mark.parametrize("runs_before", [0, 1])
def test_purge_removes_another_state_directory_too(machine: FakeMachine, tmp_path: Path, runs_before: int) -> None:
    machine.move_state(tmp_path / "data")
    machine.install("1")
    for _ in range(runs_before):
        machine.uninstall()
    done = machine.uninstall("--purge")
    assert done.returncode == 0, done.stdout
    assert not machine.state.exists()
    assert "its state" in done.stdout


def test_purge_leaves_a_state_directory_that_is_not_the_services_own_and_says_so(
    machine: FakeMachine, tmp_path: Path
) -> None:
    machine.move_state(tmp_path / "data", owner="root")
    machine.install("1")
    done = machine.uninstall("--purge")
    assert done.returncode == 0, done.stdout
    assert machine.journal()
    assert f"What stays: {machine.state}" in done.stdout
