"""A good release that the launcher gave up, and that the fleet still wants."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from pydantic_core import to_json

from agent.fleet.update import State
from agent.fleet.values import ReleaseName
from tests.fleet.device import BOOT, SimulatedDevice
from tests.fleet.living import BOUND, living, settled
from tests.fleet.releases import BAD, GOOD, Behaviour, SimulatedFleet
from tests.fleet.simulated_time import simulate


def once_it_has_r1(device: SimulatedDevice, then: Callable[[], Awaitable[None]]) -> None:
    async def live() -> None:
        async with living(device):
            await settled(device)
            assert device.running == "r1"
            await then()

    simulate(live())


async def brown_outs(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    """The power goes before anything of it runs, until the launcher starts the installed release."""
    fleet.publish("r1", BAD["hangs"])
    while device.running is not None:
        device.cut_power()
        await asyncio.sleep(BOOT + 1)


async def takes_the_next_one(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.publish("r2")
    fleet.want("r2")
    await asyncio.sleep(2 * BOUND)
    assert device.running == device.disk.good == "r2"


@pytest.mark.parametrize(
    "behaviour",
    [replace(GOOD, speed=10.0), BAD["answers wrongly"]],
    ids=["slower than the installed one", "does not know a canary"],
)
def test_one_that_did_not_come_up_three_times_runs_again_without_a_proof(
    fleet: SimulatedFleet, device: SimulatedDevice, behaviour: Behaviour
) -> None:
    async def then() -> None:
        await brown_outs(fleet, device)
        fleet.publish("r1", behaviour)
        starts = device.starts
        await asyncio.sleep(2 * BOUND)
        assert device.running == device.disk.good == "r1"
        assert device.is_settled
        assert device.starts == starts + 1
        await takes_the_next_one(fleet, device)

    once_it_has_r1(device, then)


def test_one_that_the_launcher_does_not_start_is_made_anew(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    async def then() -> None:
        device.disk.broken.add(ReleaseName("r1"))
        device.cut_power()
        await asyncio.sleep(BOUND)
        assert device.running == device.disk.good == "r1"
        assert device.is_settled
        await takes_the_next_one(fleet, device)

    once_it_has_r1(device, then)


def test_one_that_never_comes_up_again_is_left_alone(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    async def then() -> None:
        fleet.publish("r1", BAD["hangs"])
        device.kill()
        await asyncio.sleep(3 * BOUND)
        assert device.running is None
        assert device.states()[-1] == ("r1", "rolled_back")
        assert device.starts < 15
        await takes_the_next_one(fleet, device)

    once_it_has_r1(device, then)


def test_one_that_is_to_go_back_has_nothing_else_to_go_back_to(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    async def then() -> None:
        device.disk.update = to_json(replace(device.update, state=State.ROLLED_BACK, is_over=False))
        device.kill()
        await takes_the_next_one(fleet, device)

    once_it_has_r1(device, then)
    assert device.starts == 4
