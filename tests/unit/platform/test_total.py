"""Which rails are the total."""

import pytest

from agent.platform.readings import Origin, Rail
from agent.platform.sensors.total import choose_total

CARD = Rail("gpu0 NVIDIA H200", "NVML", Origin.NVML)


def _board(*names: str) -> list[Rail]:
    return [Rail(name, "ina3221 1-0040", Origin.BOARD) for name in names]


def _rapl(*names: str) -> list[Rail]:
    return [Rail(name, "RAPL", Origin.RAPL) for name in names]


@pytest.mark.parametrize(
    ("names", "total"),
    [
        (("VDD_CPU_GPU_CV", "VDD_IN", "VDD_SOC"), ("VDD_IN",)),
        (("VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0", "VIN"), ("VIN",)),
        (("POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"), ("POM_5V_IN",)),
        (("VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_IN", "VDD_SYS_CPU", "VDD_SYS_DDR"), ("VDD_IN",)),
        (("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"), ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0")),
        (("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"), ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V")),
        (("SOMETHING", "ELSE"), ("SOMETHING", "ELSE")),
    ],
)
def test_of_a_board(names: tuple[str, ...], total: tuple[str, ...]) -> None:
    assert tuple(rail.name for rail in choose_total(_board(*names)).rails) == total


@pytest.mark.parametrize(
    ("names", "lacking"),
    [
        (("VDD_CPU_GPU_CV", "VDD_SOC"), "VDD_IN"),
        (("VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"), "VIN"),
        (("POM_5V_CPU",), "POM_5V_IN"),
        (("VDDQ_VDD2_1V8AO", "VIN_SYS_5V0"), "VDD_CPU_CV, VDD_GPU_SOC"),
        (("GPU", "CPU", "SOC"), "CV, SYS5V, VDDRQ"),
    ],
)
def test_a_part_is_never_taken_for_all(names: tuple[str, ...], lacking: str) -> None:
    total = choose_total(_board(*names))
    assert total.rails == ()
    assert total.note.startswith(f"{lacking} is missing")


def test_of_a_pc_packages_memory_and_cards() -> None:
    counters = _rapl("package-0", "package-0/core", "package-0/uncore", "package-0/dram", "package-1", "psys")
    total = choose_total([*counters, CARD])
    assert [rail.name for rail in total.rails] == ["package-0", "package-0/dram", "package-1", CARD.name]


def test_a_jetsons_gpu_is_not_added_to_its_input() -> None:
    assert choose_total([CARD, *_board("VIN", "VDD_GPU")]).rails == tuple(_board("VIN"))


def test_of_nothing() -> None:
    assert choose_total([]).rails == ()
