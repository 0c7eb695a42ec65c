"""Lets a simulated device live while something happens to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.fleet.device import SimulatedDevice

BOUND = 3600.0
"""Seconds of simulated time after which an update has to be over, whatever the release does."""


@contextlib.asynccontextmanager
async def living(device: SimulatedDevice) -> AsyncIterator[SimulatedDevice]:
    """It lives inside; what its processes die of by mistake is raised."""
    life = asyncio.create_task(device.run(), name=device.id)
    try:
        yield device
    finally:
        life.cancel()
        await asyncio.wait({life})
    if not life.cancelled():
        life.result()


async def settled(device: SimulatedDevice, within: float = BOUND) -> float:
    """Wait until an update has come to its end; the seconds that it took."""
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(within):
        while not (device.is_settled and device.has_told_an_end):  # noqa: ASYNC110 - in simulated time
            await asyncio.sleep(5)
    return asyncio.get_running_loop().time() - began
