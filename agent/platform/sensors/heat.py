"""Temperatures, what is done against them, and over-current events.

Kernel: Documentation/driver-api/thermal/sysfs-api.rst (millidegrees Celsius; a `passive` trip point slows something
down, `critical` switches the machine off, `active` ones are for fans and warnings). `soctherm_oc` is NVIDIA's.
"""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from agent.platform.files import folders, read_number, text_or_none
from agent.platform.readings import CoolingReading, OverCurrentReading, Reading, Why, ZoneReading
from agent.units import Celsius

_CONSTANT_ZONES = ("PMIC-Die",)
"""Says 100 degrees Celsius on every board, always: it is a threshold and no measurement."""
_COSTS_SPEED = ("*-throttle-alert", "devfreq-*", "cpufreq-*", "thermal-devfreq-*", "thermal-cpufreq-*")
"""Types of cooling devices; the kernel before 5.12 put `thermal-` in front. Fans and warnings are not among them."""
_LOWEST = -40.0
_HIGHEST = 150.0
"""Outside of this no board works: a zone that is off can say -256."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A thermal zone; its trip points do not move."""

    name: str
    temperature: str
    throttles_at: Celsius | None
    critical_at: Celsius | None

    def read(self) -> ZoneReading:
        """Its temperature now. A power-gated zone has none."""
        return ZoneReading(self.name, _celsius(self.temperature), self.throttles_at, self.critical_at)


@dataclass(frozen=True, slots=True)
class Cooling:
    """A cooling device that costs speed."""

    name: str
    state: str

    def read(self) -> CoolingReading:
        """Its state now."""
        return CoolingReading(self.name, read_number(self.state))


@dataclass(frozen=True, slots=True)
class OverCurrent:
    """A counter of over-current events."""

    name: str
    count: str
    throttle: str

    def read(self) -> OverCurrentReading:
        """What it has counted since boot."""
        return OverCurrentReading(self.name, read_number(self.count), throttles=bool(read_number(self.throttle).value))


def find_zones(root: Path) -> list[Zone]:
    """Every zone that measures."""
    zones = []
    for folder in folders(root / "sys/class/thermal", "thermal_zone*"):
        name = text_or_none(folder / "type")
        if name is not None and name not in _CONSTANT_ZONES:
            trips = _trips(folder)
            zones.append(Zone(name, str(folder / "temp"), trips.get("passive"), trips.get("critical")))
    return zones


def find_cooling(root: Path) -> list[Cooling]:
    """Every cooling device that costs speed."""
    found = []
    for folder in folders(root / "sys/class/thermal", "cooling_device*"):
        name = text_or_none(folder / "type")
        if name is not None and any(fnmatch(name, pattern) for pattern in _COSTS_SPEED):
            found.append(Cooling(name, str(folder / "cur_state")))
    return found


def find_over_current(root: Path) -> list[OverCurrent]:
    """The counters of Orin and its successors."""
    return [
        OverCurrent(name, str(count), str(count.with_name(f"{name}_throt_en")))
        for hwmon in folders(root / "sys/class/hwmon", "hwmon*")
        if text_or_none(hwmon / "name") == "soctherm_oc"
        for count in folders(hwmon, "oc*_event_cnt")
        for name in [count.name.removesuffix("_event_cnt")]
    ]


def _trips(zone: Path) -> dict[str, Celsius]:
    """The lowest trip point of each type."""
    trips: dict[str, Celsius] = {}
    for file in folders(zone, "trip_point_*_type"):
        kind = text_or_none(file)
        at = _celsius(str(file).removesuffix("type") + "temp").value
        if kind is not None and at is not None and at > 0:
            trips[kind] = min(at, trips.get(kind, at))
    return trips


def _celsius(path: str) -> Reading[Celsius]:
    number = read_number(path)
    if number.value is None:
        return Reading(None, number.why)
    celsius = number.value / 1000
    return Reading(Celsius(celsius)) if _LOWEST <= celsius <= _HIGHEST else Reading(None, Why.IMPLAUSIBLE)
