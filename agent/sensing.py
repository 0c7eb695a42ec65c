"""What becomes of each reading of the sensors: counted as energy, and told to the operator where it is alarming.

Readings come in the sensors' thread; everything that is done with them is done in the event loop.
"""

import asyncio
from collections.abc import Callable

from agent.accounting import EnergyAccounting
from agent.alarms import Alarms
from agent.events import Event
from agent.platform.readings import DeviceReadings, PowerReadings, Sampled
from agent.units import Seconds

_WATCH_EVERY = Seconds(1.0)


class Sensing:
    """Takes readings, from any thread; to be built in the loop.

    Args:
        energy: Told of the power.
        emit: Reports an event to the operator.
    """

    def __init__(self, energy: EnergyAccounting, emit: Callable[[Event], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._energy = energy
        self._emit = emit
        self._alarms = Alarms()

    def power(self, readings: PowerReadings) -> None:
        """A sample of the power; raises `RuntimeError` when the loop is closed."""
        self._loop.call_soon_threadsafe(self._take_power, readings)

    def device(self, readings: DeviceReadings) -> None:
        """A sample of the rest; likewise."""
        self._loop.call_soon_threadsafe(self._take_device, readings)

    async def watch(self, look: Callable[[], Sampled]) -> None:
        """Until cancelled, see whether the sensors answer at all: of one that hangs no reading tells."""
        while True:
            for event in self._alarms.of_silence(look().why):
                self._emit(event)
            await asyncio.sleep(_WATCH_EVERY)

    def _take_power(self, readings: PowerReadings) -> None:
        self._energy.sampled(readings)
        for event in self._alarms.of_power(readings):
            self._emit(event)

    def _take_device(self, readings: DeviceReadings) -> None:
        for event in self._alarms.of_device(readings):
            self._emit(event)
