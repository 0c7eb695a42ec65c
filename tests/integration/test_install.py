"""deploy/install.sh when an update goes wrong, and what it sees of credentials; on a machine of the test."""

import signal
from pathlib import Path

import pytest

from tests.fake_machine import FakeMachine

_RESTART = "restart jetson-agent.service"
_STOP = "stop jetson-agent.service"
_CONFIG_IS_WRONG = 78


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


@pytest.fixture
def installed(machine: FakeMachine) -> FakeMachine:
    """Release 1 runs."""
    done = machine.install("1", knows=3)
    assert done.returncode == 0, done.stdout
    assert machine.is_active
    machine.asked_of_systemd()
    return machine


def test_an_update_runs_and_leaves_the_release_before_and_no_copy(installed: FakeMachine) -> None:
    done = installed.install("2", knows=4)
    assert done.returncode == 0, done.stdout
    assert (installed.current, installed.is_active) == ("2", True)
    assert installed.journal() == {"journal.db": "4\n", "journal.db-wal": "of 2\n"}
    assert _has_no_copy(installed)
    assert {it.name for it in (installed.opt / "releases").iterdir()} == {"1", "2"}


def test_again_changes_nothing(installed: FakeMachine) -> None:
    done = installed.install("1", knows=3)
    assert "nothing has changed" in done.stdout
    assert not {_STOP, _RESTART} & set(installed.asked_of_systemd())


def test_a_release_whose_interpreter_has_gone_is_made_anew(installed: FakeMachine) -> None:
    (installed.opt / "releases/1/bin/jetson-agent").write_text("#!/usr/bin/python-that-has-gone\n")
    done = installed.install("1", knows=3)
    assert done.returncode == 0, done.stdout
    assert "the configuration is wrong" not in done.stdout
    assert (installed.current, installed.is_active) == ("1", True)


def test_with_another_python_a_release_is_made_beside_the_one_before(installed: FakeMachine) -> None:
    installed.bring_python("0.1")
    done = installed.install("1", knows=3)
    assert done.returncode == 0, done.stdout
    assert installed.current.startswith("1+")
    assert installed.is_active


def test_a_release_that_does_not_start_leaves_the_journal_as_it_was(installed: FakeMachine) -> None:
    before = installed.journal()
    done = installed.install("2", knows=4, run=f"touch {installed.state}/journal.db-shm; exit 1")
    assert done.returncode == 1
    assert "the one before, 1, is back" in done.stdout
    assert (installed.current, installed.is_active) == ("1", True)
    assert installed.journal() == before
    assert _has_no_copy(installed)


def test_the_journal_of_another_state_directory_comes_back_too(machine: FakeMachine, tmp_path: Path) -> None:
    machine.move_state(tmp_path / "data")
    machine.install("1", knows=3)
    before = machine.journal()
    done = machine.install("2", knows=4, run="exit 1")
    assert "the one before, 1, is back" in done.stdout
    assert (machine.current, machine.is_active) == ("1", True)
    assert machine.journal() == before


def test_a_release_that_does_not_start_is_stopped_before_the_journal_goes_back(installed: FakeMachine) -> None:
    installed.install("2", knows=4, run="exit 1")
    asked = [it for it in installed.asked_of_systemd() if it in (_STOP, _RESTART)]
    assert asked == [_STOP, _RESTART, _STOP, _RESTART]


def test_without_room_for_the_copy_the_release_before_goes_on(installed: FakeMachine) -> None:
    installed.fill_disk()
    done = installed.install("2", knows=4)
    assert done.returncode == 1
    assert "could not be copied" in done.stdout
    assert (installed.current, installed.is_active) == ("1", True)
    assert installed.journal()["journal.db"] == "3\n"
    assert _has_no_copy(installed)


def test_a_configuration_that_the_new_release_refuses_leaves_the_one_before(installed: FakeMachine) -> None:
    installed.config.write_text("old_key: 1\n")
    done = installed.install("2", refused_key="old_key")
    assert done.returncode == _CONFIG_IS_WRONG
    assert "old_key: 1" in done.stdout
    assert (installed.current, installed.is_active) == ("1", True)
    assert not {_STOP, _RESTART} & set(installed.asked_of_systemd())


def test_a_first_release_that_does_not_start_can_be_followed_by_one_that_does(machine: FakeMachine) -> None:
    done = machine.install("1", run="exit 1")
    assert done.returncode == 1
    assert "the service did not start" in done.stdout
    assert machine.current == "1"
    assert machine.install("2").returncode == 0
    assert (machine.current, machine.is_active) == ("2", True)


