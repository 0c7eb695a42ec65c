"""Migrations: each is applied once, whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.errors import StopError
from agent.journal.schema import MIGRATIONS, Migration, migrate
from agent.prompt import OutMessage, PromptId
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


ADDED = (
    "ALTER TABLE prompts ADD COLUMN shade TEXT",
    "ALTER TABLE commands ADD COLUMN weight INTEGER NOT NULL DEFAULT 3",
    "CREATE TABLE moons (name TEXT) STRICT",
    "UPDATE prompts SET shade = 'blue'",
    "UPDATE prompts SET prompt = CAST(json_insert(CAST(prompt AS TEXT), '$.mood', 'calm') AS BLOB)",
)
"""What a newer minor version may do."""


def test_an_older_agent_goes_on_with_what_a_newer_minor_version_wrote(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("p", time)), arrival(prompt("q", time))])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, [*MIGRATIONS, ADDED])
        assert _version(connection) == len(MIGRATIONS) + 1
    with open_journal(path, time) as journal:
        assert journal.damaged is None
        assert [pending.id for pending in journal.recover()] == ["p", "q"]
        claimed = journal.claim(PromptId("p"))
        assert claimed is not None
        assert claimed.prompt == prompt("p", time)
        journal.finish(PromptId("p"), b"reply")
        append(journal, [arrival(prompt("r", time))])
        message = OutMessage("R/command/c", b"accepted")
        assert journal.take_command("c", "digest", message, message)
        assert {item.message.payload for item in journal.outbox(limit=9)} == {b"reply", b"accepted"}
    with closing(sqlite3.connect(path)) as connection:  # and the newer agent goes on from there
        assert _version(connection) == len(MIGRATIONS) + 1
        assert connection.execute("SELECT shade FROM prompts ORDER BY seq").fetchall() == [
            ("blue",),
            ("blue",),
            (None,),
        ]
        assert connection.execute("SELECT weight FROM commands").fetchall() == [(3,)]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_every_older_minor_version_is_taken_over(path: Path, time: Time, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, MIGRATIONS[:version])
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("p", time))])
        assert journal.damaged is None
    with closing(sqlite3.connect(path)) as connection:
        assert _version(connection) == len(MIGRATIONS)


@pytest.mark.parametrize("step", MIGRATIONS[1:])
def test_a_migration_only_adds(step: Migration) -> None:
    assert all(statement.split()[0] in ("CREATE", "ALTER") for statement in step)
    assert all(" ADD COLUMN " in statement for statement in step if statement.startswith("ALTER"))


def test_another_major_version_is_left_alone(path: Path, time: Time) -> None:
    with open_journal(path, time) as journal:
        append(journal, [arrival(prompt("p", time))])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1001")
    with pytest.raises(StopError, match="newer agent"):
        open_journal(path, time)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM prompts").fetchone() == (1,)
