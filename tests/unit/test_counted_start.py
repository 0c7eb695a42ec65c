"""What is removed of the launcher's counts, and when."""

from pathlib import Path

import pytest

from agent.counted_start import CountedStart
from agent.errors import ConfigError, StopError


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for count in ("good.boots", "trial.boots"):
        (tmp_path / count).write_text("2\n")
    return tmp_path


@pytest.fixture
def start(fleet: Path) -> CountedStart:
    return CountedStart.of({"JETSON_AGENT_FLEET": str(fleet)})


def test_a_release_that_runs_is_in_doubt_no_more_and_one_on_trial_still_is(start: CountedStart, fleet: Path) -> None:
    start.serves()
    start.serves()
    assert {it.name for it in fleet.iterdir()} == {"trial.boots"}


@pytest.mark.parametrize(
    ("error", "left"), [(ConfigError, {"trial.boots"}), (StopError, {"good.boots", "trial.boots"})]
)
def test_a_wrong_configuration_is_no_fault_of_the_good_release(
    start: CountedStart, fleet: Path, error: type[StopError], left: set[str]
) -> None:
    with pytest.raises(error), start.unless_misconfigured():
        raise error("wrong")
    assert {it.name for it in fleet.iterdir()} == left


def test_without_the_launcher_nothing_is_counted(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fleet)
    CountedStart.of({}).serves()
    assert (fleet / "good.boots").exists()


def test_what_cannot_be_removed_keeps_nobody_from_serving(start: CountedStart, fleet: Path) -> None:
    (fleet / "good.boots").unlink()
    (fleet / "good.boots").mkdir()
    start.serves()
