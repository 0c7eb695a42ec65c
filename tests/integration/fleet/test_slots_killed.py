"""Every method of the slots, killed before each of its effects on the disk; the real launcher then starts a release.

What a kill cannot show is what a power cut takes of that which was not flushed: why each order is right for that, too,
is said where it is written.
"""

import functools
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.fleet import staging
from agent.fleet.environment import SCRATCH
from agent.fleet.slots import ReleaseSlots
from agent.fleet.values import Release, ReleaseName
from agent.units import Bytes
from tests.integration.fleet.launched import Launched
from tests.tiny_release import TinyBlobs, TinyRelease

R0, R1, R2 = (ReleaseName(f"r{number}") for number in range(3))
_EFFECTS = ("link", "symlink", "rename", "replace", "unlink", "rmdir", "mkdir")


def _make_environment(place: Path, *_: object, **__: object) -> None:
    """In place of pip, which is killed in `test_staging`."""
    (place.parent / SCRATCH).mkdir()
    (place / "bin").mkdir(parents=True)
    (place / "bin/python").symlink_to("/bin/sh")
    program = place / "bin/jetson-agent"
    program.write_text(f"#!/bin/sh\necho {place.parent.name}\n")
    program.chmod(0o755)


class _Device:
    """r1 is good, r0 was before it; r2 is to come."""

    def __init__(self, folder: Path) -> None:
        self.launched = Launched(folder)
        self.fleet = self.launched.fleet
        self.blobs = TinyBlobs(self.fleet / "blobs")
        self.slots = ReleaseSlots(self.fleet, self.blobs)

    def set_up(self) -> None:
        self.launched.set_up()
        for at, name in enumerate((R0, R1)):
            self.slots.stage(self.release(name))
            os.utime(self.fleet / "releases" / name / ".complete", (at, at))
            self.slots.commit(name)
        self.release(R2)

    def release(self, name: ReleaseName) -> Release:
        return TinyRelease(models={"edge-tiny": name.encode() * 5000}).put(self.blobs, name)

    def try_r2(self) -> None:
        self.slots.stage(self.release(R2))
        self.slots.begin_trial(R2)
        assert self.launched.started() == R2


def _stage(device: _Device) -> None:
    device.slots.stage(device.release(R2))


def _begin(device: _Device) -> None:
    device.slots.begin_trial(R2)


def _commit(device: _Device) -> None:
    device.slots.commit(R2)


def _abandon(device: _Device) -> None:
    device.slots.abandon(R2)


def _collect(device: _Device) -> None:
    device.slots.collect(frozenset(), Bytes(0))


def _leave_traces(device: _Device) -> None:
    """Of a trial before, which the launcher has given up."""
    _stage(device)
    (device.fleet / "trial.boots").write_text("3\n")
    (device.fleet / "fell-back").write_text("r2 it was started 3 times and not committed\n")


def _begin_another(device: _Device) -> None:
    _stage(device)
    device.launched.add("other")
    device.launched.link("trial", "releases/other")
    device.launched.count("2\n")


def _leave_a_half(device: _Device) -> None:
    _stage(device)
    (device.fleet / "releases/r2/.complete").unlink()


# What is done, what is so before it, which releases may be started when it was cut off, and which one after it.
_ACTS: dict[str, tuple[Callable[[_Device], None], Callable[[_Device], None], set[str], str]] = {
    "stage": (_stage, lambda _: None, {"r1"}, "r1"),
    "stage over a half": (_stage, _leave_a_half, {"r1"}, "r1"),
    "begin": (_begin, _stage, {"r1", "r2"}, "r2"),
    "begin after falling back": (_begin, _leave_traces, {"r1", "r2"}, "r2"),
    "begin while another is tried": (_begin, _begin_another, {"other", "r2"}, "r2"),
    "commit": (_commit, _Device.try_r2, {"r2"}, "r2"),
    "abandon": (_abandon, _Device.try_r2, {"r1", "r2"}, "r1"),
    "collect": (_collect, _stage, {"r1"}, "r1"),
}


@pytest.mark.parametrize("name", _ACTS)
def test_killed_before_each_effect_a_whole_release_is_started_and_it_can_be_done_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, prepare, allowed, after = _ACTS[name]
    monkeypatch.setattr(staging, "make_environment", _make_environment)
    (tmp_path / "before").mkdir()
    before = _Device(tmp_path / "before")
    before.set_up()
    prepare(before)
    nth = 1
    while True:
        subprocess.run(["cp", "-a", tmp_path / "before", tmp_path / str(nth)], check=True)  # with its hard links
        device = _Device(tmp_path / str(nth))
        was_killed = _is_killed(nth, functools.partial(act, device))
        assert device.slots.good() in ({R1, R2} if name == "commit" else {R1})
        if was_killed:
            assert device.launched.started() in allowed, nth
            act(device)
        assert device.launched.started() == after, nth
        assert "fell-back" not in device.launched.state()
        _check_all_that_is_complete_is_whole(device)
        if not was_killed:
            break
        nth += 1
    assert nth > 2  # it has some effects, or nothing was tested


def _check_all_that_is_complete_is_whole(device: _Device) -> None:
    for name in (R0, R1, R2):
        slot = device.fleet / "releases" / name
        if device.slots.is_staged(name):
            model = device.release(name).models[0].files[0].blob.digest
            assert (slot / "models/edge-tiny/genai_config.json").samefile(device.blobs.path(model))
            assert (slot / "venv/bin/jetson-agent").exists()
            assert not (slot / SCRATCH).exists()


def _is_killed(nth: int, act: Callable[[], None]) -> bool:
    """Do something in a process that is killed before its nth effect on the disk; whether it had so many."""
    child = os.fork()
    if child == 0:
        try:
            _arm(nth)
            act()
        except BaseException:  # noqa: BLE001  # nothing of pytest may run in this process
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def _arm(nth: int) -> None:
    calls = 0

    def faulty(original: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(original)
        def call(*args: object, **kwargs: object) -> object:
            nonlocal calls
            calls += 1
            if calls == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **kwargs)

        return call

    for name in _EFFECTS:
        setattr(os, name, faulty(getattr(os, name)))
