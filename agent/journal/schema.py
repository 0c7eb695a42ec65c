"""The tables, as numbered migrations.

A file's form has a major and a minor version. Agents of one major version share a file, whichever of them is older: an
update that is rolled back finds its prompts. So a migration within a major version only adds: a table, an index, or a
column that is NULL or has a default, which an agent that does not know it neither names nor misses; stored JSON gains
only fields with defaults. What would change or take away begins another major version:
docs/adr/0042-how-the-agent-is-replaced-under-its-prompts.md
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from agent.errors import StopError

Migration = tuple[str, ...]

MAJOR: Final = 1
"""Of the form that this agent reads and writes; a release names it (`Requirements.journal`)."""

_MINORS: Final = 1000
"""`PRAGMA user_version` is the minor version, the count of its migrations, plus so much for each major one after 1."""

# The forms of major version `MAJOR`, one after the other. One that has been released is never changed.
#
# prompts: one row for each message that was taken. `prompt` goes when the row is finished, `reply` comes. `received`
# and `finished` are on the boot clock of the boot `boot_id`. `model`: whom the prompt asks for. `observed`: what a
# camera saw that asks, NULL for all other prompts. Small columns first: SQLite reads a row from its start.
#
# reply_to: where the reply of the prompt with the id `prompt` goes, newest last. The rows go when it has finished.
#
# outbox: AUTOINCREMENT, so that a `seq` is one message's for ever: whoever still remembers one that is gone must not
# take a later message for it. `prompt` is the id of the prompt that is answered; NULL for an event, and for what is
# told to a sender of whom nothing is stored. The row is complete in itself: it outlives its prompt's row. `kind`: only
# the newest of this kind and topic are kept; NULL: it is kept until it is sent.
#
# commands: the last ones, each with its last answer. `outlives`: what the next process makes of one that is not over.
MIGRATIONS: Final[tuple[Migration, ...]] = (
    (
        """
        CREATE TABLE prompts (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            key TEXT UNIQUE,
            digest TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
            priority INTEGER NOT NULL,
            claims INTEGER NOT NULL DEFAULT 0,
            engine_losses INTEGER NOT NULL DEFAULT 0,
            boot_id TEXT NOT NULL,
            received REAL NOT NULL,
            received_wall REAL NOT NULL,
            timeout REAL,
            finished REAL,
            finished_wall REAL,
            retryable INTEGER NOT NULL DEFAULT 0,
            prompt BLOB,
            reply BLOB,
            CHECK ((state = 'finished') = (prompt IS NULL)),
            CHECK ((state = 'finished') = (reply IS NOT NULL))
        ) STRICT
        """,
        "CREATE INDEX prompts_state ON prompts (state)",
        "CREATE INDEX prompts_finished ON prompts (boot_id, finished, finished_wall) WHERE state = 'finished'",
        """
        CREATE TABLE reply_to (
            seq INTEGER PRIMARY KEY,
            prompt TEXT NOT NULL,
            topic TEXT NOT NULL,
            correlation BLOB
        ) STRICT
        """,
        "CREATE INDEX reply_to_prompt ON reply_to (prompt)",
        """
        CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            prompt TEXT,
            topic TEXT NOT NULL,
            correlation BLOB,
            payload BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX outbox_prompt ON outbox (prompt)",
        """
        CREATE VIEW forgettable AS SELECT seq, boot_id, finished, finished_wall FROM prompts
        WHERE state = 'finished' AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.prompt = prompts.id)
        """,
    ),
    (
        """
        CREATE TABLE commands (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            digest TEXT NOT NULL,
            is_over INTEGER NOT NULL,
            answer BLOB NOT NULL
        ) STRICT
        """,
    ),
    ("ALTER TABLE prompts ADD COLUMN model TEXT",),
    ("ALTER TABLE prompts ADD COLUMN observed TEXT",),
    (
        "ALTER TABLE outbox ADD COLUMN kind TEXT",
        "CREATE INDEX outbox_kind ON outbox (topic, kind) WHERE kind IS NOT NULL",
    ),
    ("ALTER TABLE commands ADD COLUMN outlives TEXT",),
)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the file to the newest minor version, each step whole or not at all. A newer one is left as it is.

    Raises:
        StopError: An agent of another major version has written the file.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    majors, minor = divmod(version, _MINORS)
    if majors != MAJOR - 1:
        raise StopError(
            f"the journal has form {majors + 1}.{minor}, this agent knows {MAJOR}.{len(migrations)}: a newer agent has "
            "used it. Install that version again, or move the journal away to start with an empty one"
        )
    for number, statements in enumerate(migrations[minor:], start=minor + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {(MAJOR - 1) * _MINORS + number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
