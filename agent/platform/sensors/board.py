"""The power monitors of a Jetson: INA3221 through hwmon or JetPack 4's iio, INA238 on Thor.

A chip is found by its name on the I2C bus and a rail by its label: the numbers of `hwmonN` and `iio:deviceN` move
between boots. Layouts: NVIDIA's Jetson Linux developer guide, "Power Management", and the kernel's
Documentation/hwmon/ina3221 and ina238.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.platform.files import folders, read_number, text_or_none
from agent.platform.readings import Origin, Rail, Reading, Why
from agent.platform.sensors.meter import Meter, milliwatts
from agent.units import Milliwatts, Seconds

_UNCONNECTED = "NC"
_SUM_OF_SHUNTS = "7"
"""The INA3221's seventh channel adds shunt voltages and is no rail."""
_MAX_MILLIVOLTS = 100_000
_MAX_MILLIAMPERES = 1_000_000


@dataclass(frozen=True, slots=True)
class VoltageTimesCurrent:
    """A channel that has no power of its own: mW = mV x mA / 1000."""

    rail: Rail
    voltage: str
    current: str

    def read(self, now: Seconds) -> Reading[Milliwatts]:  # noqa: ARG002 - a meter's reading may need the time
        """Power now. The two values are a conversion apart, a few milliseconds."""
        voltage = read_number(self.voltage)
        if voltage.value is None:
            return Reading(None, voltage.why)
        current = read_number(self.current)
        if current.value is None:
            return Reading(None, current.why)
        if not (0 <= voltage.value <= _MAX_MILLIVOLTS and abs(current.value) <= _MAX_MILLIAMPERES):
            return Reading(None, Why.IMPLAUSIBLE)
        return milliwatts(voltage.value * current.value / 1000)


@dataclass(frozen=True, slots=True)
class PowerFile:
    """A channel whose chip or driver multiplies."""

    rail: Rail
    power: str
    per_milliwatt: int

    def read(self, now: Seconds) -> Reading[Milliwatts]:  # noqa: ARG002 - as above
        """Power now."""
        power = read_number(self.power)
        return Reading(None, power.why) if power.value is None else milliwatts(power.value / self.per_milliwatt)


def find_board_meters(root: Path) -> list[Meter]:
    """Every connected channel of every monitor on the board."""
    meters: list[Meter] = []
    for chip in folders(root / "sys/bus/i2c/devices", "*"):
        name = text_or_none(chip / "name") or ""
        if "ina3221" in name:
            meters += _ina3221(chip)
        elif "ina238" in name:
            meters += _ina238(chip)
    return meters


def _ina3221(chip: Path) -> Iterator[Meter]:
    for hwmon in folders(chip / "hwmon", "hwmon*"):
        for label in folders(hwmon, "in*_label"):
            number = label.name.removeprefix("in").removesuffix("_label")
            rail = _rail(label, f"ina3221 {chip.name}")
            if number != _SUM_OF_SHUNTS and rail is not None:
                yield VoltageTimesCurrent(rail, str(hwmon / f"in{number}_input"), str(hwmon / f"curr{number}_input"))
    for device in folders(chip, "iio:device*"):
        for label in folders(device, "rail_name_*"):
            number = label.name.removeprefix("rail_name_")
            rail = _rail(label, f"ina3221 {chip.name}")
            if rail is not None:
                yield _iio(device, number, rail)


def _iio(device: Path, number: str, rail: Rail) -> Meter:
    power = device / f"in_power{number}_input"
    if power.exists():
        return PowerFile(rail, str(power), per_milliwatt=1)
    voltage, current = (device / f"in_{quantity}{number}_input" for quantity in ("voltage", "current"))
    return VoltageTimesCurrent(rail, str(voltage), str(current))


def _ina238(chip: Path) -> Iterator[Meter]:
    for hwmon in folders(chip / "hwmon", "hwmon*"):
        rail = _rail(hwmon / "label", f"ina238 {chip.name}")
        if rail is not None:
            yield PowerFile(rail, str(hwmon / "power1_input"), per_milliwatt=1000)


def _rail(label: Path, meter: str) -> Rail | None:
    name = text_or_none(label)
    return None if not name or _UNCONNECTED in name.split() else Rail(name, meter, Origin.BOARD)
