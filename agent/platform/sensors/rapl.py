"""The energy counters of x86 processors (RAPL), through the kernel's powercap tree.

Documentation/power/powercap/powercap.rst: `energy_uj` counts microjoules and starts again at zero after
`max_energy_range_uj`. Since Linux 5.10 only root may read it (CVE-2020-8694).
"""

from dataclasses import dataclass, field
from pathlib import Path

from agent.platform.files import folders, read_number, text_or_none
from agent.platform.readings import Origin, Rail, Reading, Why
from agent.platform.sensors.meter import Meter, milliwatts
from agent.units import Milliwatts, Seconds

_MICROJOULES_PER_MILLIJOULE = 1000
_SHORTEST = Seconds(0.02)
"""The hardware counts about every millisecond: over less time than this the power would be noise."""


@dataclass(slots=True)
class EnergyCounter:
    """A counter of energy; its power is the mean since the sample before."""

    rail: Rail
    counter: str
    range: int
    _last: tuple[Seconds, int] | None = field(default=None, compare=False)

    def read(self, now: Seconds) -> Reading[Milliwatts]:
        """Mean power since the last call."""
        counted = read_number(self.counter)
        if counted.value is None:
            self._last = None
            return Reading(None, counted.why)
        last = self._last
        if last is not None and now - last[0] < _SHORTEST:
            return Reading(None, Why.PENDING)
        self._last = (now, counted.value)
        if last is None:
            return Reading(None, Why.PENDING)
        microjoules = counted.value - last[1]
        if microjoules < 0:
            microjoules += self.range
        return milliwatts(microjoules / _MICROJOULES_PER_MILLIJOULE / (now - last[0]))


def find_rapl_meters(root: Path) -> list[Meter]:
    """Every domain of the MSR interface; `intel-rapl-mmio` shows the same packages a second time."""
    meters: list[Meter] = []
    names: dict[str, str] = {}
    for zone in folders(root / "sys/class/powercap", "intel-rapl:*"):
        name = text_or_none(zone / "name")
        span = read_number(str(zone / "max_energy_range_uj")).value
        if name is None or span is None:
            continue
        names[zone.name] = name
        package = names.get(zone.name.rpartition(":")[0])
        rail = Rail(name if package is None else f"{package}/{name}", "RAPL", Origin.RAPL)
        meters.append(EnergyCounter(rail, str(zone / "energy_uj"), span))
    return meters
