"""Links, marks and what is cleared away; with environments that a script makes."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.fleet import environment, staging
from agent.fleet.inventory import lacking
from agent.fleet.long_command import CommandError
from agent.fleet.ports import NoRoomError, StagingError
from agent.fleet.slots import ReleaseSlots
from agent.fleet.values import Release, ReleaseName
from agent.units import Bytes
from tests.fleet_slots import instant_python
from tests.tiny_release import TinyBlobs, TinyRelease

_NONE: frozenset[ReleaseName] = frozenset()
R1, R2, R3 = (ReleaseName(f"r{number}") for number in (1, 2, 3))


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return tmp_path / "fleet"


@pytest.fixture
def blobs(fleet: Path) -> TinyBlobs:
    return TinyBlobs(fleet / "blobs")


@pytest.fixture
def slots(fleet: Path, blobs: TinyBlobs, tmp_path: Path) -> ReleaseSlots:
    return ReleaseSlots(fleet, blobs, python=instant_python(tmp_path), lacking=lambda _: Bytes(0))


def _release(blobs: TinyBlobs, name: str) -> Release:
    """Of 1 MB of its own, and a wheel that all have."""
    return TinyRelease(models={"edge-tiny": name.encode() * (1 << 19)}).put(blobs, name)


def test_on_a_new_device_there_is_nothing(slots: ReleaseSlots) -> None:
    assert (slots.good(), slots.trial(), slots.is_staged(R1)) == (None, None, False)
    assert slots.collect(_NONE, Bytes(0)) == 0
    slots.abandon(R1)


def test_tried_and_committed_then_another_tried_and_abandoned(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots
) -> None:
    for name in (R1, R2):
        slots.stage(_release(blobs, name))
    slots.begin_trial(R1)
    assert (slots.good(), slots.trial()) == (None, R1)
    slots.commit(R1)
    slots.commit(R1)
    assert (slots.good(), slots.trial()) == (R1, None)
    slots.begin_trial(R2)
    (fleet / "trial.boots").write_text("1\n")
    slots.abandon(R1)  # is not the one
    assert slots.trial() == R2
    slots.abandon(R2)
    assert (slots.good(), slots.trial()) == (R1, None)
    assert not (fleet / "trial.boots").exists()


def test_a_trial_that_is_begun_again_keeps_its_count_and_another_one_does_not_get_it(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots
) -> None:
    for name in (R1, R2):
        slots.stage(_release(blobs, name))
    slots.begin_trial(R1)
    (fleet / "trial.boots").write_text("2\n")
    slots.begin_trial(R1)
    assert (fleet / "trial.boots").read_text() == "2\n"
    slots.begin_trial(R2)
    assert not (fleet / "trial.boots").exists()


def test_what_is_not_staged_is_neither_tried_nor_committed(slots: ReleaseSlots) -> None:
    for act in (slots.begin_trial, slots.commit):
        with pytest.raises(StagingError, match="not staged"):
            act(R1)


def test_what_the_launcher_said_of_an_earlier_try_does_not_count_for_this_one(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots
) -> None:
    slots.stage(_release(blobs, R1))
    (fleet / "fell-back").write_text("r1 it was started 3 times and not committed\n")
    slots.begin_trial(R1)
    assert not (fleet / "fell-back").exists()


@pytest.mark.parametrize("target", ["releases/../..", "/r1", "releases/r1/venv", "elsewhere/r1", "releases/.r1"])
def test_a_link_that_names_no_release_counts_as_none(fleet: Path, slots: ReleaseSlots, target: str) -> None:
    fleet.mkdir()
    (fleet / "good").symlink_to(target)
    assert slots.good() is None


def test_a_name_that_leads_out_makes_nothing(blobs: TinyBlobs, slots: ReleaseSlots, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StagingError, match="release's name"):
        slots.stage(replace(_release(blobs, "r1"), name=ReleaseName("../../x")))
    assert sorted(tmp_path.iterdir()) == sorted({*before, tmp_path / "fleet"})


def test_a_content_that_is_a_link_or_not_whole_is_refused(fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots) -> None:
    release = _release(blobs, "r1")
    model = blobs.path(release.models[0].files[0].blob.digest)
    content = model.read_bytes()
    model.write_bytes(content[:-1])
    with pytest.raises(StagingError, match="is not the content"):
        slots.stage(release)
    model.unlink()
    model.symlink_to("/etc/hostname")
    with pytest.raises(StagingError, match="is not the content"):
        slots.stage(release)
    model.unlink()
    with pytest.raises(FileNotFoundError):
        slots.stage(release)
    assert not list((fleet / "releases").iterdir())


def test_a_release_needs_the_agent_s_wheel_and_wheels_that_are_some(blobs: TinyBlobs, slots: ReleaseSlots) -> None:
    release = _release(blobs, "r1")
    with pytest.raises(StagingError, match="this one has 0"):
        slots.stage(replace(release, wheels=release.wheels[1:]))
    with pytest.raises(StagingError, match="is no wheel"):
        slots.stage(TinyRelease(more={"a-1-py3-none-any.whl": b"PK"}).put(blobs, "r1"))


def test_a_name_with_another_content_is_made_anew_but_not_where_it_is_in_use(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots
) -> None:
    slots.stage(TinyRelease(config="a: 1\n").put(blobs, "r1"))
    other = TinyRelease(config="a: 2\n").put(blobs, "r1")
    slots.stage(other)
    assert (fleet / "releases/r1/agent.yaml").read_text() == "a: 2\n"
    slots.begin_trial(R1)
    slots.stage(other)
    with pytest.raises(StagingError, match="in use"):
        slots.stage(TinyRelease(config="a: 3\n").put(blobs, "r1"))
    assert slots.is_staged(R1)


@pytest.mark.parametrize("part", ["venv/bin/python", "venv/bin/jetson-agent", ".complete"])
def test_a_good_one_that_the_launcher_would_not_start_is_made_anew(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots, part: str
) -> None:
    release = _release(blobs, "r1")
    slots.stage(release)
    slots.begin_trial(R1)
    slots.commit(R1)
    file = fleet / "releases/r1" / part
    file.unlink()
    file.symlink_to("/usr/bin/python3.11-that-is-gone")
    assert not slots.is_staged(R1)
    slots.stage(release)
    assert slots.is_staged(R1)
    slots.begin_trial(R1)
    assert file.exists()


def test_a_program_of_no_bytes_is_none(fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots) -> None:
    slots.stage(_release(blobs, "r1"))
    (fleet / "releases/r1/venv/bin/jetson-agent").write_bytes(b"")
    assert not slots.is_staged(R1)


def test_the_one_that_runs_is_never_made_anew(fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots) -> None:
    release = _release(blobs, "r1")
    slots.stage(release)
    slot = fleet / "releases/r1"
    (slot / "venv/bin/python").unlink()
    with pytest.raises(StagingError, match="in use"):
        ReleaseSlots(fleet, blobs, environment=slot / "venv").stage(release)
    assert (slot / ".complete").exists()


def test_a_full_disk_is_no_fault_of_the_release(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    release = _release(blobs, "r1")
    with monkeypatch.context() as patched:
        patched.setattr(staging, "write_durably", full)
        with pytest.raises(NoRoomError, match="bytes are free"):
            slots.stage(release)
    assert not list((fleet / "releases").iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(environment, "_NEW_ENVIRONMENT", 1 << 60)
        with pytest.raises(NoRoomError, match=r"takes \d+ bytes in .*, where \d+ are free"):
            slots.stage(release)
    assert not list((fleet / "releases").iterdir())


@pytest.mark.parametrize(
    ("script", "judged"),
    [
        ("kill -9 $$", False),
        ("echo 'Could not install packages due to an OSError: [Errno 5] Input/output error' >&2; exit 1", False),
        ("echo 'Traceback' >&2; exit 2", False),
        ("echo 'THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1", True),
    ],
)
def test_only_pip_s_own_word_is_one_on_the_release(
    fleet: Path, blobs: TinyBlobs, tmp_path: Path, script: str, *, judged: bool
) -> None:
    pip = tmp_path / "pip"
    pip.write_text(f"#!/bin/sh\n{script}\n")
    pip.chmod(0o755)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nmkdir -p "$4/bin" && cp {pip} "$4/bin/python"\n')
    python.chmod(0o755)
    with pytest.raises(StagingError if judged else CommandError):
        ReleaseSlots(fleet, blobs, python=python).stage(_release(blobs, "r1"))
    assert not list((fleet / "releases").iterdir())


def test_an_environment_that_cannot_be_made_is_no_fault_of_the_release(
    fleet: Path, blobs: TinyBlobs, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(CommandError):
        ReleaseSlots(fleet, blobs, python=broken).stage(_release(blobs, "r1"))


def test_pip_on_a_full_disk_likewise(fleet: Path, blobs: TinyBlobs, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    full.chmod(0o755)
    with pytest.raises(NoRoomError):
        ReleaseSlots(fleet, blobs, python=full).stage(_release(blobs, "r1"))


def test_what_takes_too_much_goes_the_oldest_first(fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots) -> None:
    releases = [_release(blobs, name) for name in (R1, R2, R3)]
    for at, release in enumerate(releases):
        slots.stage(release)
        os.utime(fleet / "releases" / release.name / ".complete", (at, at))
    orphan = blobs.put(b"nobody's" * 100)
    part = blobs.path(orphan.digest).with_suffix(".part")
    part.write_bytes(b"a part of what is here whole")
    slots.begin_trial(R1)  # the oldest
    assert slots.collect(_NONE, Bytes(1 << 30)) >= len(b"a part")
    assert not part.exists()
    assert all(map(slots.is_staged, (R1, R2, R3)))
    freed = slots.collect(_NONE, Bytes(5 << 19))
    assert [slots.is_staged(name) for name in (R1, R2, R3)] == [True, False, True]
    assert freed > 1 << 20
    assert not blobs.path(releases[1].models[0].files[0].blob.digest).exists()
    assert blobs.path(orphan.digest).exists()
    slots.collect(frozenset({R3}), Bytes(0))
    assert [slots.is_staged(name) for name in (R1, R2, R3)] == [True, False, True]
    kept = {path.name for path in (fleet / "blobs").iterdir()}
    assert kept == {
        blob.digest
        for release in (releases[0], releases[2])
        for blob in (
            release.lock,
            *([release.config] if release.config else []),
            *(wheel.blob for wheel in release.wheels),
            *(file.blob for model in release.models for file in model.files),
        )
    }


def test_old_releases_leave_room_for_what_else_is_written(fleet: Path, blobs: TinyBlobs, tmp_path: Path) -> None:
    lacks = [Bytes(1)]
    slots = ReleaseSlots(fleet, blobs, python=instant_python(tmp_path), lacking=lambda _: lacks[0])
    for at, name in enumerate((R1, R2, R3)):
        slots.stage(_release(blobs, name))
        os.utime(fleet / "releases" / name / ".complete", (at, at))
    assert slots.collect(frozenset({R3}), Bytes(1 << 30)) >= 1 << 20
    assert [slots.is_staged(name) for name in (R1, R2, R3)] == [False, True, True]
    lacks[0] = Bytes(1 << 40)
    slots.collect(frozenset({R3}), Bytes(1 << 30))
    assert [slots.is_staged(name) for name in (R2, R3)] == [False, True]


@pytest.mark.parametrize(
    ("total", "free", "lacks"), [(100, 10, 0), (100, 3, 7), (1 << 40, 4 << 30, 0), (1 << 40, 3 << 30, 1 << 30)]
)
def test_what_a_disk_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int, lacks: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=total, free=free))
    assert lacking(tmp_path) == lacks


def test_what_has_come_of_a_release_that_room_is_made_for_stays(
    fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots
) -> None:
    old, coming = _release(blobs, "r1"), _release(blobs, "r2")
    slots.stage(old)
    model = coming.models[0].files[0].blob.digest
    part = blobs.path(model).rename(fleet / "blobs" / f"{model}.part")
    slots.collect(_NONE, Bytes(0), coming)
    assert not slots.is_staged(R1)
    assert part.exists()
    assert all(blobs.path(wheel.blob.digest).exists() for wheel in coming.wheels)
    assert not blobs.path(old.models[0].files[0].blob.digest).exists()


def test_the_one_that_runs_never_goes(fleet: Path, blobs: TinyBlobs, slots: ReleaseSlots, tmp_path: Path) -> None:
    for name in (R1, R2):
        slots.stage(_release(blobs, name))
    its_own = ReleaseSlots(fleet, blobs, environment=fleet / "releases/r1/venv", python=tmp_path / "none")
    its_own.collect(_NONE, Bytes(0))
    assert [its_own.is_staged(name) for name in (R1, R2)] == [True, False]
