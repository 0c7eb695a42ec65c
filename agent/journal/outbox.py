"""What is to be sent: the rows of the outbox.

Every function here that writes runs inside a transaction of `Journal`.
"""

import json
from collections.abc import Collection, Sequence

from agent.journal.database import Database
from agent.journal.identity import PACKET
from agent.journal.records import OutboxItem
from agent.prompt import OutMessage, PromptId, ReplyTo


def send(database: Database, message: OutMessage) -> None:
    """Put a message that is nobody's stored reply into the outbox."""
    database.execute(
        "INSERT INTO outbox (topic, correlation, payload) VALUES (?, ?, ?)",
        (message.topic, message.correlation, message.payload),
    )


def send_again(database: Database, prompt_id: PromptId, reply_to: ReplyTo) -> None:
    """Put the stored reply of a finished prompt into the outbox."""
    database.execute(
        """
        INSERT INTO outbox (prompt, topic, correlation, payload)
        SELECT id, ?, ?, reply FROM prompts WHERE id = ?
        """,
        (reply_to.topic, reply_to.correlation, prompt_id),
    )


def send_where_expected(database: Database, prompt_id: PromptId, reply: bytes) -> None:
    """Put the reply of a prompt that has just finished into the outbox, once for each place that asked for it."""
    database.execute(
        """
        INSERT INTO outbox (prompt, topic, correlation, payload)
        SELECT prompt, topic, correlation, ? FROM reply_to WHERE prompt = ? ORDER BY seq
        """,
        (reply, prompt_id),
    )
    database.execute("DELETE FROM reply_to WHERE prompt = ?", (prompt_id,))


def first(database: Database, limit: int, without: Collection[int]) -> list[OutboxItem]:
    """The first `limit` messages, oldest first, leaving out those whose `seq` is in `without`."""
    return [
        OutboxItem(seq, OutMessage(topic, payload, correlation=correlation))
        for seq, topic, payload, correlation in database.rows(
            """
            SELECT seq, topic, payload, correlation FROM outbox
            WHERE seq NOT IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?
            """,
            (json.dumps(list(without)), limit),
        )
    ]


def remove(database: Database, sent: Sequence[int]) -> None:
    """Take out what the broker has."""
    _forget_packet_ids(database, sent)
    database.execute_many("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in sent])


def count(database: Database) -> int:
    """How many messages wait."""
    ((waiting,),) = database.rows("SELECT count(*) FROM outbox")
    return int(waiting)


def _forget_packet_ids(database: Database, sent: Sequence[int]) -> None:
    """Forget the packet ids of the prompts that these rows of the outbox answer.

    The broker has acknowledged the rows, so it has read the acknowledgement of the prompts before, and gives their
    packet ids to other messages. One of these may ask the same.
    """
    database.execute_many(
        f"""
        UPDATE prompts SET key = NULL
        WHERE key GLOB '{PACKET}*' AND id = (SELECT prompt FROM outbox WHERE seq = ?)
        """,  # noqa: S608 - a constant
        [(seq,) for seq in sent],
    )
