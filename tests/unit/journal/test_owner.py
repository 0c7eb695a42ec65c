"""One agent owns a journal, and a journal that cannot be used says why."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.errors import StopError
from tests.unit.journal.values import Time, append, arrival, open_journal, prompt
from tests.waiting import first_line

_HOLD = """
import sys
from pathlib import Path
from tests.unit.journal.values import Time, append, arrival, open_journal, prompt
time = Time()
with open_journal(Path(sys.argv[1]), time) as journal:
    append(journal, [arrival(prompt("p", time))])
    print("open", flush=True)
    sys.stdin.read()
"""
_NOBODY = 65534


def test_a_second_agent_is_refused_until_the_first_is_killed(path: Path, time: Time) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first_line(first, 20) == "open\n"
        with pytest.raises(StopError, match="another agent is running with this state_dir"):
            open_journal(path, time)
        first.send_signal(signal.SIGKILL)
        first.wait()
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert [pending.id for pending in journal.recover()] == ["p"]


def test_a_second_journal_in_this_process_is_refused(path: Path, time: Time) -> None:
    with open_journal(path, time), pytest.raises(StopError, match="another agent"):
        open_journal(path, time)
    open_journal(path, time).close()


def test_a_failed_open_lets_go(path: Path, time: Time) -> None:
    path.mkdir()
    with pytest.raises(StopError, match="directory"):
        open_journal(path, time)
    path.rmdir()
    open_journal(path, time).close()


def test_the_folder_is_made(tmp_path: Path, time: Time) -> None:
    with open_journal(tmp_path / "var" / "lib" / "journal.db", time) as journal:
        assert append(journal, [arrival(prompt("p", time))])


def test_only_the_agent_s_user_reads_prompts(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("p", time))])
        assert {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {
            "journal.db": "0o600",
            "journal.db-wal": "0o600",
        }


@contextmanager
def _as_a_user_without_rights() -> Iterator[None]:
    """The superuser may do everything; whoever else runs the tests lacks rights where the mode takes them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mode", [0o000, 0o555])
def test_no_right_to_the_folder(tmp_path: Path, time: Time, mode: int) -> None:
    tmp_path.parent.chmod(0o755)
    folder = tmp_path / "state"
    folder.mkdir()
    tmp_path.chmod(0o755)
    folder.chmod(mode)
    try:
        with _as_a_user_without_rights(), pytest.raises(StopError, match=r"journal\.db cannot be used: Permission"):
            open_journal(folder / "journal.db", time)
    finally:
        folder.chmod(0o755)


def test_a_file_in_place_of_the_folder(tmp_path: Path, time: Time) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(StopError, match="cannot be used: File exists"):
        open_journal(tmp_path / "state" / "journal.db", time)


def test_every_commit_is_on_the_disk_when_it_returns(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        pragmas = {name: journal._database.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
