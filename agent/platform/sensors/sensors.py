"""All sensors of one machine. A sample reads known files only; the search for them is repeated when one is missing.

Not thread-safe, and a sample blocks: each channel of a power monitor is read over I2C. Whoever samples while an event
loop runs does it in one thread of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from agent.clock import boottime
from agent.platform.identity import Jetson, identify
from agent.platform.readings import (
    DeviceReadings,
    GpuReadings,
    PowerReadings,
    RailReading,
    Reading,
    Readings,
    Total,
    Why,
)
from agent.platform.sensors.found import Found, search
from agent.platform.sensors.memory import MemorySensor
from agent.platform.sensors.nvml import Nvml
from agent.units import Milliwatts, Seconds

_SOONEST = Seconds(1.0)
_LATEST = Seconds(30.0)
"""A search costs some hundred reads: it is repeated after 1 s, then at twice the distance up to this."""


class Sensors:
    """The sensors.

    Args:
        root: Where the machine's file system is mounted.
        nvml: NVIDIA's library, where it is to be used.
        now: The clock of the readings.
    """

    def __init__(
        self,
        root: Path = Path("/"),
        *,
        nvml: Nvml | None = None,
        now: Callable[[], Seconds] = boottime,
    ) -> None:
        self._root = root
        self._nvml = nvml or Nvml("not asked for")
        self._now = now
        self._is_jetson = isinstance(identify(root), Jetson)
        self._memory = MemorySensor(root)
        started = now()
        self._found = search(root, self._nvml, started, None, is_jetson=self._is_jetson)
        self._pause = _SOONEST
        self._next_search = Seconds(started + _SOONEST)

    def power(self) -> PowerReadings:
        """Sample every power meter."""
        now = self._now()
        rails = tuple(RailReading(meter.rail, meter.read(now)) for meter in self._found.meters)
        total = self._found.total
        readings = PowerReadings(now, _sum(total, rails), total, rails)
        self._look_again_if(now, missing=not total.rails or any(rail.power.why is Why.GONE for rail in rails))
        return readings

    def device(self) -> DeviceReadings:
        """Sample everything else."""
        now = self._now()
        found = self._found
        readings = DeviceReadings(
            at=now,
            gpus=tuple(_gpus(found)),
            zones=tuple(zone.read() for zone in found.zones),
            cooling=tuple(device.read() for device in found.cooling),
            over_current=tuple(counter.read() for counter in found.over_current),
            memory=self._memory.read(),
        )
        self._look_again_if(now, missing=self._is_missing_some(readings))
        return readings

    def read(self) -> Readings:
        """Sample everything."""
        return Readings(self.power(), self.device())

    def _is_missing_some(self, readings: DeviceReadings) -> bool:
        expected = not self._is_jetson or (readings.zones and readings.gpus)
        whys = [
            *(gpu.clock.why for gpu in readings.gpus),
            *(zone.temperature.why for zone in readings.zones),
            *(device.state.why for device in readings.cooling),
            *(counter.events.why for counter in readings.over_current),
        ]
        return not expected or Why.GONE in whys

    def _look_again_if(self, now: Seconds, *, missing: bool) -> None:
        if not missing or now < self._next_search:
            return
        before = self._found
        self._found = search(self._root, self._nvml, now, before, is_jetson=self._is_jetson)
        # What keeps being missing is asked for less and less often; what has just come may not have come alone.
        self._pause = _SOONEST if self._found.count() > before.count() else Seconds(min(self._pause * 2, _LATEST))
        self._next_search = Seconds(now + self._pause)


def _sum(total: Total, rails: tuple[RailReading, ...]) -> Reading[Milliwatts]:
    """The total, or the reason of the first of its rails that has no value."""
    if not total.rails:
        return Reading(None, Why.INCOMPLETE if rails else Why.NO_METER)
    powers = [reading.power for reading in rails if reading.rail in total.rails]
    missing = [power.why for power in powers if power.value is None]
    if missing:
        return Reading(None, missing[0])
    return Reading(Milliwatts(sum(power.value for power in powers if power.value is not None)))


def _gpus(found: Found) -> Iterator[GpuReadings]:
    if found.gpu is None:
        yield from (card.gpu() for card in found.cards)
        return
    gpu = found.gpu.read()
    # NVML shows a Jetson's own GPU as its first card, and on Thor it alone knows the load.
    if gpu.load.why is Why.UNSUPPORTED and found.cards:
        gpu = replace(gpu, load=found.cards[0].load())
    yield gpu
