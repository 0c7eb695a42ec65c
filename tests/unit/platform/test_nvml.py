"""NVIDIA cards, and the load of Thor's GPU."""

from pathlib import Path

import pytest

from agent.platform.readings import Why
from agent.platform.sensors import Nvml, Sensors, find_nvml
from tests.unit.platform.conftest import Build, HandClock, sensors_of
from tests.unit.platform.fake_nvml import FakeCard, FakePynvml


def _nvml(*cards: FakeCard) -> Nvml:
    return find_nvml(lambda _name: FakePynvml(list(cards)))


def test_a_card_is_a_meter_and_a_gpu(tmp_path: Path, clock: HandClock) -> None:
    sensors = Sensors(tmp_path, nvml=_nvml(FakeCard(), FakeCard(name=b"NVIDIA A2", instant_power=5_000)), now=clock)
    power = sensors.power()
    assert [reading.rail.name for reading in power.rails] == ["gpu0 NVIDIA H200", "gpu1 NVIDIA A2"]
    assert power.total.value == 86_500.0
    gpu = sensors.device().gpus[0]
    assert (gpu.clock.value, gpu.max_clock.value) == (345_000_000, 3_450_000_000)
    assert (gpu.load.value, gpu.temperature.value) == (0.12, 31.0)
    assert (gpu.memory_used.value, gpu.memory_total.value) == (1_000, 150_000)
    assert gpu.slowed_by == ()


def test_a_driver_without_instant_power_gives_the_mean(tmp_path: Path, clock: HandClock) -> None:
    sensors = Sensors(tmp_path, nvml=_nvml(FakeCard(instant_power=None)), now=clock)
    assert sensors.power().total.value == 79_000.0


def test_what_a_card_does_not_support_is_a_state(tmp_path: Path, clock: HandClock) -> None:
    card = FakeCard(power=None, instant_power=None, load=None, degrees=None, memory=None, reasons=None)
    sensors = Sensors(tmp_path, nvml=_nvml(card), now=clock)
    assert sensors.power().total.why is Why.NO_METER
    gpu = sensors.device().gpus[0]
    assert gpu.load.why is gpu.temperature.why is gpu.memory_used.why is Why.UNSUPPORTED
    assert gpu.clock.value == 345_000_000


def test_why_a_card_is_slow(tmp_path: Path, clock: HandClock) -> None:
    sensors = Sensors(tmp_path, nvml=_nvml(FakeCard(reasons=0x1 | 0x4 | 0x40)), now=clock)
    assert sensors.device().gpus[0].slowed_by == ("power cap", "temperature (hardware)")


def test_a_lost_card_is_gone_and_the_total_with_it(tmp_path: Path, clock: HandClock) -> None:
    cards = [FakeCard(), FakeCard(name="other")]
    sensors = Sensors(tmp_path, nvml=_nvml(*cards), now=clock)
    cards[1].lost = True
    assert sensors.power().total.why is Why.GONE
    clock.pass_(5)
    sensors.power()
    assert sensors.power().total.why is Why.GONE
    cards[1].lost = False
    clock.pass_(5)
    sensors.power()
    assert sensors.power().total.value == 163_000.0


def test_thors_load_comes_from_nvml_and_its_total_does_not(build: Build, clock: HandClock) -> None:
    sensors = sensors_of(build("thor"), clock, _nvml(FakeCard(name="NVIDIA Thor", load=40)))
    gpus = sensors.device().gpus
    assert [(gpu.name, gpu.load.value, gpu.clock.value) for gpu in gpus] == [("gpu-gpc-0", 0.4, 1_575_000_000)]
    assert sensors.power().total.value == pytest.approx(27_000)


def test_a_card_is_never_the_total_of_a_jetson(build: Build, clock: HandClock) -> None:
    tree = build("thor")
    for chip in tree.board.chips:
        tree.remove_chip(chip.address)
    assert sensors_of(tree, clock, _nvml(FakeCard())).power().total.value is None


def test_without_the_package() -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    nvml = find_nvml(missing)
    assert nvml.problem == "nvidia-ml-py is not installed"
    assert nvml.cards() == []


def test_without_a_driver() -> None:
    nvml = find_nvml(lambda _name: FakePynvml(starts=False))
    assert nvml.problem == "NVML does not start: code 9"
    assert nvml.cards() == []


def test_cards_that_cannot_be_listed() -> None:
    library = FakePynvml(fell_off_the_bus=True)
    nvml = find_nvml(lambda _name: library)
    assert nvml.cards() == []
    assert nvml.problem == "NVML does not list its cards: code 15"
    library.fell_off_the_bus = False
    assert len(nvml.cards()) == 1
    assert nvml.problem is None


def test_the_stand_in_is_like_the_package() -> None:
    package = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    names = [name for name in dir(FakePynvml) if name.startswith(("nvml", "NVML"))]
    assert [name for name in names if not hasattr(package, name)] == []
    constants = [name for name in names if isinstance(getattr(FakePynvml, name), int)]
    assert {name: getattr(package, name) for name in constants} == {
        name: getattr(FakePynvml, name) for name in constants
    }
