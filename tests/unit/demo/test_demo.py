"""What the demo says to type."""

from pathlib import Path

import pytest

from agent.demo.demo import _program


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; empty."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_the_command_is_the_installed_one_where_there_is_one(tmp_path: Path, path: Path) -> None:
    python = tmp_path / "python"
    assert _program(python) == f"{python} -m agent"
    beside = tmp_path / "jetson-agent"
    beside.touch()
    assert _program(python) == str(beside)
    (path / "jetson-agent").touch(0o755)
    assert _program(python) == "jetson-agent"
