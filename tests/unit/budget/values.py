"""Readings of a machine to look at."""

from agent.platform.readings import (
    CoolingReading,
    DeviceReadings,
    MemoryReadings,
    OverCurrentReading,
    Reading,
    Why,
    ZoneReading,
)
from agent.units import Celsius, Seconds

_NO_MEMORY = MemoryReadings(*[Reading(None, Why.GONE)] * 8)


def device(  # noqa: PLR0913 - each matters to some test
    at: float = 0.0,
    *,
    celsius: float | None = 50.0,
    throttles_at: float | None = 99.0,
    critical_at: float | None = 104.5,
    events: dict[str, int] | None = None,
    throttling: bool = False,
) -> DeviceReadings:
    """A board with one zone, one cooling device and such counters."""
    zone = ZoneReading(
        "tj-thermal",
        Reading(None, Why.GATED) if celsius is None else Reading(Celsius(celsius)),
        None if throttles_at is None else Celsius(throttles_at),
        None if critical_at is None else Celsius(critical_at),
    )
    counters = [OverCurrentReading(name, Reading(count), throttles=True) for name, count in (events or {}).items()]
    cooling = CoolingReading("gpu-throttle-alert", Reading(int(throttling)))
    return DeviceReadings(Seconds(at), (), (zone,), (cooling,), tuple(counters), _NO_MEMORY)
