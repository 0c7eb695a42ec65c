"""Messages of which only the newest are worth sending: those of one kind and topic push each other out of the outbox.

Every function here runs inside a transaction of `Journal`.
"""

from typing import Final

from agent.journal.database import Database
from agent.prompt import OutMessage, PromptId

_ANSWER: Final = "answer"
"""The kind of the answers to a camera's prompts."""


def send_newest(database: Database, message: OutMessage, kind: str, most: int) -> int:
    """Put a message that is nobody's reply into the outbox; how many older ones gave up their place there.

    Args:
        database: Whose outbox.
        message: What to send.
        kind: What it has in common with those that it makes old.
        most: So many of its kind and topic may be there.
    """
    database.execute(
        "INSERT INTO outbox (topic, payload, kind) VALUES (?, ?, ?)", (message.topic, message.payload, kind)
    )
    return _keep_newest(database, message.topic, kind, most)


def keep_newest_answers(database: Database, prompt_id: PromptId, most: int) -> int:
    """Likewise of the answer to a camera's prompt, which is in the outbox already."""
    database.execute("UPDATE outbox SET kind = ? WHERE prompt = ?", (_ANSWER, prompt_id))
    topics = database.rows("SELECT DISTINCT topic FROM outbox WHERE prompt = ?", (prompt_id,))
    return sum(_keep_newest(database, topic, _ANSWER, most) for (topic,) in topics)


def _keep_newest(database: Database, topic: str, kind: str, most: int) -> int:
    return database.execute(
        """
        DELETE FROM outbox WHERE seq IN (
            SELECT seq FROM outbox WHERE topic = ? AND kind = ? ORDER BY seq DESC LIMIT -1 OFFSET ?)
        """,
        (topic, kind, most),
    ).rowcount
