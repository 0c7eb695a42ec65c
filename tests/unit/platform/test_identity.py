"""Machines that are no Jetson, and Jetsons that do not say all."""

from pathlib import Path

import pytest

from agent.platform.identity import Computer, Jetson, has_nvidia_gpu, identify
from agent.platform.jetpack import jetpack_of
from tests.unit.platform.conftest import Build


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_pc(tmp_path: Path) -> None:
    root = _write(
        tmp_path,
        {
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n",
            "etc/os-release": 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
            "sys/class/dmi/id/sys_vendor": "LENOVO\n",
            "sys/class/dmi/id/product_name": "20XW\n",
        },
    )
    assert identify(root) == Computer("LENOVO 20XW", "AMD EPYC", 2, "Debian GNU/Linux 12 (bookworm)")


def test_another_arm_board(tmp_path: Path) -> None:
    root = _write(
        tmp_path,
        {
            "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
            "proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
            "proc/cpuinfo": "processor\t: 0\nCPU part\t: 0xd0b\n",
            "etc/os-release": "PRETTY_NAME=Debian\n",
        },
    )
    assert identify(root) == Computer("Raspberry Pi 5 Model B Rev 1.0", None, 1, "Debian")


def test_an_empty_file_system_is_an_unknown_machine(tmp_path: Path) -> None:
    machine = identify(tmp_path)
    assert machine == Computer(None, None, 0, None)
    assert machine.name == "an unknown machine"


def test_a_jetson_in_a_container_without_its_release_file(build: Build) -> None:
    tree = build("orin-nx")
    (tree.root / "etc/nv_tegra_release").unlink()
    machine = identify(tree.root)
    assert isinstance(machine, Jetson)
    assert (machine.module, machine.l4t, machine.jetpack) == ("Jetson Orin NX 16GB", None, None)


def test_an_unknown_module_is_told_by_its_number(build: Build) -> None:
    tree = build("orin-nx")
    (tree.root / "proc/device-tree/compatible").write_bytes(b"acme,p1111-0000+p9999-0001\0nvidia,tegra234\0")
    machine = identify(tree.root)
    assert isinstance(machine, Jetson)
    assert (machine.module, machine.part) == (None, "p9999-0001")


@pytest.mark.parametrize(
    ("l4t", "jetpack"),
    [("36.4.3", "6.2"), ("36.5", "6.2.2"), ("38.2.1", "7.0"), ("39.2.0", "7.2"), ("36.99.1", "6"), ("99.1.0", None)],
)
def test_jetpack_of_a_release(l4t: str, jetpack: str | None) -> None:
    assert jetpack_of(l4t) == jetpack


def test_who_has_a_gpu_of_nvidia(build: Build, tmp_path: Path) -> None:
    assert has_nvidia_gpu(build("orin-nx").root)
    assert not has_nvidia_gpu(_write(tmp_path / "pc", {"proc/cpuinfo": ""}))
    assert has_nvidia_gpu(_write(tmp_path / "card", {"proc/driver/nvidia/version": "NVRM version: 580.65.06\n"}))
