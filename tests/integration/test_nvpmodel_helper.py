"""The helper that runs as root: systemd's own socket activation, the script that ships, and the agent's side of it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.platform.nvpmodel import Access, ModeSetter, find_access, tool_for
from tests.boards.nvpmodel import install_nvpmodel
from tests.waiting import wait_for

UNITS = Path(__file__).parents[2] / "systemd"
SCRIPT = UNITS / "jetson-agent-nvpmodel"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-socket-activate") is None, reason="systemd-socket-activate is not installed"
)

Serve = Callable[[str], Path]


def _run(root: Path, asked: bytes) -> str:
    environ = {"PATH": os.defpath, "NVPMODEL": str(root / "usr/sbin/nvpmodel")}
    return subprocess.run([SCRIPT], input=asked, env=environ, capture_output=True, check=False).stdout.decode()


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"\n",
        b"-1\n",
        b"2; reboot\n",
        b"$(reboot)\n",
        b"99999\n",
        b" 2\n",
        b"MAXN_SUPER\n",
        b"--force\n",
        b"\xff\0",
    ],
)
def test_only_a_number_gets_through(tmp_path: Path, asked: bytes) -> None:
    install_nvpmodel(tmp_path)
    assert _run(tmp_path, asked) == "refused: not the number of a mode\n"
    assert not (tmp_path / "calls").exists()


def test_the_question_is_answered_with_no(tmp_path: Path) -> None:
    install_nvpmodel(tmp_path)
    assert "DO YOU WANT TO REBOOT NOW" in _run(tmp_path, b"5\n")
    assert not (tmp_path / "rebooted").exists()
    assert (tmp_path / "var/lib/nvpmodel/status").read_text() == "pmode:0001\n"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Has systemd listen for the script, as its socket unit would; gives the root folder."""
    with ExitStack() as stack:

        def start(behaviour: str) -> Path:
            program = install_nvpmodel(tmp_path, behaviour)
            (tmp_path / "run").mkdir()
            path = tmp_path / "run/jetson-agent-nvpmodel.sock"
            command = ["systemd-socket-activate", "--accept", "--inetd", "-l", str(path), "-E", f"NVPMODEL={program}"]
            listening = stack.enter_context(subprocess.Popen([*command, str(SCRIPT)], stderr=subprocess.DEVNULL))
            stack.callback(listening.kill)
            wait_for(path.exists, 10, "socket")
            return tmp_path

        yield start


@needs_systemd
async def test_a_mode_is_set_through_the_socket(serve: Serve) -> None:
    root = serve("well")
    access = find_access(root)
    assert access is Access.HELPER
    setter = ModeSetter(tool_for(access, root), allowed=True, root=root)
    for name in ("15W", "MAXN_SUPER"):
        change = await setter.set(name)
        assert (change.problem, change.mode and change.mode.name) == (None, name)


@needs_systemd
async def test_what_the_program_says_comes_back(serve: Serve) -> None:
    root = serve("fails")
    change = await ModeSetter(tool_for(Access.HELPER, root), allowed=True, root=root).set("15W")
    assert change.problem == "nvpmodel kept the old mode: NVPM ERROR: failed to write PARAM GPU: ARG MAX_FREQ"


async def test_a_helper_that_does_not_listen(tmp_path: Path) -> None:
    install_nvpmodel(tmp_path)
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "run/jetson-agent-nvpmodel.sock"))
    change = await ModeSetter(tool_for(Access.HELPER, tmp_path), allowed=True, root=tmp_path).set("15W")
    assert change.problem == "nvpmodel cannot be run: Connection refused"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_units_are_right(tmp_path: Path) -> None:
    for unit in ("jetson-agent-nvpmodel.socket", "jetson-agent-nvpmodel@.service"):
        text = (UNITS / unit).read_text().replace("/usr/libexec/jetson-agent-nvpmodel", str(SCRIPT))
        (tmp_path / unit).write_text(text)
    verified = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(tmp_path) not in verified.stderr, verified.stderr
    assert verified.returncode == 0, verified.stderr
