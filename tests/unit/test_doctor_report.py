"""How the doctor's findings look, and its exit code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import cli
from agent.demo.broker import PrivateBroker, free_port
from agent.doctor.finding import Finding, Mark
from agent.doctor.report import Report, as_json, has_problem

FINDINGS = [
    Finding("machine", Mark.OK, "A [bold]machine[/] with a name from outside: \x1b[2J."),
    Finding("power", Mark.WARN, "word " * 30, "Type: " + "x" * 90),
    Finding("power", Mark.OK, "one line\nanother line"),
    Finding("broker", Mark.PROBLEM, "None."),
]


def test_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    with report.waiting():
        report.show(FINDINGS)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    lines = printed.splitlines()
    assert lines[0] == "ok       machine  A [bold]machine[/] with a name from outside: [2J."
    assert lines[1].startswith("warn     power    word word")
    assert lines[5:9] == [
        "                     " + "x" * 90,
        "ok                one line",
        "                  another line",
        "problem  broker   None.",
    ]
    assert all(len(line) <= 80 or "xxx" in line for line in lines)
    assert not any(line.endswith(" ") for line in lines)
    assert lines[-1] == "1 problem and 1 warning."


def test_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    Report().show([FINDINGS[0]])
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing to complain about."
    Report().show([FINDINGS[1], FINDINGS[1]])
    assert capsys.readouterr().out.splitlines()[-1] == "2 warnings."


def test_for_programs() -> None:
    content = json.loads(as_json(FINDINGS))
    assert content["ok"] is False
    assert content["findings"][3] == {"area": "broker", "mark": "problem", "found": "None.", "advice": None}
    assert not has_problem(FINDINGS[:3])


def _config(folder: Path, port: int) -> str:
    (folder / "agent.yaml").write_text(f"state_dir: {folder}\nbroker: {{host: 127.0.0.1, port: {port}}}\n")
    return str(folder / "agent.yaml")


def test_the_command_exits_0_when_nothing_is_a_problem(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker:
        result = CliRunner().invoke(cli, ["doctor", "--json", "-c", _config(tmp_path, broker.port)])
    assert result.exit_code == 0, result.stdout
    assert json.loads(result.stdout)["ok"] is True


def test_the_command_exits_1_when_something_is(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor", "-c", _config(tmp_path, free_port())])
    assert result.exit_code == 1
    assert "problem  broker" in result.stdout


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor", "-c", str(tmp_path / "none.yaml")])
    assert result.exit_code == 1
    assert "problem  config" in result.stdout
