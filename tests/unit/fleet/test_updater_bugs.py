"""Steps that end with an error which nobody foresaw: the agent serves on, or goes back; never is it tried for ever."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from tests.fleet.device import SimulatedDevice
from tests.fleet.living import BOUND, living, settled
from tests.fleet.releases import Behaviour, SimulatedFleet
from tests.fleet.simulated_time import simulate


class Mortal(SimulatedDevice):
    """One that is started again when its process dies of a bug."""

    async def _one_process(self, behaviour: Behaviour) -> None:
        with contextlib.suppress(ValueError):
            await super()._one_process(behaviour)


def _device() -> SimulatedDevice:
    fleet = SimulatedFleet()
    fleet.publish("r1")
    fleet.want("r1")
    return Mortal(fleet)


def _lives(device: SimulatedDevice) -> None:
    """It comes to an end, after which nothing is tried any more."""

    async def live() -> None:
        async with living(device):
            await settled(device, 3 * BOUND)
            await asyncio.sleep(BOUND)
            starts = device.starts
            await asyncio.sleep(3 * BOUND)
            assert device.starts == starts
            assert device.is_settled

    simulate(live())


def _raising(device: SimulatedDevice, access: str, *, always: bool = False) -> Callable[[str], None]:
    """Raise at an access: once; or always, in the release that has the bug."""
    raised: list[str] = []

    def touched(what: str) -> None:
        if what == access and (device.running == "r1" if always else not raised):
            raised.append(what)
            raise ValueError(f"Exceeds the limit at {what}")

    return touched


@pytest.mark.parametrize("access", ["fetch", "stage", "begin trial", "collect"])
def test_before_and_after_the_trial_it_is_tried_again_and_logged(access: str, caplog: pytest.LogCaptureFixture) -> None:
    device = _device()
    device.disk.touched = _raising(device, access)
    _lives(device)
    assert device.disk.good == device.running == "r1"
    assert device.starts == 2
    assert f"ValueError: Exceeds the limit at {access}" in caplog.text


@pytest.mark.parametrize("always", [False, True])
def test_a_collection_that_never_works_does_not_keep_the_next_release_away(*, always: bool) -> None:
    device = _device()
    device.disk.touched = _raising(device, "collect", always=always)
    _lives(device)
    device.fleet.publish("r2")
    device.fleet.want("r2")
    device.events.clear()
    _lives(device)
    assert device.running == "r2"


def test_a_release_on_trial_that_cannot_be_committed_for_a_bug_is_gone_back_from() -> None:
    device = _device()
    device.disk.touched = _raising(device, "commit", always=True)
    _lives(device)
    assert device.running is None
    assert device.states()[-1] == ("r1", "rolled_back")


def test_a_release_on_trial_that_has_a_bug_in_its_way_back_too_is_gone_back_from() -> None:
    device = _device()

    def touched(what: str) -> None:
        if device.running == "r1" and what in ("commit", "abandon"):
            raise ValueError(what)

    device.disk.touched = touched
    _lives(device)
    assert device.running is None
    assert device.states()[-1] == ("r1", "rolled_back")


def test_a_bug_in_proving_speaks_against_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    async def buggy(*_: object) -> None:
        raise ValueError("a bug")

    device = _device()
    monkeypatch.setattr("agent.fleet.trying.Trial.go_on", buggy)
    _lives(device)
    assert device.running is None
    assert device.shown is not None
    assert (device.shown.state, device.shown.why) == ("rolled_back", "ValueError: a bug")
