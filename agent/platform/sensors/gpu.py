"""The GPU of a Jetson: its clock in devfreq, its load in a file of the driver.

The devfreq entry is found by the name of its device-tree node, for the folder's name changes with JetPack.
"""

from dataclasses import dataclass
from pathlib import Path

from agent.platform.files import folders, read_number, text_or_none
from agent.platform.readings import GpuReadings, Reading, Why
from agent.units import Hertz, Ratio

_NODE_NAMES = ("gv11b", "gp10b", "ga10b", "gb10b", "gpu")
_THOR_ENTRY = "gpu-gpc-0"
_LOAD_FILES = ("sys/devices/platform/bus@0/17000000.gpu/load", "sys/devices/gpu.0/load")
_FULL_LOAD = 1000


@dataclass(frozen=True, slots=True)
class IntegratedGpu:
    """Where a Jetson's GPU is in sysfs.

    Attributes:
        load: None where the driver has no such file: on Thor.
    """

    name: str
    folder: str
    load: str | None

    def read(self) -> GpuReadings:
        """Clock and load now."""
        return GpuReadings(
            name=self.name,
            clock=_hertz(f"{self.folder}/cur_freq"),
            max_clock=_hertz(f"{self.folder}/max_freq"),
            load=Reading(None, Why.UNSUPPORTED) if self.load is None else _load(self.load),
        )


def find_gpu(root: Path) -> IntegratedGpu | None:
    """The GPU; None when there is none, or none yet: its nodes can appear after the agent has started."""
    for entry in folders(root / "sys/class/devfreq", "*"):
        node = text_or_none(entry / "device/of_node/name")
        if node in _NODE_NAMES or entry.name == _THOR_ENTRY:
            places = (entry / "device/load", *(root / place for place in _LOAD_FILES))
            load = next((str(place) for place in places if place.exists()), None)
            return IntegratedGpu(entry.name, str(entry), load)
    return None


def _hertz(path: str) -> Reading[Hertz]:
    number = read_number(path)
    if number.value is None:
        return Reading(None, number.why)
    return Reading(Hertz(number.value)) if number.value >= 0 else Reading(None, Why.IMPLAUSIBLE)


def _load(path: str) -> Reading[Ratio]:
    number = read_number(path)
    if number.value is None:
        return Reading(None, number.why)
    if not 0 <= number.value <= _FULL_LOAD:
        return Reading(None, Why.IMPLAUSIBLE)
    return Reading(Ratio(number.value / _FULL_LOAD))
