"""The six boards: what is found on each, and what happens when a sensor fails."""

from dataclasses import dataclass

import pytest

from agent.platform.identity import Jetson, identify
from agent.platform.nvpmodel import read_power_modes
from agent.platform.readings import Why
from tests.boards import BoardTree
from tests.unit.platform.conftest import Build, HandClock, sensors_of


@dataclass(frozen=True)
class Expected:
    """What must be read of a board.

    Attributes:
        total: The rails of the total.
        zone: The hottest, with its temperature, where it throttles and where it switches off.
        gpu: Clock in MHz and load.
    """

    module: str
    soc: str
    l4t: str
    jetpack: str
    total: tuple[str, ...]
    watts: float
    rails: int
    zone: tuple[str, float, float | None, float | None]
    gpu: tuple[float, float | None]
    mode: str
    default_mode: str


EXPECTED = {
    "orin-nano-super": Expected(
        module="Jetson Orin Nano 8GB (developer kit)",
        soc="Orin (T234)",
        l4t="36.4.3",
        jetpack="6.2",
        total=("VDD_IN",),
        watts=6.654464,
        rails=3,
        zone=("tj-thermal", 51.0, 99.0, 104.5),
        gpu=(306.0, 0.25),
        mode="MAXN_SUPER",
        default_mode="25W",
    ),
    "orin-nx": Expected(
        module="Jetson Orin NX 16GB",
        soc="Orin (T234)",
        l4t="36.4.4",
        jetpack="6.2.1",
        total=("VDD_IN",),
        watts=16.89792,
        rails=3,
        zone=("tj-thermal", 57.0, 99.0, 104.5),
        gpu=(612.0, 0.25),
        mode="25W",
        default_mode="40W",
    ),
    "agx-orin": Expected(
        module="Jetson AGX Orin 64GB",
        soc="Orin (T234)",
        l4t="36.4.3",
        jetpack="6.2",
        total=("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"),
        watts=5.13 + 3.268 + 5.5 + 1.0,
        rails=4,
        zone=("tj-thermal", 49.5, 99.0, 104.5),
        gpu=(1300.0, 0.25),
        mode="30W",
        default_mode="30W",
    ),
    "thor": Expected(
        module="Jetson T5000",
        soc="Thor (T264)",
        l4t="38.4.0",
        jetpack="7.1",
        total=("VIN",),
        watts=27.0,
        rails=4,
        zone=("soc345-thermal", 46.0, None, 114.5),
        gpu=(1575.0, None),
        mode="120W",
        default_mode="120W",
    ),
    "xavier-nx": Expected(
        module="Jetson Xavier NX (developer kit)",
        soc="Xavier (T194)",
        l4t="35.4.1",
        jetpack="5.1.2",
        total=("VDD_IN",),
        watts=3.875,
        rails=3,
        zone=("CPU-therm", 32.5, 95.5, 100.5),
        gpu=(114.75, 0.25),
        mode="MODE_20W_6CORE",
        default_mode="MODE_15W_6CORE",
    ),
    "nano": Expected(
        module="Jetson Nano (developer kit)",
        soc="Tegra X1 (T210)",
        l4t="32.7.1",
        jetpack="4.6.1",
        total=("POM_5V_IN",),
        watts=1.897,
        rails=3,
        zone=("AO-therm", 43.5, None, None),
        gpu=(76.8, 0.25),
        mode="5W",
        default_mode="MAXN",
    ),
}

boards = pytest.mark.parametrize("name", EXPECTED)


def _check_power(tree: BoardTree, name: str, clock: HandClock) -> None:
    power = sensors_of(tree, clock).power()
    assert tuple(rail.name for rail in power.chosen.rails) == EXPECTED[name].total
    assert power.total.value == pytest.approx(EXPECTED[name].watts * 1000)
    assert len(power.rails) == EXPECTED[name].rails
    assert power.at == clock.now


@boards
def test_identity(name: str, build: Build) -> None:
    tree = build(name)
    expected = EXPECTED[name]
    machine = identify(tree.root)
    assert isinstance(machine, Jetson)
    assert machine.board == machine.name == tree.board.model
    assert (machine.module, machine.soc) == (expected.module, expected.soc)
    assert (machine.l4t, machine.jetpack) == (expected.l4t, expected.jetpack)


@boards
def test_power(name: str, build: Build, clock: HandClock) -> None:
    _check_power(build(name), name, clock)


@boards
def test_renumbered_hwmon_changes_nothing(name: str, build: Build, clock: HandClock) -> None:
    _check_power(build(name, first_hwmon=9), name, clock)


