"""What is removed, and what never is."""

import fcntl
from pathlib import Path

import pytest

from agent.models.catalog import Catalog
from agent.models.listing import Listing
from agent.models.pull_error import PullError
from agent.models.remove import Removed, RemoveError, remove
from agent.models.work_folder import hold, pull_folder
from agent.units import Bytes
from tests.unit.models.test_folder import place


def gone(tmp_path: Path, name: str, *named_by: str) -> Removed:
    own = tmp_path / "own"
    entry = Catalog(own, own, (tmp_path / "shipped",)).find(name)
    return remove(name, entry, own, named_by)


def test_an_own_one_goes_and_what_ships_stands_behind_it(tmp_path: Path) -> None:
    place(tmp_path / "shipped")
    own = place(tmp_path / "own")
    assert gone(tmp_path, "edge-tiny") == Removed(Bytes(2), None)
    assert not own.exists()
    with pytest.raises(RemoveError, match="comes with the agent, and goes only with it"):
        gone(tmp_path, "edge-tiny")
    assert (tmp_path / "shipped" / "edge-tiny").exists()


def test_the_configured_one_stays(tmp_path: Path) -> None:
    own = place(tmp_path / "own", "big")
    with pytest.raises(RemoveError, match=r"names it as model\.name, routes\.look\.model\. Name another"):
        gone(tmp_path, "big", "model.name", "routes.look.model")
    assert own.exists()


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RemoveError, match="nothing to remove"):
        gone(tmp_path, "big")


def test_a_removal_that_was_cut_off_is_ended_by_the_same_command(tmp_path: Path) -> None:
    place(tmp_path / "own", ".removed-big")
    assert gone(tmp_path, "big") == Removed(Bytes(2), None)
    assert list((tmp_path / "own").iterdir()) == []


def test_what_others_have_left_goes_too_and_counts(tmp_path: Path) -> None:
    place(tmp_path / "own", ".removed-other")
    place(tmp_path / "own", "big")
    assert gone(tmp_path, "big") == Removed(Bytes(4), None)
    assert list((tmp_path / "own").iterdir()) == []


def test_a_removal_that_was_cut_off_does_not_stop_the_next(tmp_path: Path) -> None:
    place(tmp_path / "own", ".removed-big")
    place(tmp_path / "own", "big")
    gone(tmp_path, "big")
    assert list((tmp_path / "own").iterdir()) == []


def test_of_a_link_to_a_larger_disk_only_the_link_goes(tmp_path: Path) -> None:
    there = place(tmp_path / "disk", "big")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "big").symlink_to(there)
    assert gone(tmp_path, "big") == Removed(Bytes(0), None)
    assert list((tmp_path / "own").iterdir()) == []
    assert (there / "genai_config.json").exists()


@pytest.mark.parametrize("name", ["big", "other"])
def test_a_link_that_an_earlier_removal_has_left_goes(tmp_path: Path, name: str) -> None:
    there = place(tmp_path / "disk", "big")
    place(tmp_path / "own", "big")
    (tmp_path / "own" / f".removed-{name}").symlink_to(there)
    assert gone(tmp_path, "big") == Removed(Bytes(2), None)
    assert list((tmp_path / "own").iterdir()) == []
    assert (there / "genai_config.json").exists()


def test_a_download_that_runs_is_left_alone(tmp_path: Path) -> None:
    part = place(tmp_path / "own", ".pull-big")
    with hold(tmp_path / "own", "big"), pytest.raises(PullError, match="being downloaded by another process"):
        gone(tmp_path, "big")
    assert part.exists()
    assert gone(tmp_path, "big") == Removed(Bytes(2), None)
    assert list((tmp_path / "own").iterdir()) == []


def test_a_download_that_has_nothing_yet_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    with hold(tmp_path / "own", "big") as work:
        with pytest.raises(PullError, match="being downloaded by another process"):
            gone(tmp_path, "big")
        with pytest.raises(PullError, match="being downloaded by another process"), hold(tmp_path / "own", "big"):
            pass
        work.keep(Listing("https://x.invalid", "main", ()))
    assert gone(tmp_path, "big").size > 0


def test_the_folder_of_a_later_download_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "own"
    with hold(own, "big"):
        pull_folder(own, "big").rename(own / ".removed-big")
        later = pull_folder(own, "big")
        later.mkdir()
    assert later.exists()


def test_a_folder_that_went_before_it_was_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    lock = fcntl.flock

    def taken_away(descriptor: int, operation: int) -> None:
        """As if who held it had ended right before."""
        monkeypatch.undo()
        pull_folder(own, "big").rmdir()
        lock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", taken_away)
    with hold(own, "big") as work:
        work.keep(Listing("https://x.invalid", "main", ()))
