"""What has been learnt of models outlives a start, and nothing that is in the file can hurt."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent.budget.memory import Geometry, Learnt
from agent.durable_file import write_durably
from agent.learnt import LearntModels
from agent.units import Bytes

MODEL = Geometry("m", 4096, 10, 2, 64, 384, 4096, 4, Bytes(12_000_000), Bytes(264_541))


def test_it_is_there_at_the_next_start(tmp_path: Path) -> None:
    models = LearntModels(tmp_path / "memory.json")
    assert models.of(MODEL) is None
    models.learn(MODEL, Learnt(Bytes(100), Bytes(5)))
    models.save()
    assert models.is_saved
    assert LearntModels(tmp_path / "memory.json").of(MODEL) == Learnt(Bytes(100), Bytes(5))


def test_other_files_are_another_model(tmp_path: Path) -> None:
    models = LearntModels(tmp_path / "memory.json")
    models.learn(MODEL, Learnt(Bytes(100), Bytes(0)))
    assert models.of(replace(MODEL, weights=Bytes(13_000_000))) is None


def test_a_small_change_is_not_worth_a_write(tmp_path: Path) -> None:
    models = LearntModels(tmp_path / "memory.json")
    models.learn(MODEL, Learnt(Bytes(1000), Bytes(0)))
    models.save()
    models.learn(MODEL, Learnt(Bytes(1005), Bytes(0)))
    assert models.is_saved
    assert models.of(MODEL) == Learnt(Bytes(1005), Bytes(0))
    models.learn(MODEL, Learnt(Bytes(1100), Bytes(0)))
    assert not models.is_saved


def test_the_longest_not_loaded_is_forgotten(tmp_path: Path) -> None:
    models = LearntModels(tmp_path / "memory.json")
    for number in range(33):
        models.learn(replace(MODEL, model=f"m{number}"), Learnt(Bytes(1), Bytes(0)))
    assert models.of(replace(MODEL, model="m0")) is None
    assert models.of(replace(MODEL, model="m32")) is not None


@pytest.mark.parametrize("content", [b"", b"[]", b'{"m:1": {"loaded": "many"}}', b"\xff"])
def test_a_file_that_is_not_what_it_should_be(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "memory.json").write_bytes(content)
    assert LearntModels(tmp_path / "memory.json").of(MODEL) is None
    assert "learnt_not_read" in caplog.messages


def test_a_file_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    models = LearntModels(tmp_path / "none" / "memory.json")
    models.learn(MODEL, Learnt(Bytes(1), Bytes(0)))
    models.save()
    assert models.is_saved
    assert "learnt_not_saved" in caplog.messages


_KILLED = """
import os, signal, sys
from pathlib import Path
from agent.durable_file import write_durably
os.fsync = lambda _descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_durably(Path(sys.argv[1]), b"new")
"""


def test_what_a_write_that_was_killed_has_left_goes_with_the_next(tmp_path: Path) -> None:
    write_durably(tmp_path / "a", b"old")
    for _ in range(2):
        command = [sys.executable, "-c", _KILLED, str(tmp_path / "a")]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / "a").read_bytes() == b"old"
    write_durably(tmp_path / "a", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_durably(tmp_path / "a", b"old")

    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        write_durably(tmp_path / "a", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
