"""Migrations: each is applied once, whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import StopError
from agent.journal.schema import MIGRATIONS, migrate
from tests.unit.journal.values import Time, append, arrival, open_journal, prompt


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        yield opened


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_a_new_file_gets_every_migration(connection: sqlite3.Connection) -> None:
    migrate(connection)
    assert _version(connection) == len(MIGRATIONS)
    assert {"prompts", "outbox"} <= _tables(connection)
    migrate(connection)
    assert _version(connection) == len(MIGRATIONS)


def test_only_what_is_missing_is_applied(connection: sqlite3.Connection) -> None:
    first = ("CREATE TABLE one (x)",)
    migrate(connection, [first])
    migrate(connection, [first, ("CREATE TABLE two (x)", "INSERT INTO two VALUES (1)")])
    assert _version(connection) == 2
    assert _tables(connection) == {"one", "two"}


def test_a_migration_that_fails_leaves_nothing(connection: sqlite3.Connection) -> None:
    steps = [("CREATE TABLE one (x)",), ("CREATE TABLE two (x)", "CREATE TABLE one (x)")]
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, steps)
    assert _version(connection) == 1
    assert _tables(connection) == {"one"}
    migrate(connection, [steps[0], ("CREATE TABLE two (x)",)])
    assert _version(connection) == 2


def test_a_newer_journal_is_left_alone(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("p", time))])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StopError, match="newer agent"):
        open_journal(path, time)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM prompts").fetchone() == (1,)
