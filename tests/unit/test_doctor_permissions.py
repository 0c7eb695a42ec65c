"""What the doctor says of the GPU's device files, of setting power modes, and of a folder behind a closed one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import Config, Power
from agent.doctor.doctor import examine
from agent.doctor.engine import EngineLibrary
from agent.doctor.finding import Finding, Mark
from agent.doctor.permissions import find_device_files, judge_device_files, judge_managing
from agent.doctor.surroundings import examine_state_dir
from agent.platform.device_file import DeviceFile
from agent.platform.nvpmodel import Access, read_power_modes
from agent.platform.sensors import Nvml
from tests.boards.nvpmodel import install_nvpmodel


def _managing(root: Path, access: Access, *, managed: bool) -> Finding:
    install_nvpmodel(root)
    modes = read_power_modes(root)
    assert modes is not None
    return judge_managing(modes, access, "ann", managed=managed)


def test_managing_with_the_helper(tmp_path: Path) -> None:
    finding = _managing(tmp_path, Access.HELPER, managed=True)
    assert finding.mark is Mark.OK
    assert finding.found == ("The agent may set 15W, 25W, MAXN_SUPER; 7W takes a reboot, and is not for the agent.")


@pytest.mark.parametrize(
    ("access", "found", "advice"),
    [
        (Access.DENIED, "ann may not reach the helper", "sudo usermod -aG jetson-agent ann"),
        (Access.NO_HELPER, "only root may set modes", "enable --now jetson-agent-nvpmodel.socket"),
        (Access.NO_PROGRAM, "/usr/sbin/nvpmodel is not there", "mount /run/jetson-agent-nvpmodel.sock"),
    ],
)
def test_managing_without_what_it_takes(access: Access, found: str, advice: str, tmp_path: Path) -> None:
    finding = _managing(tmp_path, access, managed=True)
    assert finding.mark is Mark.WARN
    assert found in finding.found
    assert finding.advice is not None
    assert advice in finding.advice


@pytest.mark.parametrize("access", Access)
def test_not_managing_is_no_fault(access: Access, tmp_path: Path) -> None:
    finding = _managing(tmp_path, access, managed=False)
    assert (finding.mark, finding.advice) == (Mark.OK, None)
    assert "power.nvpmodel: manage" in finding.found


def test_a_mode_that_is_not_known_cannot_be_left(tmp_path: Path) -> None:
    install_nvpmodel(tmp_path, mode=42)
    modes = read_power_modes(tmp_path)
    assert modes is not None
    finding = judge_managing(modes, Access.ROOT, "ann", managed=True)
    assert finding.found == "The agent may set none while it is not known which one is set."


def test_managing_is_looked_at_when_it_is_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    install_nvpmodel(tmp_path)
    config = Config(power=Power(nvpmodel="manage"))
    findings = examine(
        lambda: config,
        root=tmp_path,
        nvml=lambda: Nvml("none"),
        engines=lambda: {"onnxruntime-genai": EngineLibrary("0", cuda=True)},
    )
    assert [(finding.area, finding.mark) for finding in findings][-1] == ("mode", Mark.WARN)


_NOBODY = 65_534


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that this user may not enter; root becomes another user meanwhile."""
    folder = tmp_path / "closed"
    (folder / "state").mkdir(parents=True)
    folder.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield folder
    finally:
        if is_root:
            os.setresuid(0, 0, 0)
        folder.chmod(0o700)


def test_a_state_folder_below_one_that_may_not_be_entered(closed: Path) -> None:
    finding = examine_state_dir(Config(state_dir=closed / "state"))
    assert finding.mark is Mark.PROBLEM
    assert f"may not make {closed / 'state'}" in finding.found


def test_device_files_of_a_group() -> None:
    files = [
        DeviceFile("/dev/nvmap", "video", allowed=False),
        DeviceFile("/dev/dri/renderD128", "render", allowed=False),
    ]
    [finding] = judge_device_files(files, "ann", is_jetson=True)
    assert (finding.mark, finding.found) == (
        Mark.WARN,
        "The GPU is not for this user: /dev/nvmap (group video), /dev/dri/renderD128 (group render).",
    )
    assert finding.advice is not None
    assert finding.advice.startswith("sudo usermod -aG render,video ann")


def test_device_files_that_are_not_there(tmp_path: Path) -> None:
    assert find_device_files(tmp_path) == []
    assert list(judge_device_files([], "ann", is_jetson=False)) == []
    [finding] = judge_device_files([], "ann", is_jetson=True)
    assert finding.mark is Mark.WARN


def test_device_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "dev/dri").mkdir(parents=True)
    for name in ("nvmap", "dri/renderD128", "dri/card0"):
        (tmp_path / "dev" / name).touch()
    assert [(file.path, file.allowed) for file in find_device_files(tmp_path)] == [
        ("/dev/nvmap", True),
        ("/dev/dri/renderD128", True),
    ]
