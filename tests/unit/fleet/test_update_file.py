"""How far an update is, on the disk: read by agents of before and after."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.fleet.proving import not_compared
from agent.fleet.update import Baseline, CanaryFigures, Moment, Rejected, State, Update
from agent.fleet.update_file import Kept, UpdateFile
from agent.fleet.values import ReleaseName
from agent.fleet.waking import GivenUp
from agent.units import Ratio, Seconds, UnixSeconds
from tests.fleet.releases import CANARIES, PROOF

AT = Moment("boot", Seconds(10.0), UnixSeconds(1e9))
R1 = ReleaseName("r1")
FULL = Update(
    state=State.PROVING,
    since=AT,
    release=R1,
    before=ReleaseName("r0"),
    urgent=True,
    attempts=2,
    canaries=CANARIES,
    proof=PROOF,
    baseline=Baseline((CanaryFigures("capital", 30.0, None),), Ratio(0.1)),
    serves_since=AT,
    why="so",
    is_over=False,
    rejected=Rejected(R1, State.ROLLED_BACK, "slow"),
)
WAY_BACK = replace(FULL, proof=not_compared(PROOF))


@pytest.fixture
def file(tmp_path: Path) -> UpdateFile:
    return UpdateFile(tmp_path / "fleet")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "fleet").mkdir()
    return tmp_path / "fleet" / "update.json"


@pytest.mark.parametrize("update", [Update(), FULL, WAY_BACK, *(replace(FULL, state=state) for state in State)])
def test_what_is_written_is_read(file: UpdateFile, update: Update) -> None:
    file.write(update)
    assert file.read() == Kept(update)


def test_nothing_yet(file: UpdateFile) -> None:
    assert file.read() == Kept(Update())


def test_fields_of_a_newer_agent_are_ignored(file: UpdateFile, path: Path) -> None:
    file.write(FULL)
    fields = json.loads(path.read_bytes())
    fields["moon"] = {"phase": 3}
    fields["canaries"][0]["temperature"] = 0.5
    path.write_text(json.dumps(fields))
    assert file.read() == Kept(FULL)


def test_fields_that_an_older_agent_did_not_have_are_their_defaults(file: UpdateFile, path: Path) -> None:
    path.write_text('{"state": "downloading", "release": "r1", "is_over": false}')
    assert file.read().update == Update(State.DOWNLOADING, release=R1, is_over=False)


def test_a_state_of_a_newer_agent_is_told_and_what_was_rejected_is_kept(file: UpdateFile, path: Path) -> None:
    file.write(FULL)
    fields = json.loads(path.read_bytes())
    fields["state"] = "rehearsing"
    path.write_text(json.dumps(fields))
    kept = file.read()
    assert kept.update == Update(rejected=FULL.rejected)
    assert kept.problem is not None
    assert "'rehearsing'" in kept.problem


@pytest.mark.parametrize("content", ["{}", "[1]", "3", '{"state": "proving", "is_over": false}'])
def test_what_makes_no_sense_is_idle(file: UpdateFile, path: Path, content: str) -> None:
    path.write_text(content)
    assert file.read().update == Update()


@pytest.mark.parametrize("content", [b"", b'{"state": "prov', b"\xff\x00", b"nonsense"])
def test_a_damaged_file_is_set_aside(file: UpdateFile, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    kept = file.read()
    assert kept.update == Update()
    assert kept.problem is not None
    assert not path.exists()
    assert path.with_suffix(".damaged").read_bytes() == content
    file.write(FULL)
    assert file.read() == Kept(FULL)


def test_a_file_that_cannot_be_read_is_told(file: UpdateFile, path: Path) -> None:
    path.mkdir()
    kept = file.read()
    assert kept.update == Update()
    assert kept.problem is not None


def test_what_the_launcher_left(file: UpdateFile, path: Path) -> None:
    assert file.given_up() is None
    left = path.with_name("fell-back")
    left.write_text("r1 it was started 3 times and not committed\n")
    assert file.given_up() == GivenUp(R1, "it was started 3 times and not committed")
    left.write_text("r1")
    assert file.given_up() == GivenUp(R1, "the launcher gave it up")
    left.write_bytes(b"\n")
    assert file.given_up() is None
    left.write_bytes(b"\xff \xff")
    assert file.given_up() is not None
    file.forget_given_up()
    assert file.given_up() is None
    file.forget_given_up()
