"""The installed command and the module, as a shell starts them."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from agent.config_file.summary import source_of

COMMANDS = ([str(Path(sys.executable).with_name("jetson-agent"))], [sys.executable, "-m", "agent"])


def _run(command: list[str], *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *arguments], check=False, capture_output=True, text=True, timeout=30, stdin=stdin)


@pytest.mark.parametrize("command", COMMANDS, ids=["command", "module"])
def test_starts_both_ways(command: list[str]) -> None:
    result = _run(command, "version")
    assert result.returncode == 0
    assert result.stdout.startswith("jetson-agent ")


@pytest.mark.parametrize("name", ["run", "check-config", "ask"])
def test_a_wrong_configuration_exits_78_with_every_error_and_no_traceback(tmp_path: Path, name: str) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text("nope: 1\nbroker: {port: x}\nbroker: {}\n")
    result = _run(COMMANDS[1], name, *(["?"] if name == "ask" else []), "-c", str(file))
    assert result.returncode == 78
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [f"{file}:{n}" for n in (1, 2, 3)]
    assert result.stdout == ""


def test_a_file_that_is_not_there_exits_78(tmp_path: Path) -> None:
    result = _run(COMMANDS[1], "run", "--config", str(tmp_path / "none.yaml"))
    assert result.returncode == 78
    assert result.stderr == f"{tmp_path}/none.yaml: cannot be read: No such file or directory\n"


def test_run_says_at_start_which_configuration_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JETSON_AGENT__STATE_DIR", __file__)  # a file: it ends where it would make its journal
    file = tmp_path / "agent.yaml"
    file.touch()
    for arguments, told in ((), source_of(None)), (("-c", str(file)), str(file)):
        result = _run(COMMANDS[1], "run", *arguments)
        assert result.returncode == 1
        starting, _ = result.stderr.splitlines()
        assert told in starting


_INTERRUPTS_ITSELF = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests run in the background
signal.raise_signal(signal.SIGINT)
"""


def _target() -> list[str]:
    """What the installed command calls."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    module, function = project["scripts"]["jetson-agent"].split(":")
    return [sys.executable, "-c", f"from {module} import {function}; {function}()"]


@pytest.mark.parametrize("command", [_target(), COMMANDS[1]], ids=["command", "module"])
def test_control_c_amid_the_imports_exits_130_with_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "typer.py").write_text(_INTERRUPTS_ITSELF)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))))
    result = _run(command, "version")
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")
