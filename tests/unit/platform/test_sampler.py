"""The sensors' thread: its pace, what it gives, and that a sensor which hangs stops nothing else."""

import threading
import time

import pytest

from agent.platform.readings import DeviceReadings, PowerReadings, Reading, Why
from agent.platform.sampler import STALE_AFTER, Sampler
from agent.platform.sensors import Sensors
from agent.units import Milliwatts, Seconds
from tests.boards import BOARDS, BoardTree
from tests.unit.platform.conftest import Build, HandClock
from tests.waiting import wait_for


class CountingSensors(Sensors):
    """A board's, counting."""

    def __init__(self, tree: BoardTree, clock: HandClock) -> None:
        super().__init__(tree.root, now=clock)
        self.powers = 0
        self.devices = 0
        self.threads: set[str] = set()

    def power(self) -> PowerReadings:
        self.powers += 1
        self.threads.add(threading.current_thread().name)
        return super().power()

    def device(self) -> DeviceReadings:
        self.devices += 1
        return super().device()


class HangingSensors(CountingSensors):
    """Its files block until they are let go."""

    def __init__(self, tree: BoardTree, clock: HandClock) -> None:
        super().__init__(tree, clock)
        self.hung = threading.Event()
        self.go_on = threading.Event()

    def power(self) -> PowerReadings:
        self.hung.set()
        self.go_on.wait(30)
        return super().power()


def _with_total(readings: PowerReadings, total: Reading[Milliwatts]) -> PowerReadings:
    return PowerReadings(readings.at, total, readings.chosen, readings.rails)


def test_power_ten_times_a_second_and_the_rest_once(build: Build, clock: HandClock) -> None:
    sensors = CountingSensors(build("orin-nano-super"), clock)
    with Sampler(lambda: sensors, now=clock) as sampler:
        began = time.monotonic()
        wait_for(lambda: sensors.devices >= 3, 10, "third device sample")
        took = time.monotonic() - began
        taken = sampler.take()
    assert took > 1.9
    assert sensors.powers == pytest.approx(took * 10, rel=0.2)
    assert sensors.threads == {"sensors"}
    assert taken.why is None
    assert taken.power is not None
    assert taken.power.total.value == pytest.approx(6650, abs=10)
    assert taken.device is not None
    assert len(taken.device.zones) == len(BOARDS["orin-nano-super"].zones)


def test_mean_and_most_are_those_since_the_last_time(build: Build, clock: HandClock) -> None:
    readings = Sensors(build("orin-nx").root, now=clock).power()
    sampler = Sampler(lambda: pytest.fail("not started"), now=clock)
    totals: list[Reading[Milliwatts]] = [Reading(Milliwatts(1000)), Reading(Milliwatts(4000)), Reading(None, Why.GATED)]
    for total in totals:
        sampler._keep_power(_with_total(readings, total))
    span = sampler.take().span
    assert span is not None
    assert (span.mean, span.most) == (Milliwatts(2500), Milliwatts(4000))
    assert span.samples == 2
    assert sampler.take().span is None, "nothing new"


def test_before_the_first_sample_there_is_a_reason(clock: HandClock) -> None:
    taken = Sampler(lambda: pytest.fail("not started"), now=clock).take()
    assert (taken.power, taken.device, taken.span) == (None, None, None)
    assert taken.why == "the sensors have not answered yet"


def test_a_sensor_that_hangs_stops_neither_the_stop_nor_the_asking(build: Build, clock: HandClock) -> None:
    sensors = HangingSensors(build("thor"), clock)
    began = time.monotonic()
    with Sampler(lambda: sensors, now=clock) as sampler:
        assert sensors.hung.wait(10)
        assert sampler.take().why == "the sensors have not answered yet"
    assert time.monotonic() - began < 3
    sensors.go_on.set()


def test_a_search_that_hangs_does_not_either(build: Build, clock: HandClock) -> None:
    sensors, go_on = CountingSensors(build("nano"), clock), threading.Event()

    def search() -> Sensors:
        go_on.wait(30)
        return sensors

    began = time.monotonic()
    with Sampler(search, now=clock) as sampler:
        assert sampler.take().why is not None
    assert time.monotonic() - began < 3
    go_on.set()


def test_what_is_too_old_is_no_value(build: Build, clock: HandClock) -> None:
    sensors = CountingSensors(build("agx-orin"), clock)
    with Sampler(lambda: sensors, now=clock) as sampler:
        wait_for(lambda: sampler.take().why is None, 10, "first samples")
    clock.pass_(STALE_AFTER)
    assert sampler.take().why is None
    clock.pass_(3)
    taken = sampler.take()
    assert (taken.power, taken.device) == (None, None)
    assert taken.why == "the sensors have not answered for 8 s"


def test_it_ends(build: Build, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.platform.sampler._END_TIMEOUT", Seconds(10.0))  # of a busy machine
    sensors = CountingSensors(build("xavier-nx"), clock)
    with Sampler(lambda: sensors, now=clock) as sampler:
        wait_for(lambda: sensors.powers, 10, "first sample")
    assert not sampler._thread.is_alive()


class FailingSensors(CountingSensors):
    """They fail at their second sample."""

    def power(self) -> PowerReadings:
        if self.powers:
            raise RuntimeError("dictionary changed size during iteration")
        return super().power()


def test_sensors_that_fail_are_built_anew(
    build: Build, clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent.platform.sampler._BUILD_AGAIN_AFTER", Seconds(0.01))
    tree = build("orin-nx")
    built: list[CountingSensors] = []

    def make() -> Sensors:
        built.append(FailingSensors(tree, clock) if len(built) < 3 else CountingSensors(tree, clock))
        return built[-1]

    with Sampler(make, now=clock):
        wait_for(lambda: len(built) == 4 and built[3].powers >= 2, 20, "samples of what was built last")
    assert caplog.messages == ["sensors_failed"], "told once"
