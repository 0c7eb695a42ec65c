"""The journal's SQLite file: opening it, owning it alone, its size, its damage, its errors.

Owns the connection and a lock on the folder. What a transaction has committed is on the disk (`synchronous=FULL`).
"""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from agent.errors import ConfigError, JournalDamagedError, StopError
from agent.journal.damage import check_readable, check_sound, set_aside
from agent.journal.failures import os_errors, sqlite_errors
from agent.journal.schema import migrate
from agent.units import Bytes, UnixSeconds

_log = logging.getLogger(__name__)

_PAGE: Final = 4096
_MIN_SIZE: Final = Bytes(1024 * 1024)
LEAST_ROOM: Final = Bytes(128 * 1024)
"""What a new journal takes on the disk until it is open: its schema, most of it in the write-ahead log."""

# Of `max_size`, three quarters are the database file's. The rest is the write-ahead log's: up to a sixteenth before a
# commit moves it into the file, and one transaction (`Database.max_transaction`).
_FILE_SHARE: Final = 3 / 4
_LOG_SHARE: Final = 1 / 16
_TRANSACTION_SHARE: Final = 1 / 8
_MAX_LOG_PAGES: Final = 1000

# Only before there is anything in the file: later, to say it again is a write, which a damaged file is to be spared.
_OF_A_NEW_FILE: Final = (f"page_size = {_PAGE}", "auto_vacuum = INCREMENTAL")


class Database:
    """One open SQLite file that no other process uses. Belongs to the thread that opened it.

    Args:
        path: The file.
        max_size: The most bytes of file and write-ahead log together.
        wall: The time that a damaged file's new name shows.

    Attributes:
        damaged: Where a damaged file was set aside while opening; None: it was sound.
        max_transaction: The most bytes that one transaction may write for `max_size` to hold.

    Raises:
        StopError: The file cannot be used, or another process uses it.
        StorageFullError: The disk has no room for it.
    """

    def __init__(self, path: Path, *, max_size: Bytes, wall: UnixSeconds) -> None:
        if max_size < _MIN_SIZE:
            raise ConfigError(f"journal.max_size is {max_size} bytes; it must be at least {_MIN_SIZE}")
        self.damaged: Path | None = None
        self.max_transaction = Bytes(int(max_size * _TRANSACTION_SHARE))
        self._path = path
        self._max_pages = int(max_size * _FILE_SHARE) // _PAGE
        self._log_pages = min(_MAX_LOG_PAGES, int(max_size * _LOG_SHARE) // _PAGE)
        with ExitStack() as opened, os_errors(path):
            opened.callback(os.close, _lock_folder(path.parent))
            try:
                self._connection = self._connect()
            except JournalDamagedError as damage:
                self.damaged = set_aside(path, wall)
                _log.error("journal_damaged", extra={"set_aside": str(self.damaged), "reason": str(damage)})
                self._connection = self._connect()
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Move the write-ahead log into the file and let go of both."""
        with self._opened:
            self._connection.close()

    def execute(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> sqlite3.Cursor:
        """One statement. Its effect is durable at once, or with the `transaction` that is open."""
        with sqlite_errors(self._path):
            return self._connection.execute(sql, values)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """One statement for each row."""
        with sqlite_errors(self._path):
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        """All rows of a query."""
        with sqlite_errors(self._path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside become durable together at its end, or none does."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # some errors have made SQLite roll back by itself
                self.execute("ROLLBACK")
            raise

    def filled(self, more: int = 0) -> float:
        """The share of the file's limit that is in use, with `more` bytes. Above 1 they do not fit."""
        return (self._pragma("page_count") - self._pragma("freelist_count") + more / _PAGE) / self._max_pages

    def shrink(self) -> None:
        """Give unused space back to the disk, when it is worth the writes: a quarter of the file."""
        unused = self._pragma("freelist_count")
        if unused * 4 <= self._pragma("page_count"):
            return
        for _ in range(0, unused, self._log_pages):  # in steps, each a transaction: the write-ahead log stays small
            with sqlite_errors(self._path):
                # `execute` would stop after the first page: this statement gives rows without columns.
                self._connection.executescript(f"PRAGMA incremental_vacuum({self._log_pages})")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        self.rows(f"PRAGMA max_page_count = {self._max_pages}")  # did not hold if the file was larger at opening

    def size(self) -> Bytes:
        """Bytes on the disk, write-ahead log included."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return Bytes(sum(file.stat().st_size for file in files if file.exists()))

    def _pragma(self, name: str) -> int:
        ((value,),) = self.rows(f"PRAGMA {name}")
        return int(value)

    def _connect(self) -> sqlite3.Connection:
        # Made here and not by SQLite: prompts are private, and the operating system's error says more.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with sqlite_errors(self._path), ExitStack() as opened:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=0)
            opened.callback(connection.close)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # no shared memory, and nobody holds the log back
            ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
            for pragma in (
                *(_OF_A_NEW_FILE if not pages else ()),
                "journal_mode = WAL",
                "synchronous = FULL",
                "secure_delete = FAST",  # Debian's default writes zeros over what is deleted: wear
                f"wal_autocheckpoint = {self._log_pages}",
                f"journal_size_limit = {self._log_pages * _PAGE}",
                f"max_page_count = {self._max_pages}",
            ):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            check_sound(connection)
            migrate(connection)
            check_readable(connection)
            opened.pop_all()
            return connection


def _lock_folder(folder: Path) -> int:
    """The folder's lock, which ends with this process however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StopError(
            f"another agent is running with this state_dir ({folder}): stop it, or give this one its own"
        ) from None
    return descriptor
