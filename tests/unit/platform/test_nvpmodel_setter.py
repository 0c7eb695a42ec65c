"""Setting a mode, against a program that does what `nvpmodel` is known to do."""

from pathlib import Path

import psutil
import pytest

from agent.platform.nvpmodel import Access, ModeSetter, find_access, read_power_modes, tool_for
from agent.platform.nvpmodel.tool import run_program
from agent.units import Seconds
from tests.boards.nvpmodel import install_nvpmodel
from tests.waiting import wait_for


def _setter(root: Path, behaviour: str = "well", *, allowed: bool = True, timeout: float = 20.0) -> ModeSetter:
    program = install_nvpmodel(root, behaviour)

    async def tool(number: int) -> str:
        return await run_program(program, number, Seconds(timeout))

    return ModeSetter(tool, allowed=allowed, root=root)


def _calls(root: Path) -> list[str]:
    file = root / "calls"
    return file.read_text().split() if file.exists() else []


async def test_a_mode_is_set_by_name_and_read_back(tmp_path: Path) -> None:
    change = await _setter(tmp_path).set("MAXN_SUPER")
    assert change.problem is None
    assert change.mode is not None
    assert (change.mode.number, change.mode.name) == (2, "MAXN_SUPER")
    assert (tmp_path / "var/lib/nvpmodel/status").read_text() == "pmode:0002\n"


async def test_the_mode_that_is_set_already_is_not_asked_for(tmp_path: Path) -> None:
    change = await _setter(tmp_path, allowed=False).set("25W")
    assert change.problem is None
    assert _calls(tmp_path) == []


async def test_not_unless_the_configuration_allows_it(tmp_path: Path) -> None:
    change = await _setter(tmp_path, allowed=False).set("15W")
    assert change.problem == "power.nvpmodel is keep: the mode is not for the agent to set"
    assert _calls(tmp_path) == []


async def test_never_one_that_takes_a_reboot(tmp_path: Path) -> None:
    change = await _setter(tmp_path).set("7W")
    assert change.problem == "7W takes a reboot, which is not for the agent to decide: sudo nvpmodel -m 5"
    assert change.mode is not None
    assert change.mode.name == "25W"
    assert _calls(tmp_path) == []


async def test_a_question_that_was_not_foreseen_is_answered_with_no(tmp_path: Path) -> None:
    change = await _setter(tmp_path, "asks").set("15W")
    assert change.problem == "nvpmodel wants to reboot for 15W, and was told no"
    assert not (tmp_path / "rebooted").exists()
    assert not (tmp_path / "hung").exists()


async def test_a_mode_that_is_silently_kept_is_told(tmp_path: Path) -> None:
    change = await _setter(tmp_path, "silent").set("15W")
    assert change.problem == "nvpmodel kept the old mode, and said nothing"
    assert change.mode is not None
    assert change.mode.name == "25W"


async def test_what_the_program_complains_of_is_told(tmp_path: Path) -> None:
    change = await _setter(tmp_path, "fails").set("15W")
    assert change.problem == "nvpmodel kept the old mode: NVPM ERROR: failed to write PARAM GPU: ARG MAX_FREQ"


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    change = await _setter(tmp_path, "hangs", timeout=2.0).set("15W")
    assert change.problem == "nvpmodel did not end, and was killed"
    hung = [int(pid) for pid in (tmp_path / "hung").read_text().split()]
    assert len(hung) == 2
    wait_for(lambda: not any(map(_runs, hung)), 10, "end of what hung")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_name_that_the_board_does_not_have(tmp_path: Path) -> None:
    change = await _setter(tmp_path).set("40W")
    assert change.problem == "there is no mode 40W, only 15W, 25W, MAXN_SUPER, 7W"


async def test_a_current_mode_that_is_not_known(tmp_path: Path) -> None:
    setter = _setter(tmp_path)
    (tmp_path / "var/lib/nvpmodel/status").write_text("pmode:0042\n")
    change = await setter.set("15W")
    assert change.problem is not None
    assert change.problem.startswith("the mode that is set is not known (outside what is possible)")
    assert _calls(tmp_path) == []


async def test_a_program_that_cannot_be_run(tmp_path: Path) -> None:
    setter = _setter(tmp_path)
    (tmp_path / "usr/sbin/nvpmodel").unlink()
    assert (await setter.set("15W")).problem == "nvpmodel cannot be run: No such file or directory"


async def test_a_machine_without_modes(tmp_path: Path) -> None:
    assert (await ModeSetter(None, allowed=True, root=tmp_path).set("15W")).problem == "this machine has no nvpmodel"


async def test_a_user_who_may_not(tmp_path: Path) -> None:
    install_nvpmodel(tmp_path)
    change = await ModeSetter(None, allowed=True, root=tmp_path).set("15W")
    assert change.problem == "this user may not set modes: jetson-agent doctor says what it takes"


@pytest.mark.parametrize(("user", "access"), [(0, Access.ROOT), (1000, Access.NO_HELPER)])
async def test_who_may_run_the_program(
    user: int, access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert find_access(tmp_path) is Access.NO_PROGRAM
    install_nvpmodel(tmp_path)
    assert find_access(tmp_path) is access
    assert (tool_for(access, tmp_path) is None) == (access is Access.NO_HELPER)


def test_what_takes_a_reboot(tmp_path: Path) -> None:
    install_nvpmodel(tmp_path)
    modes = read_power_modes(tmp_path)
    assert modes is not None
    assert {mode.name: modes.needs_reboot(mode) for mode in modes.modes} == {
        "15W": False,
        "25W": False,
        "MAXN_SUPER": False,
        "7W": True,
    }