def test_a_power_cut_amid_a_file_leaves_the_one_before(installed: FakeMachine) -> None:
    launcher = installed.opt / "launcher"
    before = launcher.read_text()
    installed.change("deploy/launcher")
    installed.cut_power_at(launcher)
    assert installed.install("2").returncode == -signal.SIGKILL
    assert launcher.read_text() == before


@pytest.mark.parametrize("next_release", ["2", "3"])
def test_a_run_cut_off_before_the_start_leaves_the_way_back(installed: FakeMachine, next_release: str) -> None:
    before = _cut_off(installed, "2", run="exit 1")
    done = installed.install(next_release, knows=4, run="exit 1")
    assert done.returncode == 1
    assert "the one before, 1, is back" in done.stdout
    assert (installed.current, installed.is_active) == ("1", True)
    assert installed.journal() == before
    assert _has_no_copy(installed)


def test_after_a_run_cut_off_the_release_before_can_be_installed_again(installed: FakeMachine) -> None:
    before = _cut_off(installed, "2", run="exit 1")
    done = installed.install("1", knows=3)
    assert done.returncode == 0, done.stdout
    assert (installed.current, installed.is_active) == ("1", True)
    assert installed.journal() == before
    assert _has_no_copy(installed)


def test_after_a_run_cut_off_a_release_that_came_to_run_is_the_one_to_go_back_to(installed: FakeMachine) -> None:
    _cut_off(installed, "2")
    done = installed.install("3", knows=5, run="exit 1")
    assert "the one before, 2, is back" in done.stdout
    assert (installed.current, installed.is_active) == ("2", True)
    assert installed.journal() == {"journal.db": "4\n", "journal.db-wal": "of 2\n"}
    assert _has_no_copy(installed)


def test_what_is_started_is_on_the_disk(machine: FakeMachine) -> None:
    machine.install("1")
    calls = machine.calls()
    restart = calls.index(["systemctl", *_RESTART.split()])
    replaced = [(at, it[2:]) for at, it in enumerate(calls[:restart]) if it[0] == "mv" and "current" not in it[-1]]
    for at, (new, _) in replaced:
        assert calls[at - 1] == ["sync", new]
    assert {"agent.yaml", "device.key", "launcher", ".complete"} <= {Path(place).name for _, (_, place) in replaced}
    tool, option, *folders = calls[restart - 1]
    assert (tool, option) == ("sync", "-f")
    assert {str(machine.opt), str(machine.config.parent)} < set(folders)


def test_a_credential_that_is_added_is_handed_over_at_once(installed: FakeMachine) -> None:
    (installed.credentials / "password").write_text("s3cret")
    installed.install("1", knows=3)
    assert installed.handed_over() == {"password": "s3cret"}


def test_a_credential_that_has_changed_under_its_name_is_handed_over_at_once(installed: FakeMachine) -> None:
    (installed.credentials / "password").write_text("s3cret")
    installed.install("1", knows=3)
    (installed.credentials / "password").write_text("n3w")
    done = installed.install("1", knows=3)
    assert installed.handed_over() == {"password": "n3w"}
    assert "password" in done.stdout
    assert "n3w" not in done.stdout


def test_credentials_that_are_as_before_restart_nothing(installed: FakeMachine) -> None:
    for name in ("nim.key", "password"):
        (installed.credentials / name).write_text("s3cret")
    installed.install("1", knows=3)
    installed.asked_of_systemd()
    done = installed.install("1", knows=3)
    assert "nothing has changed" in done.stdout
    assert _RESTART not in installed.asked_of_systemd()


def test_a_credential_that_is_removed_is_taken_back_at_once(installed: FakeMachine) -> None:
    (installed.credentials / "password").write_text("s3cret")
    installed.install("1", knows=3)
    (installed.credentials / "password").unlink()
    installed.install("1", knows=3)
    assert installed.handed_over() == {}


def _has_no_copy(machine: FakeMachine) -> bool:
    """Of the journal, beside the releases."""
    return {it.name for it in machine.opt.iterdir()} == {"current", "launcher", "releases"}


def _cut_off(machine: FakeMachine, version: str, run: str = "") -> dict[str, str]:
    """Between the switch to a release, which knows a newer journal, and its start; the journal before that."""
    before = machine.journal()
    machine.cut_power_before_start()
    assert machine.install(version, knows=4, run=run).returncode == -signal.SIGKILL
    machine.boot()
    assert machine.current == version
    assert machine.journal()["journal.db"] == "4\n"
    return before
