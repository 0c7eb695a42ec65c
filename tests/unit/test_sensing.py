"""Where the readings of the sensors' thread arrive."""

import asyncio
import threading

from agent.accounting import EnergyAccounting
from agent.events import Event, PowerMeterBack, PowerMeterLost
from agent.platform.readings import Origin, PowerReadings, Rail, Reading, Total, Why
from agent.sensing import Sensing
from agent.units import Milliwatts, Seconds


def power(at: float, watts: float | None) -> PowerReadings:
    total = Reading(None, Why.GONE) if watts is None else Reading(Milliwatts(watts * 1000))
    return PowerReadings(Seconds(at), total, Total((Rail("VDD_IN", "ina3221 1-0040", Origin.BOARD),), ""), ())


async def test_power_of_another_thread_is_counted_and_told_in_the_loop() -> None:
    told: list[tuple[Event, int]] = []
    all_told = asyncio.Event()

    def emit(event: Event) -> None:
        told.append((event, threading.get_ident()))
        if isinstance(event, PowerMeterBack):
            all_told.set()

    energy = EnergyAccounting(is_loaded=lambda: True)
    sensing = Sensing(energy, emit)

    def sample() -> None:
        for at, watts in ((0.0, 5.0), (6.0, None), (7.0, 5.0)):
            sensing.power(power(at, watts))

    await asyncio.to_thread(sample)
    async with asyncio.timeout(10):
        await all_told.wait()
    assert [type(event) for event, _ in told] == [PowerMeterLost, PowerMeterBack]
    assert {thread for _, thread in told} == {threading.get_ident()}
    assert energy.totals is not None
