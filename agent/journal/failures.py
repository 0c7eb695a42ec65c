"""What an error of SQLite or of the disk means to whoever runs into it."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.errors import AgentError, JournalDamagedError, StopError, StorageFullError

_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLite tells ENOSPC apart (SQLITE_FULL) but not EDQUOT and EFBIG; the transaction is rolled back in every case, and
# may succeed later.
_FULL: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
    }
)
_DAMAGED: Final = frozenset(
    {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
)
_DAMAGED_PRIMARY: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_STOP_PRIMARY: Final = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY}
)


@contextmanager
def os_errors(path: Path) -> Iterator[None]:
    """Raise what the operating system refuses as `StorageFullError` or `StopError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL_ERRNOS:
            raise StorageFullError(f"no room for the journal {path}: {error.strerror}") from error
        raise StopError(
            f"the journal {path} cannot be used: {error.strerror} ({error.filename}). "
            "The agent's user must be able to read and write state_dir and the files in it"
        ) from error


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Raise what SQLite reports as what a caller can do about it; what is a bug goes on as it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        meant = _meaning(error, path)
        if meant is None:
            raise
        raise meant from error


def _meaning(error: sqlite3.DatabaseError, path: Path) -> AgentError | None:
    """What a caller can do about it; None: it is a bug."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:  # the sqlite3 module's own: text in the file that is no UTF-8, or a misuse
        undecodable = isinstance(error, sqlite3.OperationalError)
        return JournalDamagedError(f"the journal {path} is damaged: {error}") if undecodable else None
    primary = code & 0xFF
    if code in _FULL:
        return StorageFullError(f"no room for this in the journal {path}: {error}")
    if code in _DAMAGED or primary in _DAMAGED_PRIMARY:
        return JournalDamagedError(f"the journal {path} is damaged: {error}")
    if primary in _STOP_PRIMARY:
        return StopError(f"the journal {path} cannot be used: {error}")
    return None
