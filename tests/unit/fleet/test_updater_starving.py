"""A trial that starves, on a device that asks the fleet meanwhile."""

import asyncio

import pytest

from tests.fleet.device import SimulatedDevice
from tests.fleet.living import BOUND, living, settled
from tests.fleet.releases import BAD, SimulatedFleet
from tests.fleet.simulated_time import simulate


@pytest.fixture
def fleet() -> SimulatedFleet:
    """`r1` is good; `r2` leaves no memory for itself."""
    fleet = SimulatedFleet()
    fleet.publish("r1")
    fleet.publish("r2", BAD["loads no model"])
    fleet.want("r1")
    return fleet


@pytest.fixture
def device(fleet: SimulatedFleet) -> SimulatedDevice:
    return SimulatedDevice(fleet)


async def starves_with_r2(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    await settled(device)
    fleet.want("r2")
    while device.running != "r2":  # noqa: ASYNC110 - in simulated time
        await asyncio.sleep(1)
    assert device.service is not None
    device.service.starved_of = "memory"


def test_it_is_withdrawn_when_the_fleet_wants_another_release(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    async def live() -> None:
        async with living(device):
            await starves_with_r2(fleet, device)
            fleet.is_reachable = False
            await asyncio.sleep(3 * BOUND)
            fleet.want("r1", urgent=True)
            await asyncio.sleep(2 * BOUND)
            assert device.running == "r2", "nobody answers"
            fleet.is_reachable = True
            await asyncio.sleep(2 * BOUND)
            assert device.is_settled

    simulate(live())
    assert device.running == device.disk.good == "r1"
    assert ("r2", "rolled_back") in device.states()


def test_who_asks_for_a_check_has_the_fleet_asked_at_once(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    told: list[str] = []

    async def tell(how_far: str) -> None:
        told.append(how_far)

    async def live() -> None:
        async with living(device):
            await starves_with_r2(fleet, device)
            fleet.want("r1", urgent=True)
            assert device.updater is not None
            asking = asyncio.create_task(device.updater.check_now(tell))
            await asyncio.sleep(120)
            asking.cancel()

    simulate(live())
    assert device.running == "r1"
    assert told == ["the release on trial waits: memory"]


def test_it_is_not_while_the_fleet_wants_it_or_another_one_of_others(
    fleet: SimulatedFleet, device: SimulatedDevice
) -> None:
    async def live() -> None:
        async with living(device):
            await starves_with_r2(fleet, device)
            asked = fleet.asked
            await asyncio.sleep(3 * BOUND)
            assert asked + 2 <= fleet.asked <= asked + 3
            fleet.publish("r3")
            fleet.want("r3", share=0.0)
            await asyncio.sleep(3 * BOUND)
            assert device.running == "r2"

    simulate(live())
    assert ("r2", "rolled_back") not in device.states()
