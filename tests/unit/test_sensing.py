"""Where the readings of the sensors' thread arrive."""

import asyncio
import threading

import pytest

from agent.accounting import EnergyAccounting
from agent.events import Event, PowerMeterBack, PowerMeterLost
from agent.platform.readings import Origin, PowerReadings, Rail, Reading, Sampled, Total, Why
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


async def test_sensors_that_hang_are_told_without_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.sensing._WATCH_EVERY", Seconds(0.01))
    lost: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
    sensing = Sensing(EnergyAccounting(is_loaded=lambda: True), lost.set_result)
    await asyncio.to_thread(sensing.power, power(0.0, 5.0))
    silent = Sampled(None, None, None, "the sensors have not answered for 6 s")
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(sensing.watch(lambda: silent))
        assert await lost == PowerMeterLost(reason="the sensors have not answered for 6 s")
        watching.cancel()
