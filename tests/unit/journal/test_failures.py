"""What a caller is told to do about an error of SQLite or of the disk."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from agent.errors import AgentError, JournalDamagedError, StopError, StorageFullError
from agent.journal.failures import os_errors, sqlite_errors

_PATH = Path("/state/journal.db")


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        (sqlite3.SQLITE_FULL, StorageFullError),
        (sqlite3.SQLITE_IOERR_WRITE, StorageFullError),
        (sqlite3.SQLITE_IOERR_FSYNC, StorageFullError),
        (sqlite3.SQLITE_CORRUPT, JournalDamagedError),
        (sqlite3.SQLITE_CORRUPT_INDEX, JournalDamagedError),
        (sqlite3.SQLITE_NOTADB, JournalDamagedError),
        (sqlite3.SQLITE_IOERR_READ, JournalDamagedError),
        (sqlite3.SQLITE_IOERR_LOCK, StopError),
        (sqlite3.SQLITE_READONLY_DBMOVED, StopError),
        (sqlite3.SQLITE_CANTOPEN, StopError),
        (sqlite3.SQLITE_BUSY, StopError),
    ],
)
def test_of_sqlite(code: int, meant: type[AgentError]) -> None:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    with pytest.raises(AgentError, match=r"/state/journal\.db.*as SQLite says it") as raised, sqlite_errors(_PATH):
        raise error
    assert type(raised.value) is meant


@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_MISUSE])
def test_a_bug_stays_a_bug(code: int) -> None:
    error = sqlite3.OperationalError("no such column")
    error.sqlite_errorcode = code
    with pytest.raises(sqlite3.OperationalError), sqlite_errors(_PATH):
        raise error


def test_misuse_of_the_module_stays_a_bug() -> None:
    with pytest.raises(sqlite3.ProgrammingError), sqlite_errors(_PATH):
        raise sqlite3.ProgrammingError("Cannot operate on a closed database.")


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        (errno.ENOSPC, StorageFullError),
        (errno.EDQUOT, StorageFullError),
        (errno.EFBIG, StorageFullError),
        (errno.EROFS, StopError),
        (errno.EACCES, StopError),
    ],
)
def test_of_the_disk(number: int, meant: type[AgentError]) -> None:
    with pytest.raises(AgentError, match=r"/state/journal\.db") as raised, os_errors(_PATH):
        raise OSError(number, os.strerror(number), "journal.db")
    assert type(raised.value) is meant
