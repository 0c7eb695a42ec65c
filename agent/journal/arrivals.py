"""What becomes of one received message: it is new, it is waiting already, or it has its answer.

Every function here runs inside the transaction of `Journal.append`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from agent.clock import Clock
from agent.journal.database import Database
from agent.journal.records import Arrival, Refusal
from agent.journal.stored import at, prompt_to_json
from agent.prompt import Pending, Prompt, PromptId, ReplyTo

_REUSED: Final = "packet:"
"""Keys that begin so hold an MQTT packet id: only with DUP does the same id mean the same message."""
_ROW: Final = 512
"""Bytes of a row beside its content, indexes included."""


def stored_size(arrival: Arrival) -> int:
    """About how many bytes a new row and its reply take, at most."""
    content = arrival.content
    if isinstance(content, Prompt):
        return len(prompt_to_json(content)) + _ROW
    return 2 * (len(content.reply.payload) + _ROW)


def take(database: Database, clock: Clock, arrival: Arrival) -> Pending | None:
    """Store a message; the prompt in it, if it is to run."""
    known = _known(database, arrival)
    if known is None:
        return _insert(database, clock, arrival)
    prompt_id, state, retryable = known
    if state == "finished" and retryable and not arrival.redelivered:
        database.execute("DELETE FROM prompts WHERE id = ?", (prompt_id,))
        return _insert(database, clock, arrival)
    reply_to = _reply_to(arrival, prompt_id)
    database.execute(
        "UPDATE prompts SET topic = ?, correlation = ? WHERE id = ?", (reply_to.topic, reply_to.correlation, prompt_id)
    )
    if state == "finished":
        send_reply(database, prompt_id)
    return None


def send_reply(database: Database, prompt_id: PromptId) -> None:
    """Put the stored reply of a finished prompt into the outbox, to where its newest message asked for it."""
    database.execute(
        """
        INSERT INTO outbox (prompt, topic, correlation, payload)
        SELECT id, topic, correlation, reply FROM prompts WHERE id = ?
        """,
        (prompt_id,),
    )


def forget_packet_ids(database: Database, sent: Sequence[int]) -> None:
    """Forget the packet ids of the prompts that these rows of the outbox answer.

    The broker has acknowledged the rows, so it has read the acknowledgement of the prompts before, and gives their
    packet ids to other messages. One of these may ask the same.
    """
    database.execute_many(
        f"""
        UPDATE prompts SET key = NULL
        WHERE key GLOB '{_REUSED}*' AND id = (SELECT prompt FROM outbox WHERE seq = ?)
        """,  # noqa: S608 - a constant of this file
        [(seq,) for seq in sent],
    )


def _known(database: Database, arrival: Arrival) -> tuple[PromptId, str, bool] | None:
    """The row of the same message: its id, its state, and whether it was refused for now only."""
    if arrival.key is not None and arrival.key.startswith(_REUSED) and not arrival.redelivered:
        # Another message had this packet id before. The broker has its acknowledgement, so it will not come again.
        database.execute("UPDATE prompts SET key = NULL WHERE key = ?", (arrival.key,))
    for sql, value in (
        ("SELECT id, state, retryable FROM prompts WHERE id = ?", arrival.id),
        ("SELECT id, state, retryable FROM prompts WHERE key = ?", arrival.key),
    ):
        for prompt_id, state, retryable in database.rows(sql, (value,)):
            return PromptId(prompt_id), state, bool(retryable)
    return None


def _reply_to(arrival: Arrival, prompt_id: PromptId) -> ReplyTo:
    """Where the reply goes now.

    A message without id and Response Topic is answered on a topic that ends with the id made for it. When the message
    comes again, another id is made; the prompt keeps its first.
    """
    topic = arrival.reply_to.topic
    if arrival.id != prompt_id and topic.endswith(f"/{arrival.id}"):
        topic = topic.removesuffix(arrival.id) + prompt_id
    return ReplyTo(topic, arrival.reply_to.correlation)


def _insert(database: Database, clock: Clock, arrival: Arrival) -> Pending | None:
    content = arrival.content
    row = {
        "id": arrival.id,
        "key": arrival.key,
        "boot": clock.boot_id,
        "topic": arrival.reply_to.topic,
        "correlation": arrival.reply_to.correlation,
    }
    match content:
        case Prompt():
            return _insert_prompt(database, content, row)
        case Refusal():
            _insert_refusal(database, clock, content, row)
            send_reply(database, arrival.id)
            return None
        case _:
            assert_never(content)


def _insert_prompt(database: Database, prompt: Prompt, row: Mapping[str, object]) -> Pending:
    seq = database.execute(
        """
        INSERT INTO prompts
            (id, key, state, priority, boot_id, received, received_wall, timeout, topic, correlation, prompt)
        VALUES
            (:id, :key, 'queued', :priority, :boot, :received, :wall, :timeout, :topic, :correlation, :prompt)
        """,
        {
            **row,
            "priority": prompt.priority,
            "received": prompt.received,
            "wall": prompt.received_wall,
            "timeout": prompt.timeout,
            "prompt": prompt_to_json(prompt),
        },
    ).lastrowid
    assert seq is not None, "an INSERT was executed"  # noqa: S101 - for mypy: None is for cursors that inserted nothing
    return Pending(prompt.id, prompt.priority, seq, prompt.received, prompt.deadline)


def _insert_refusal(database: Database, clock: Clock, refusal: Refusal, row: Mapping[str, object]) -> None:
    database.execute(
        """
        INSERT INTO prompts
            (id, key, state, priority, boot_id, received, received_wall, finished, finished_wall, retryable, topic,
             correlation, reply)
        VALUES
            (:id, :key, 'finished', 0, :boot, :now, :wall, :now, :wall, :retryable, :topic,
             :correlation, :reply)
        """,
        {**row, **at(clock), "reply": refusal.reply.payload, "retryable": refusal.retryable},
    )
