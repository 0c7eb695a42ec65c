"""Commands and their answers, stored. Every function that writes runs inside a transaction of `Journal`."""

from typing import Final

from agent.journal.database import Database
from agent.journal.outbox import send
from agent.prompt import OutMessage

_KEPT: Final = 256
"""So many commands are remembered; then the oldest that are over are forgotten."""


def known(database: Database, command_id: str) -> tuple[str, bytes] | None:
    """The digest and the newest answer of the command with this id, over or not; None: there is none."""
    rows = database.rows("SELECT digest, answer FROM commands WHERE id = ?", (command_id,))
    return next(((digest, answer) for digest, answer in rows), None)


def take(  # noqa: PLR0913 - a row, and what is answered
    database: Database, command_id: str, digest: str, accepted: OutMessage, taken: OutMessage, *, outlives: str | None
) -> bool:
    """Store a new command; answer one that came before. Whether it is new."""
    before = known(database, command_id)
    if before is not None:
        known_digest, answer = before
        send(database, OutMessage(accepted.topic, answer) if known_digest == digest else taken)
        return False
    database.execute(
        """
        DELETE FROM commands WHERE is_over AND seq <= (
            SELECT seq FROM commands ORDER BY seq DESC LIMIT 1 OFFSET ?)
        """,
        (_KEPT - 1,),
    )
    database.execute(
        "INSERT INTO commands (id, digest, is_over, answer, outlives) VALUES (?, ?, FALSE, ?, ?)",
        (command_id, digest, accepted.payload, outlives),
    )
    send(database, accepted)
    return True


def answer(database: Database, command_id: str, message: OutMessage, *, is_last: bool) -> None:
    """Store and send an answer."""
    database.execute("UPDATE commands SET answer = ?, is_over = ? WHERE id = ?", (message.payload, is_last, command_id))
    send(database, message)


def unfinished(database: Database) -> list[tuple[str, str | None]]:
    """Those that are not over, oldest first: their ids, and what the next process makes of them."""
    return [
        (command_id, outlives)
        for command_id, outlives in database.rows("SELECT id, outlives FROM commands WHERE NOT is_over ORDER BY seq")
    ]
