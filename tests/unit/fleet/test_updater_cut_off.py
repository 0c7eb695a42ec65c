"""An update whose power is cut at each access to the disk, and at random moments; and one whose disk is full.

Whatever happens, in the end exactly one good release runs: the new one, committed, or the one before.
"""

import asyncio
import copy
import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.fleet.device import SimulatedDevice
from tests.fleet.disk import Disk, PowerCutError
from tests.fleet.living import BOUND, living, settled
from tests.fleet.releases import BAD, GOOD, Behaviour, SimulatedFleet
from tests.fleet.simulated_time import simulate

ENDINGS: dict[str, Behaviour] = {"committed": GOOD, "rolled_back": BAD["is 30 % slower"]}


@dataclass(slots=True)
class Accesses:
    """Counts accesses to a disk, and cuts the power at chosen ones.

    Attributes:
        cut_at: Their numbers.
        seen: All so far, by name.
    """

    cut_at: frozenset[int] = frozenset()
    seen: list[str] = field(default_factory=list)

    def touched(self, what: str) -> None:
        self.seen.append(what)
        if len(self.seen) - 1 in self.cut_at:
            raise PowerCutError(what)


@functools.cache
def _updated_disk() -> Disk:
    """Of a device that an update brought to `r0`."""
    fleet = SimulatedFleet()
    fleet.publish("r0")
    fleet.want("r0")
    device = SimulatedDevice(fleet)

    async def live() -> None:
        async with living(device):
            await settled(device)

    simulate(live())
    assert device.disk.good == "r0"
    return device.disk


def _device(behaviour: Behaviour) -> SimulatedDevice:
    """One that runs `r0`, and is to run `r1`."""
    fleet = SimulatedFleet()
    fleet.publish("r0")
    fleet.publish("r1", behaviour)
    fleet.want("r1")
    return SimulatedDevice(fleet, disk=copy.deepcopy(_updated_disk()))


def _accesses(behaviour: Behaviour) -> list[str]:
    """What an update does to the disk that nothing cuts off."""
    device, accesses = _device(behaviour), Accesses()
    device.disk.touched = accesses.touched

    async def live() -> None:
        async with living(device):
            await settled(device)

    simulate(live())
    return accesses.seen


def _ends_well(device: SimulatedDevice, ending: str) -> None:
    async def live() -> None:
        async with living(device):
            await settled(device, 3 * BOUND)
            await asyncio.sleep(2 * BOUND)
            assert device.is_settled
            assert device.service is not None
            assert not device.service.is_drained

    simulate(live())
    assert device.running == device.disk.good == ("r1" if ending == "committed" else "r0")
    assert ("r1", ending) in device.states()
    assert device.disk.slots >= {device.running}


@pytest.mark.parametrize("ending", ENDINGS)
def test_cut_off_at_each_access(ending: str) -> None:
    accesses = _accesses(ENDINGS[ending])
    assert {"write staged", "written switching", "begin trial", "trial begun"} < set(accesses)
    for number in range(len(accesses)):
        device = _device(ENDINGS[ending])
        device.disk.touched = Accesses(frozenset({number})).touched
        _ends_well(device, ending)


@pytest.mark.parametrize("ending", ENDINGS)
def test_cut_off_at_two_accesses_in_a_row(ending: str) -> None:
    for number in range(len(_accesses(ENDINGS[ending]))):
        device = _device(ENDINGS[ending])
        device.disk.touched = Accesses(frozenset({number, number + 1})).touched
        _ends_well(device, ending)


@pytest.mark.parametrize("end_it", [SimulatedDevice.cut_power, SimulatedDevice.kill])
@pytest.mark.parametrize("ending", ENDINGS)
def test_cut_off_at_random_moments(ending: str, end_it: Callable[[SimulatedDevice], None]) -> None:
    chance = random.Random(6)  # noqa: S311 - the same moments each time
    for _ in range(50):
        device, moment = _device(ENDINGS[ending]), chance.uniform(0.0, 700.0)

        async def live(device: SimulatedDevice = device, moment: float = moment) -> None:
            async with living(device):
                await asyncio.sleep(moment)
                end_it(device)
                await settled(device, 3 * BOUND)
                await asyncio.sleep(BOUND)
                assert device.is_settled

        simulate(live())
        assert device.running == device.disk.good == ("r1" if ending == "committed" else "r0")


def test_a_device_that_never_stays_on_keeps_what_it_has() -> None:
    device = _device(GOOD)

    async def live() -> None:
        async with living(device):
            for _ in range(30):
                await asyncio.sleep(300)  # a trial takes 600
                device.cut_power()
            await asyncio.sleep(BOUND)
            assert device.is_settled

    simulate(live())
    assert device.running == "r0"
    assert device.states()[-1] == ("r1", "rolled_back")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_disk_is_full_from_each_access_on_for_half_an_hour(ending: str) -> None:
    for number in range(len(_accesses(ENDINGS[ending]))):
        device = _device(ENDINGS[ending])
        left = [number]

        def touched(_what: str, device: SimulatedDevice = device, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                device.disk.is_full = True

        device.disk.touched = touched

        async def live(device: SimulatedDevice = device) -> None:
            async with living(device):
                while not device.disk.is_full:  # noqa: ASYNC110 - in simulated time
                    await asyncio.sleep(1)
                await asyncio.sleep(1800)
                assert device.service is not None, "it serves meanwhile"
                assert not device.service.is_drained
                device.disk.is_full = False
                await settled(device, 3 * BOUND)
                await asyncio.sleep(3 * BOUND)
                assert device.is_settled

        simulate(live())
        assert device.running == device.disk.good
        assert device.running in {"r0", "r1"} if ending == "committed" else device.running == "r0"


def test_a_disk_that_stays_full_costs_nothing_but_the_update() -> None:
    device = _device(GOOD)
    device.disk.is_full = True

    async def live() -> None:
        async with living(device):
            await asyncio.sleep(24 * BOUND)
            assert device.service is not None
            assert not device.service.is_drained
            assert device.running == "r0"
            device.disk.is_full = False
            await asyncio.sleep(2 * BOUND)

    simulate(live())
    assert device.running == "r1"


def test_a_damaged_file_amid_a_trial_ends_in_the_release_before() -> None:
    device = _device(GOOD)

    async def live() -> None:
        async with living(device):
            while device.running != "r1":  # noqa: ASYNC110 - in simulated time
                await asyncio.sleep(1)
            device.disk.update = None
            device.cut_power()
            await settled(device)
            await asyncio.sleep(BOUND)

    simulate(live())
    assert device.running == device.disk.good == "r0"
    assert device.states()[-1] == ("r1", "rolled_back")
