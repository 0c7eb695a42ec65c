"""What `R/status` says of a device that cannot ask its fleet, or is given what it does not believe."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent.events import UpdateState
from agent.fleet.values import Distrust
from tests.fleet.device import SimulatedDevice
from tests.fleet.living import BOUND, living, settled
from tests.fleet.releases import BAD, SimulatedFleet
from tests.fleet.simulated_time import simulate

IDLE = UpdateState(None, "idle", "r1 runs already")
SOON = 120.0
"""Seconds from the first try on in which there are two or more, and not yet six."""


def once_settled(device: SimulatedDevice, then: Callable[[], Awaitable[None]]) -> None:
    async def live() -> None:
        async with living(device):
            await settled(device)
            await asyncio.sleep(2 * BOUND)
            await then()

    simulate(live())


async def next_check(fleet: SimulatedFleet) -> None:
    asked = fleet.asked
    while fleet.asked == asked:  # noqa: ASYNC110 - in simulated time
        await asyncio.sleep(1)


@pytest.mark.parametrize("distrust", [None, Distrust.UNSIGNED])
def test_a_device_without_its_fleet_does_not_look_healthy(
    fleet: SimulatedFleet, device: SimulatedDevice, distrust: Distrust | None
) -> None:
    async def then() -> None:
        assert device.shown == IDLE
        told = device.states()
        fleet.is_reachable, fleet.distrust = distrust is not None, distrust
        await next_check(fleet)
        await asyncio.sleep(SOON)
        assert device.shown is not None
        assert (device.shown.release, device.shown.state) == (None, "idle")
        assert device.shown.why.startswith("nobody answers" if distrust is None else "it is unsigned")
        fleet.is_reachable, fleet.distrust = True, None
        await asyncio.sleep(SOON)
        assert device.shown == IDLE
        assert device.states() == told, "no event: a server that is away would bring one of each device"

    once_settled(device, then)


def test_a_server_that_is_away_for_a_moment_is_not_shown(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    async def then() -> None:
        fleet.is_reachable = False
        await next_check(fleet)
        fleet.is_reachable = True
        for _ in range(int(SOON)):
            await asyncio.sleep(1)
            assert device.shown == IDLE

    once_settled(device, then)


def test_what_a_release_came_to_nothing_of_stays(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    fleet.publish("r1", BAD["is 30 % slower"])

    async def then() -> None:
        rejected = device.shown
        assert rejected is not None
        assert rejected.rejected
        fleet.is_reachable = False
        await next_check(fleet)
        await asyncio.sleep(SOON)
        assert device.shown == rejected

    once_settled(device, then)


def test_a_download_that_comes_to_nothing_says_why(fleet: SimulatedFleet, device: SimulatedDevice) -> None:
    async def then() -> None:
        fleet.publish("r2")
        fleet.want("r2")

        def touched(what: str) -> None:
            if what == "written downloading":
                fleet.is_reachable = False

        device.disk.touched = touched
        await next_check(fleet)
        await asyncio.sleep(SOON)
        assert device.shown == UpdateState("r2", "downloading", "nobody answers")

    once_settled(device, then)
