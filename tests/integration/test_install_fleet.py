"""deploy/install.sh where updates have brought releases, which are started first; on a machine of the test."""

from pathlib import Path

import pytest

from tests.fake_machine import FakeMachine


@pytest.fixture
def installed(tmp_path: Path) -> FakeMachine:
    """Release 1 runs."""
    machine = FakeMachine(tmp_path)
    done = machine.install("1", knows=3)
    assert done.returncode == 0, done.stdout
    return machine


def test_the_fleets_release_in_another_state_directory_is_known(installed: FakeMachine, tmp_path: Path) -> None:
    installed.move_state(tmp_path / "data")
    installed.bring("of-the-fleet", run="true")
    done = installed.install("2", knows=3)
    assert "the fleet's release of-the-fleet goes on" in done.stdout


def test_the_fleets_release_that_starts_goes_on(installed: FakeMachine) -> None:
    installed.bring("of-the-fleet", run="true")
    done = installed.install("2", knows=3)
    assert done.returncode == 0, done.stdout
    assert "the fleet's release of-the-fleet goes on" in done.stdout


def test_what_is_installed_runs_where_the_fleets_release_does_not_start(installed: FakeMachine) -> None:
    installed.bring("of-the-fleet", run="exit 1")
    done = installed.install("2", knows=4)
    assert done.returncode == 0, done.stdout
    assert "of-the-fleet does not run" in done.stdout
    assert (installed.current, installed.is_active) == ("2", True)
    assert installed.journal()["journal.db"] == "4\n"


@pytest.mark.parametrize("links", [("trial",), ("trial", "good")])
def test_what_is_installed_runs_where_a_release_on_trial_does_not_start(
    installed: FakeMachine, links: tuple[str, ...]
) -> None:
    for link in links:
        installed.bring(f"of-{link}", run="exit 1", link=link)
    done = installed.install("2", knows=3)
    assert done.returncode == 0, done.stdout
    assert (installed.current, installed.is_active) == ("2", True)


def test_a_release_on_trial_that_starts_goes_on(installed: FakeMachine) -> None:
    installed.bring("of-good", run="true")
    installed.bring("of-trial", run="true", link="trial")
    done = installed.install("2", knows=3)
    assert "the fleet's release of-trial goes on" in done.stdout
    assert "of-good" not in done.stdout
