"""deploy/launcher: which release it starts, what it writes down before, and what is so when it is killed in between."""

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from agent.fleet.waking import NOT_COUNTED
from tests.integration.fleet.launched import Launched

_MISUSE = 64
_RELEASES = "releases"
_BROKEN = {
    "gone": "releases/none",
    "no mark": "releases/no-mark",
    "no python": "releases/no-python",
    "no program": "releases/no-program",
    "empty program": "releases/empty",
    "not executable": "releases/locked",
    "leads out": "../../elsewhere",
    "leads out below": "releases/../../elsewhere",
    "the folder above": "releases/..",
    "hidden": "releases/.hidden",
    "absolute": "/usr",
    "no name": "releases/",
    "deeper": "releases/good/venv",
}
_COUNTS: dict[str | None, int | None] = {
    # What is written there -> what comes after it; None: no start any more.
    None: 1,
    "0\n": 1,
    "1\n": 2,
    "2\n": 3,
    "3\n": None,
    "4\n": None,
    "99999999999999999999999\n": None,
    "-1\n": None,
    "1; rm -rf /\n": None,
    "": None,
}


@pytest.fixture
def device(tmp_path: Path) -> Launched:
    device = Launched(tmp_path)
    device.set_up()
    device.add("good")
    device.add("new")
    device.add("no-mark", without=".complete")
    device.add("no-python", without="venv/bin/python")
    device.add("no-program", without="venv/bin/jetson-agent")
    device.add("empty", without="content")
    device.add("locked", without="permission")
    device.add(".hidden")
    return device


def test_it_says_its_version_and_how_it_is_used(device: Launched) -> None:
    assert device.start("--version").stdout == "1\n"
    assert device.start("doctor").returncode == _MISUSE


