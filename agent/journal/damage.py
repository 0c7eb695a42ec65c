"""A damaged journal: finding it, and putting it out of the way so that the agent starts."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.errors import JournalDamagedError
from agent.journal.stored import prompt_from_json
from agent.units import UnixSeconds

_KEPT: Final = 3
_PARTS: Final = ("", "-wal", "-shm")


def check_sound(connection: sqlite3.Connection) -> None:
    """Raise `JournalDamagedError` when SQLite finds the file inconsistent."""
    ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise JournalDamagedError(f"SQLite's quick_check says: {verdict}")


def check_readable(connection: sqlite3.Connection) -> None:
    """Raise `JournalDamagedError` when something cannot be read that has to be read later.

    Found later, it would stop the agent, and again at every start.
    """
    try:
        for _, stored in connection.execute("SELECT id, prompt FROM prompts WHERE state <> 'finished'"):
            prompt_from_json(stored)
    except ValueError as error:
        raise JournalDamagedError("a queued prompt in the journal is not readable") from error
    for table in ("reply_to", "outbox"):
        connection.execute(f"SELECT topic FROM {table}").fetchall()  # noqa: S608 - one of two tables


def set_aside(path: Path, wall: UnixSeconds) -> Path:
    """Rename a damaged file, and what belongs to it, for a person to look at. Only the newest few are kept."""
    stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    again = 1
    while aside.exists():
        again += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{again}")
    for part in _PARTS:
        if (there := path.with_name(path.name + part)).exists():
            there.rename(aside.with_name(aside.name + part))
    older = [file for file in path.parent.glob(f"{path.name}.damaged-*") if not file.name.endswith(_PARTS[1:])]
    older.sort(key=lambda file: (file.stat().st_ctime_ns, file.name))  # the change time is that of the rename
    for file in older[:-_KEPT]:
        for part in _PARTS:
            file.with_name(file.name + part).unlink(missing_ok=True)
    return aside
