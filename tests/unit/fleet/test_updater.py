"""The updater on a simulated device: every way of an update, whatever is cut off, full, or bad."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.fleet.device import SimulatedDevice
from tests.fleet.releases import BAD, SimulatedFleet
from tests.fleet.simulated_time import simulate

BOUND = 3600.0
"""Seconds of simulated time after which an update has to be over, whatever the release does."""


async def live(device: SimulatedDevice, then: Callable[[], Awaitable[None]]) -> None:
    """Run a device while something happens to it."""
    living = asyncio.create_task(device.run())
    try:
        await then()
    finally:
        living.cancel()
        await asyncio.wait({living})
        if not living.cancelled():
            living.result()


async def settled(device: SimulatedDevice, within: float = BOUND) -> float:
    """Wait until an update is over; the seconds that it took."""
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(within):
        while not (device.is_settled and device.update.release is not None):  # noqa: ASYNC110 - simulated time
            await asyncio.sleep(1)
    return asyncio.get_running_loop().time() - began


def test_a_good_release_is_committed() -> None:
    fleet = SimulatedFleet()
    fleet.publish("r1")
    fleet.want("r1")
    device = SimulatedDevice(fleet)

    async def then() -> None:
        await settled(device)

    simulate(live(device, then))
    assert device.disk.good == "r1"
    assert device.running == "r1"
    assert [state for _, state in device.states()] == [
        "downloading",
        "staged",
        "draining",
        "switching",
        "proving",
        "committed",
    ]


@pytest.mark.parametrize("badness", BAD)
def test_a_bad_release_is_rolled_back_and_told(badness: str) -> None:
    fleet = SimulatedFleet()
    fleet.publish("r1", BAD[badness])
    fleet.want("r1")
    device = SimulatedDevice(fleet)

    async def then() -> None:
        await settled(device)
        await asyncio.sleep(10 * BOUND)  # and not tried again

    simulate(live(device, then))
    assert device.is_settled
    assert device.running is None
    assert device.states()[-1] == ("r1", "rolled_back")
    assert device.shown is not None
    assert device.shown.state == "rolled_back"
    assert device.states().count(("r1", "switching")) == 1
