"""Energy counters of x86 processors."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.platform.readings import Why
from agent.platform.sensors import Sensors
from tests.unit.platform.conftest import HandClock

RANGE = 262_143_328_850
NOBODY = 65534


class Counters:
    """A powercap tree: a package with its cores and memory, the same package by MMIO, and `psys`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._zones = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram"}
        self._zones |= {"intel-rapl:1": "psys", "intel-rapl-mmio:0": "package-0"}
        for zone, name in self._zones.items():
            folder = root / "sys/class/powercap" / zone
            folder.mkdir(parents=True)
            (folder / "name").write_text(f"{name}\n")
            (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
        self.count(package=0, core=0, dram=0)

    def count(self, *, package: int, core: int, dram: int) -> None:
        for zone, name in self._zones.items():
            value = {"package-0": package, "core": core, "dram": dram, "psys": 7}[name]
            (self.root / "sys/class/powercap" / zone / "energy_uj").write_text(f"{value}\n")


@pytest.fixture
def counters(tmp_path: Path) -> Counters:
    return Counters(tmp_path)


def test_power_is_the_mean_between_two_samples(counters: Counters, clock: HandClock) -> None:
    sensors = Sensors(counters.root, now=clock)
    clock.pass_(0.2)
    sensors.power()
    counters.count(package=9_000_000, core=4_000_000, dram=1_000_000)
    clock.pass_(0.5)
    power = sensors.power()
    assert power.total.value == pytest.approx(20_000)  # 10 J in 0.5 s; the cores are in the package
    by_name = {reading.rail.name: reading.power.value for reading in power.rails}
    expected = {"package-0": 18_000, "package-0/core": 8_000, "package-0/dram": 2_000, "psys": 0}
    assert by_name == pytest.approx(expected)


def test_a_counter_that_starts_again(counters: Counters, clock: HandClock) -> None:
    counters.count(package=RANGE - 4_000_000, core=0, dram=0)
    sensors = Sensors(counters.root, now=clock)
    counters.count(package=6_000_000, core=0, dram=0)
    clock.pass_(1)
    assert sensors.power().total.value == pytest.approx(10_000)


def test_two_samples_too_close_together_are_none(counters: Counters, clock: HandClock) -> None:
    sensors = Sensors(counters.root, now=clock)
    assert sensors.power().total.why is Why.PENDING
    counters.count(package=5_000_000, core=0, dram=0)
    clock.pass_(0.5)
    assert sensors.power().total.value == pytest.approx(10_000)


def test_a_gap_is_not_averaged_over(counters: Counters, clock: HandClock) -> None:
    sensors = Sensors(counters.root, now=clock)
    file = counters.root / "sys/class/powercap/intel-rapl:0/energy_uj"
    file.write_text("?\n")
    clock.pass_(0.5)
    assert sensors.power().total.why is Why.GARBAGE
    file.write_text("5000000\n")
    clock.pass_(0.5)
    assert sensors.power().total.why is Why.PENDING


@contextmanager
def _nobody() -> Iterator[None]:
    """As a user for whom files without permissions are closed."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_counters_that_only_root_may_read_are_no_part_of_the_total(clock: HandClock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        counters = Counters(Path(folder))
        files = list(counters.root.glob("sys/class/powercap/*/energy_uj"))
        for file in files:
            file.chmod(0)
        with _nobody():
            sensors = Sensors(counters.root, now=clock)
            power = sensors.power()
            assert power.total.value is None
            assert power.chosen.rails == ()
            assert {reading.power.why for reading in power.rails} == {Why.DENIED}
        for file in files:
            file.chmod(0o444)
        with _nobody():
            clock.pass_(2)
            sensors.power()
            clock.pass_(1)
            assert sensors.power().total.value == 0.0
