"""The installed command and the module, as a shell starts them."""

import subprocess
import sys
from pathlib import Path

import pytest

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
