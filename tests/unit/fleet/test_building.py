"""What this device is, and what its files say."""

import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from agent.errors import ConfigError
from agent.fleet.building import build_updater, lock_of, this_device
from agent.journal.schema import MAJOR


@pytest.mark.parametrize(("said", "version"), [("2", 2), (None, 0), ("", 0), ("x", 0)])
def test_the_launcher_says_its_version(monkeypatch: pytest.MonkeyPatch, said: str | None, version: int) -> None:
    monkeypatch.delenv("JETSON_AGENT_LAUNCHER", raising=False)
    if said is not None:
        monkeypatch.setenv("JETSON_AGENT_LAUNCHER", said)
    device = this_device("orin-7")
    assert (device.id, device.launcher, device.journal) == ("orin-7", version, MAJOR)
    assert device.architecture == os.uname().machine
    assert device.board


def test_a_folder_that_the_launcher_does_not_look_in_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JETSON_AGENT_FLEET", str(tmp_path / "launcher" / "fleet"))
    config, fleet, around = Mock(state_dir=tmp_path / "mine"), Mock(), Mock()
    with pytest.raises(ConfigError, match="JETSON_AGENT__STATE_DIR"):
        build_updater(config, fleet, around)


def test_a_sites_lock(tmp_path: Path) -> None:
    file = tmp_path / "updates.lock"
    lock = lock_of(file)
    assert lock() is None
    file.touch()
    assert lock() == ""
    file.write_text("the line runs until Friday\nask Hall 5\n")
    assert lock() == "the line runs until Friday"
    file.write_bytes(b"\xff" * 10_000)
    assert len(lock() or "") == 200
    file.unlink()
    file.mkdir()
    assert lock() == "", "what cannot be read is a lock all the same"