def test_the_release_is_the_same_process_and_gets_the_arguments(device: Launched) -> None:
    device.link("good", "releases/good")
    for release in ("good", "new"):
        with subprocess.Popen(
            ["/usr/bin/dash", device.folder / "opt/launcher", "run", "-c", "a file"],
            env={"PATH": os.defpath, "JETSON_AGENT__STATE_DIR": str(device.folder / "state")},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            out, _ = process.communicate()
        assert out == f"{release} {process.pid} 1 run -c a file\n"
        device.link("trial", "releases/new")


def test_what_is_good_is_started_and_where_it_is_broken_what_was_installed(device: Launched) -> None:
    assert device.started() == "installed"
    device.link("good", "releases/good")
    assert device.started() == "good"
    for target in _BROKEN.values():
        device.link("good", target)
        assert device.started() == "installed", target
        assert device.state() == {"good": str(Path(target))}


def test_a_good_release_that_never_runs_has_three_starts_then_what_was_installed(device: Launched) -> None:
    device.link("good", "releases/good")
    device.crashes("good")
    assert [device.started() for _ in range(4)] == ["good", "good", "good", "installed"]
    assert device.state() == {
        "good": "releases/good",
        "fell-back": "good it was started 3 times and never ran: its log says why\n",
    }
    assert device.started() == "good", "the installed one ran: what kept the good one from it may be over"


def test_crashes_with_a_start_that_served_in_between_do_not_add_up(device: Launched) -> None:
    device.link("good", "releases/good")
    program = device.fleet / "releases/good/venv/bin/jetson-agent"
    serves = program.read_text()
    for _ in range(3):
        device.crashes("good")
        assert [device.started() for _ in range(2)] == ["good"] * 2
        program.write_text(serves)
        assert device.started() == "good"
    assert "good.boots" not in device.state()


def test_a_good_release_whose_start_cannot_be_counted_is_started_all_the_same(device: Launched) -> None:
    device.link("good", "releases/good")
    device.crashes("good")
    (device.fleet / ".good.boots").mkdir()  # nothing can be written there
    assert [device.started() for _ in range(5)] == ["good"] * 5


def test_a_good_release_whose_interpreter_has_gone_gives_way(device: Launched) -> None:
    device.link("good", "releases/good")
    (device.fleet / "releases/good/venv/bin/jetson-agent").write_text("#!/no/such/python\n")
    assert [device.start().returncode for _ in range(3)] == [127] * 3
    assert device.started() == "installed"


def test_every_trial_with_every_count_and_every_good(device: Launched) -> None:
    goods = {"": "installed", "releases/good": "good", _BROKEN["no mark"]: "installed", _BROKEN["gone"]: "installed"}
    for (good, falls_to), (count, after) in itertools.product(goods.items(), _COUNTS.items()):
        device.link("good", good)
        device.link("trial", "releases/new")
        device.count(count)
        assert device.started() == ("new" if after else falls_to), (good, count)
        state = device.state()
        if after:
            assert (state["trial"], state["trial.boots"]) == ("releases/new", f"{after}\n")
            assert "fell-back" not in state
        else:
            assert {"trial", "trial.boots"}.isdisjoint(state)
            assert state["fell-back"].startswith("new ")
            (device.fleet / "fell-back").unlink()


@pytest.mark.parametrize("what", _BROKEN)
def test_a_broken_trial_is_given_up_at_once(device: Launched, what: str) -> None:
    device.link("good", "releases/good")
    device.link("trial", _BROKEN[what])
    assert device.started() == "good"
    assert device.state().keys() == {"good", "fell-back"}
    assert "it is not whole" in device.state()["fell-back"]


def test_a_trial_that_never_gets_committed_has_three_starts(device: Launched) -> None:
    device.link("good", "releases/good")
    device.link("trial", "releases/new")
    assert [device.started() for _ in range(5)] == ["new", "new", "new", "good", "good"]
    assert device.state() == {
        "good": "releases/good",
        "fell-back": "new it was started 3 times and not committed: its log says why\n",
    }


def test_a_commit_that_was_cut_off_counts_no_more(device: Launched) -> None:
    device.link("good", "releases/new")
    device.link("trial", "releases/new")
    device.count("3\n")
    assert [device.started() for _ in range(3)] == ["new"] * 3
    assert "fell-back" not in device.state()


def test_what_somebody_else_has_written_is_not_run(device: Launched) -> None:
    device.link("good", "releases/good")
    os.chown(device.fleet, os.getuid() + 1, -1) if os.getuid() == 0 else device.fleet.rename(device.fleet.parent / "f")
    assert device.started() == "installed"


def test_a_start_that_cannot_be_counted_is_not_made(device: Launched) -> None:
    device.link("good", "releases/good")
    device.link("trial", "releases/new")
    (device.fleet / ".trial.boots").mkdir()  # nothing can be written there
    assert device.started() == "good"
    assert device.state()["fell-back"] == f"new {NOT_COUNTED}\n"


def test_where_nothing_can_be_written_the_good_one_is_started_all_the_same(device: Launched) -> None:
    device.link("good", "releases/good")
    device.link("trial", "releases/new")
    (device.fleet / ".trial.boots").mkdir()
    (device.fleet / ".fell-back").mkdir()
    assert device.started() == "good"
    assert device.state() == {"good": "releases/good"}


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
def test_killed_at_every_step_of_a_start_no_start_is_made_that_was_not_counted(device: Launched, when: str) -> None:
    device.link("good", "releases/good")
    at = 1
    while True:
        device.link("trial", "releases/new")
        device.count("1\n")
        if not device.start_killed(at=at, when=when):
            break
        assert device.state()["trial.boots"] in {"1\n", "2\n"}
        assert {device.started(), device.started()} <= {"new", "good"}
        assert [device.started() for _ in range(3)] == ["good"] * 3
        (device.fleet / "fell-back").unlink()
        at += 1
    assert at > len(("find", "readlink", "readlink", "cat", "sync", "mv", "sync"))


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
def test_killed_at_every_step_of_going_back_it_is_done_again_and_told(device: Launched, when: str) -> None:
    device.link("good", "releases/good")
    at = 1
    while True:
        device.link("trial", "releases/new")
        device.count("3\n")
        if not device.start_killed(at=at, when=when):
            break
        assert "trial" not in device.state() or device.state()["trial.boots"] == "3\n"
        assert device.started() == "good"
        state = device.state()
        assert state["fell-back"] == "new it was started 3 times and not committed: its log says why\n"
        assert "trial" not in state
        (device.fleet / "fell-back").unlink()
        at += 1
    assert at > len(("find", "readlink", "readlink", "cat", "sync", "mv", "sync", "rm", "sync", "rm"))
