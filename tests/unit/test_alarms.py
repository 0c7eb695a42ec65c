"""Which changes an operator is told, and which are noise."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.alarms import Alarms
from agent.events import (
    Event,
    MemoryKills,
    OverCurrent,
    PowerMeterBack,
    PowerMeterLost,
    ThrottlingBegan,
    ThrottlingEnded,
)
from agent.platform.readings import (
    CoolingReading,
    DeviceReadings,
    OverCurrentReading,
    PowerReadings,
    Reading,
    Total,
    Why,
)
from agent.platform.sensors import Sensors
from agent.units import Milliwatts, Seconds
from tests.boards import BOARDS, BoardTree


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[DeviceReadings]:
    with BoardTree(tmp_path, BOARDS["orin-nano-super"]) as tree:
        yield replace(Sensors(tree.root).device(), at=Seconds(0))


def power(at: float, watts: float | None) -> PowerReadings:
    total = Reading(None, Why.GONE) if watts is None else Reading(Milliwatts(watts * 1000))
    return PowerReadings(Seconds(at), total, Total((), ""), ())


def told(alarms: Alarms, samples: list[PowerReadings]) -> list[Event]:
    return [event for sample in samples for event in alarms.of_power(sample)]


def counted(quiet: DeviceReadings, at: float, name: str, events: int | None) -> DeviceReadings:
    reading = Reading(None, Why.GONE) if events is None else Reading(events)
    return replace(quiet, at=Seconds(at), over_current=(OverCurrentReading(name, reading, throttles=True),))


def test_a_quiet_machine_has_nothing_to_tell(quiet: DeviceReadings) -> None:
    alarms = Alarms()
    assert [event for _ in range(3) for event in alarms.of_device(quiet)] == []


def test_throttling_begins_and_ends_once(quiet: DeviceReadings) -> None:
    alarms, cooling = Alarms(), (CoolingReading("gpu-throttle-alert", Reading(1)),)
    hot = replace(quiet, cooling=cooling)
    (began,) = [event for _ in range(3) for event in alarms.of_device(hot)]
    assert isinstance(began, ThrottlingBegan)
    assert began.cooling_devices == ("gpu-throttle-alert",)
    assert began.hottest_zone is not None
    assert [event for _ in range(3) for event in alarms.of_device(quiet)] == [ThrottlingEnded()]


def test_what_was_counted_before_the_start_is_not_told(quiet: DeviceReadings) -> None:
    assert Alarms().of_device(counted(quiet, 0, "oc1", 7)) == []


def test_every_under_voltage_is_told(quiet: DeviceReadings) -> None:
    alarms = Alarms()
    alarms.of_device(counted(quiet, 0, "oc1", 7))
    assert alarms.of_device(counted(quiet, 1, "oc1", 7)) == []
    assert alarms.of_device(counted(quiet, 2, "oc1", 9)) == [OverCurrent(counter="oc1", events=2)]
    assert alarms.of_device(counted(quiet, 3, "oc1", None)) == []
    assert alarms.of_device(counted(quiet, 4, "oc1", 9)) == []


def test_instantaneous_current_is_told_by_its_rate(quiet: DeviceReadings) -> None:
    alarms = Alarms()
    seconds = range(600)
    slow = [event for at in seconds for event in alarms.of_device(counted(quiet, at, "oc3", at))]
    assert slow == []
    fast = [event for at in range(60) for event in alarms.of_device(counted(quiet, 600 + at, "oc3", 600 + 20 * at))]
    assert len(fast) in (1, 2)


def test_a_counter_that_begins_anew_is_nothing(quiet: DeviceReadings) -> None:
    alarms = Alarms()
    alarms.of_device(counted(quiet, 0, "oc2", 1000))
    assert alarms.of_device(counted(quiet, 1, "oc2", 0)) == []
    assert alarms.of_device(counted(quiet, 2, "oc2", 1)) == [OverCurrent(counter="oc2", events=1)]


def test_processes_that_the_kernel_ends(quiet: DeviceReadings) -> None:
    alarms = Alarms()
    for kills, expected in ((3, []), (3, []), (5, [MemoryKills(processes=2)])):
        memory = replace(quiet.memory, oom_kills=Reading(kills))
        assert alarms.of_device(replace(quiet, memory=memory)) == expected


def test_a_meter_that_goes_and_comes_back() -> None:
    alarms = Alarms()
    assert told(alarms, [power(0.2 * n, None if n % 5 == 4 else 6.0) for n in range(50)]) == [], "single samples"
    assert told(alarms, [power(10 + 0.2 * n, None) for n in range(100)]) == [PowerMeterLost(reason="not there")]
    assert told(alarms, [power(30 + 0.2 * n, 6.0) for n in range(10)]) == [PowerMeterBack()]


def test_sensors_that_do_not_answer_are_a_lost_meter() -> None:
    alarms, why = Alarms(), "the sensors have not answered for 6 s"
    assert told(alarms, [power(0, 6.0)]) == []
    looks = (None, why, None, why, why, why)
    assert [list(alarms.of_silence(look)) for look in looks] == [[], [], [], [], [PowerMeterLost(reason=why)], []]
    assert told(alarms, [power(60, 6.0)]) == [PowerMeterBack()]


def test_before_the_first_sample_no_meter_is_lost() -> None:
    alarms = Alarms()
    assert [event for _ in range(9) for event in alarms.of_silence("the sensors have not answered yet")] == []


def test_a_machine_without_a_meter_has_lost_none() -> None:
    assert told(Alarms(), [power(n, None) for n in range(100)]) == []
