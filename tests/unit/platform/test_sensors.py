"""Single sensors, and when the search for them is repeated."""

import errno
from pathlib import Path

import pytest

from agent.platform.files import read_number, read_text, why_unreadable
from agent.platform.readings import Pressure, Reading, Why
from agent.platform.sensors import Nvml
from agent.platform.sensors.nvml import Card
from tests.unit.platform.conftest import Build, HandClock, sensors_of


class CountingNvml(Nvml):
    """Has no cards; counts how often it is searched for them."""

    searches = 0

    def cards(self) -> list[Card]:
        self.searches += 1
        return []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42\n", Reading(42)),
        ("  -7", Reading(-7)),
        ("32760 ma\n", Reading(32760)),
        ("", Reading(None, Why.GARBAGE)),
        ("nan\n", Reading(None, Why.GARBAGE)),
        ("1 2\n", Reading(None, Why.GARBAGE)),
        ("\0\0\0", Reading(None, Why.GARBAGE)),
        ("9" * 300, Reading(None, Why.GARBAGE)),
    ],
)
def test_numbers(text: str, expected: Reading[int], tmp_path: Path) -> None:
    (tmp_path / "f").write_text(text)
    assert read_number(str(tmp_path / "f")) == expected


def test_a_folder_where_a_file_should_be_is_a_state(tmp_path: Path) -> None:
    assert read_number(str(tmp_path)) == Reading(None, Why.FAILED)
    assert read_number(str(tmp_path / "none")) == Reading(None, Why.GONE)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENODEV, Why.GONE),
        (errno.EAGAIN, Why.GATED),
        (errno.EACCES, Why.DENIED),
        (errno.EIO, Why.FAILED),
        (errno.ETIMEDOUT, Why.FAILED),
        (errno.EOPNOTSUPP, Why.UNSUPPORTED),
    ],
)
def test_errors_of_the_system(number: int, why: Why) -> None:
    assert why_unreadable(OSError(number, "")) is why


def test_a_long_file_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x" * 200_000)
    assert len(read_text(tmp_path / "f")) == 200_000


def test_a_small_negative_current_is_no_power(build: Build, clock: HandClock) -> None:
    tree = build("orin-nano-super")
    tree.rail_file("VDD_SOC").write_text("-8\n")
    rails = {reading.rail.name: reading.power.value for reading in sensors_of(tree, clock).power().rails}
    assert rails["VDD_SOC"] == 0.0


def test_jetpack_4_values_with_their_unit(build: Build, clock: HandClock) -> None:
    tree = build("nano")
    tree.rail_file("POM_5V_IN").write_text("2515 mw\n")
    assert sensors_of(tree, clock).power().total.value == 2515.0


def test_a_power_is_followed(build: Build, clock: HandClock) -> None:
    tree = build("orin-nano-super")
    sensors = sensors_of(tree, clock)
    tree.set_power("VDD_IN", 12_000)
    assert sensors.power().total.value == pytest.approx(12_000, abs=5)


def test_throttling_without_fans_and_warnings(build: Build, clock: HandClock) -> None:
    tree = build("orin-nano-super")
    sensors = sensors_of(tree, clock)
    tree.cooling_file("pwm-fan").write_text("3\n")
    tree.cooling_file("hot-surface-alert").write_text("1\n")
    assert sensors.device().throttling == ()
    tree.cooling_file("gpu-throttle-alert").write_text("1\n")
    tree.cooling_file("devfreq-17000000.gpu").write_text("4\n")
    assert sensors.device().throttling == ("gpu-throttle-alert", "devfreq-17000000.gpu")


def test_over_current_events_are_counted(build: Build, clock: HandClock) -> None:
    tree = build("orin-nx")
    (tree.root / "sys/class/hwmon/hwmon0/oc3_event_cnt").write_text("4321\n")
    (tree.root / "sys/class/hwmon/hwmon0/oc1_throt_en").write_text("0\n")
    counters = sensors_of(tree, clock).device().over_current
    assert [(counter.name, counter.events.value, counter.throttles) for counter in counters] == [
        ("oc1", 0, False),
        ("oc2", 0, True),
        ("oc3", 4321, True),
    ]


def test_a_zone_that_is_off_can_say_256_below_zero(build: Build, clock: HandClock) -> None:
    tree = build("orin-nx")
    tree.zone_file("cv0-thermal").write_text("-256000\n")
    zones = {zone.name: zone.temperature for zone in sensors_of(tree, clock).device().zones}
    assert zones["cv0-thermal"].why is Why.IMPLAUSIBLE


def test_the_constant_temperature_of_the_power_chip_is_left_out(build: Build, clock: HandClock) -> None:
    assert "PMIC-Die" not in [zone.name for zone in sensors_of(build("nano"), clock).device().zones]


def test_memory_pressure_and_kills(build: Build, clock: HandClock) -> None:
    tree = build("orin-nx")
    (tree.root / "proc/pressure").mkdir()
    (tree.root / "proc/pressure/memory").write_text(
        "some avg10=12.50 avg60=3.00 avg300=0.10 total=123\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=9\n"
    )
    (tree.root / "proc/vmstat").write_text("nr_free_pages 5\noom_kill 3\n")
    memory = sensors_of(tree, clock).device().memory
    assert memory.pressure.value == Pressure(0.125, 0.03)  # type: ignore[arg-type]  # units are plain here
    assert memory.oom_kills.value == 3


def test_nvmap_from_debugfs_where_meminfo_does_not_tell(build: Build, clock: HandClock) -> None:
    tree = build("agx-orin")
    clients = tree.root / "sys/kernel/debug/nvmap/iovmm/clients"
    clients.parent.mkdir(parents=True)
    clients.write_text("CLIENT  PROCESS  PID  SIZE\nuser  vlm-server  4321  524288K\ntotal  524688K\n")
    assert sensors_of(tree, clock).device().memory.gpu_used.value == 524688 * 1024


def test_memory_that_cannot_be_read_is_a_state(build: Build, clock: HandClock) -> None:
    tree = build("nano")
    (tree.root / "proc/meminfo").write_text("MemTotal: lots\n")
    (tree.root / "proc/vmstat").unlink()
    (tree.root / "sys/block/zram1/mm_stat").write_text("1\n")
    memory = sensors_of(tree, clock).device().memory
    assert memory.total.why is memory.zram_used.why is Why.GARBAGE
    assert memory.oom_kills.why is Why.GONE


def test_a_gpu_load_outside_its_range_is_no_value(build: Build, clock: HandClock) -> None:
    tree = build("nano")
    (tree.root / "sys/devices/gpu.0/load").write_text("1001\n")
    assert sensors_of(tree, clock).device().gpus[0].load.why is Why.IMPLAUSIBLE


def test_a_whole_machine_is_not_searched_again(build: Build, clock: HandClock) -> None:
    nvml = CountingNvml(None)
    tree = build("orin-nano-super")
    tree.gate("cv0-thermal")  # a gated zone and a garbled file are not missing
    tree.zone_file("cv1-thermal").write_text("?\n")
    sensors = sensors_of(tree, clock, nvml)
    for _ in range(100):
        clock.pass_(10)
        sensors.read()
    assert nvml.searches == 1


def test_what_stays_missing_is_searched_less_and_less_often(build: Build, clock: HandClock) -> None:
    nvml = CountingNvml(None)
    tree = build("orin-nano-super")
    sensors = sensors_of(tree, clock, nvml)
    tree.rail_file("VDD_SOC").unlink()
    for _ in range(3600 * 5):
        clock.pass_(0.2)
        sensors.power()
    assert 100 < nvml.searches < 130