@boards
def test_power_mode_by_name(name: str, build: Build) -> None:
    modes = read_power_modes(build(name).root)
    assert modes is not None
    assert modes.current.value is not None
    assert modes.current.value.name == EXPECTED[name].mode
    assert modes.default is not None
    assert modes.default.name == EXPECTED[name].default_mode


@boards
def test_everything_but_power(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    expected = EXPECTED[name]
    device = sensors_of(tree, clock).device()
    zone = device.hottest
    assert zone is not None
    assert (zone.name, zone.temperature.value, zone.throttles_at, zone.critical_at) == expected.zone
    gpu = device.gpus[0]
    assert gpu.clock.value == expected.gpu[0] * 1_000_000
    assert gpu.load.value == expected.gpu[1]
    assert device.throttling == ()
    assert all("fan" not in cooling.name and "hot-surface" not in cooling.name for cooling in device.cooling)
    assert device.cooling
    assert [counter.name for counter in device.over_current] == (
        ["oc1", "oc2", "oc3"] if tree.board.over_current else []
    )
    memory = device.memory
    assert memory.total.value == tree.board.mem_total_kb * 1024
    assert memory.available.value == tree.board.mem_total_kb // 2 * 1024
    assert memory.gpu_used.value == (None if tree.board.nvmap is None else tree.board.nvmap * 1024)
    assert memory.zram_used.value == 2 * 12288
    assert memory.oom_kills.value == 0
    assert memory.pressure.why is Why.GONE


@boards
def test_a_missing_node_of_the_total_is_no_smaller_total(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    tree.rail_file(EXPECTED[name].total[0]).unlink()
    sensors = sensors_of(tree, clock)
    power = sensors.power()
    if name == "nano":  # its driver's other two files say the same
        assert power.total.value == pytest.approx(4904 * 387 / 1000)
        return
    assert power.total.value is None
    assert power.total.why is Why.GONE
    assert sum(rail.power.value is not None for rail in power.rails) == EXPECTED[name].rails - 1


@boards
def test_a_missing_label_of_the_total_is_no_smaller_total(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    label = EXPECTED[name].total[0]
    file = tree.rail_file(label)
    number = "".join(character for character in file.name if character.isdigit())
    names = {"power1_input": "label", f"in_power{number}_input": f"rail_name_{number}"}
    (file.parent / names.get(file.name, f"in{number}_label")).unlink()
    power = sensors_of(tree, clock).power()
    assert power.total.value is None
    assert power.total.why is Why.INCOMPLETE
    assert power.chosen.note.startswith(f"{label} is missing")


@boards
def test_garbage_in_the_total_is_no_value(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    tree.rail_file(EXPECTED[name].total[0]).write_text("garbage\n")
    power = sensors_of(tree, clock).power()
    assert power.total.why is Why.GARBAGE
    tree.rail_file(EXPECTED[name].total[0]).write_text("99999999999\n")
    assert sensors_of(tree, clock).power().total.why is Why.IMPLAUSIBLE


@boards
def test_a_gated_zone_is_skipped(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    hottest = EXPECTED[name].zone[0]
    tree.gate(hottest)
    device = sensors_of(tree, clock).device()
    gated = next(zone for zone in device.zones if zone.name == hottest)
    assert gated.temperature.value is None
    assert gated.temperature.why is Why.GATED
    assert device.hottest is not None
    assert device.hottest.name != hottest


@boards
def test_a_vanished_chip_comes_back_under_another_number(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    address = tree.board.chips[-1].address
    sensors = sensors_of(tree, clock)
    before = sensors.power()
    assert before.total.value is not None
    tree.remove_chip(address)
    assert sensors.power().total.why is Why.GONE
    clock.pass_(2)
    assert sensors.power().total.why is Why.GONE  # looked again, in vain; still no smaller total
    assert sensors.power().chosen.rails == before.chosen.rails
    tree.add_chip(address, hwmon=17)
    clock.pass_(2)
    sensors.power()
    assert sensors.power().total == before.total


@boards
def test_sensors_that_appear_late_are_found(name: str, build: Build, clock: HandClock) -> None:
    tree = build(name)
    hidden = [tree.root / place for place in ("sys/bus/i2c", "sys/class/devfreq", "sys/class/thermal")]
    for folder in hidden:
        folder.rename(folder.with_suffix(".later"))
    sensors = sensors_of(tree, clock)
    assert sensors.power().total.why is Why.NO_METER
    assert sensors.device().gpus == ()
    for folder in hidden:
        folder.with_suffix(".later").rename(folder)
    clock.pass_(2)
    sensors.read()
    readings = sensors.read()
    assert readings.power.total.value == pytest.approx(EXPECTED[name].watts * 1000)
    assert readings.device.hottest is not None
    assert readings.device.gpus
