"""How received messages are stored.

Every function here that writes runs inside a transaction of `Journal`.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from agent.clock import Clock
from agent.journal.database import Database
from agent.journal.identity import Finished, IdTaken, New, Unfinished, identify
from agent.journal.outbox import send, send_again
from agent.journal.records import Arrival, Objection, Refusal, Refuse
from agent.journal.stored import at, observed_to_json, prompt_to_json
from agent.prompt import OutMessage, Pending, Prompt, PromptId, ReplyTo

_ROW: Final = 512
"""Bytes of a prompt's row beside its content, indexes included."""
_PLACE: Final = 192
"""Likewise of a row in `reply_to` or in the outbox."""
_REFUSAL: Final = 512
"""Bytes of a refusal that has not been made yet, at most."""
_REPLY_TO_MOST: Final = 8
"""Places that one reply goes to, at most: whoever repeats a prompt may ask for it elsewhere each time."""


def content_of(arrival: Arrival) -> bytes:
    """What is stored of the prompt, or of its refusal."""
    content = arrival.content
    return prompt_to_json(content) if isinstance(content, Prompt) else content.reply.payload


def storable(database: Database, arrival: Arrival, refuse: Refuse) -> tuple[Arrival, bytes, int]:
    """A message as it can be stored, with its content and its `stored_size`.

    A new prompt that no transaction has room for, also on an empty disk, is its refusal.
    """
    content = content_of(arrival)
    size = stored_size(database, arrival, content)
    is_prompt = isinstance(arrival.content, Prompt)
    if is_prompt and size > database.max_transaction and isinstance(identify(database, arrival), New):
        return storable(database, replace(arrival, content=refuse(arrival, Objection.TOO_LARGE)), refuse)
    return arrival, content, size


def stored_size(database: Database, arrival: Arrival, content: bytes) -> int:
    """About how many bytes a message needs, at most; 0 for one that is known and waited for."""
    place = len(arrival.reply_to.topic) + len(arrival.reply_to.correlation or b"") + _PLACE
    identity = identify(database, arrival)
    match identity:
        case New():
            if isinstance(arrival.content, Prompt):
                return len(content) + len(observed_to_json(arrival.content.observed) or "") + _ROW + place
            return 2 * (len(content) + _ROW) + place  # it is stored, and sent
        case IdTaken():
            return _REFUSAL + place
        case Unfinished(is_expected=is_expected):
            return 0 if is_expected else place
        case Finished(reply_size=reply_size):
            return reply_size + place
        case _:
            assert_never(identity)


def take(  # noqa: PLR0913 - all that decides about one message; only `Journal.append` calls it
    database: Database, clock: Clock, arrival: Arrival, content: bytes, *, has_room: bool, refuse: Refuse
) -> Pending | None:
    """Store a message; the prompt in it, if it is to run.

    Args:
        database: Where to.
        clock: The time.
        arrival: The message.
        content: Its `content_of`.
        has_room: Whether the queue takes a new prompt.
        refuse: Makes the refusal of one that is not taken.
    """
    identity = identify(database, arrival)
    match identity:
        case New(replaces):
            database.execute("DELETE FROM prompts WHERE id = ?", (replaces,))
            # The broker gives a packet id to another message when it has no more to do with the one before.
            database.execute("UPDATE prompts SET key = NULL WHERE key = ?", (arrival.key,))
            if isinstance(arrival.content, Refusal):
                _insert_refusal(database, clock, arrival, arrival.content)
                return None
            if has_room:
                return _insert_prompt(database, clock, arrival, arrival.content, content)
            _insert_refusal(database, clock, arrival, refuse(arrival, Objection.QUEUE_FULL))
        case IdTaken():
            send(database, refuse(arrival, Objection.ID_TAKEN).reply)
        case Unfinished(prompt_id, reply_to, is_expected):
            if not is_expected:
                _expect_reply(database, prompt_id, reply_to)
        case Finished(prompt_id, reply_to):
            send_again(database, prompt_id, reply_to)
        case _:
            assert_never(identity)
    return None


def take_instead(
    database: Database, clock: Clock, arrival: Arrival, prompt: Prompt, older: Sequence[PromptId]
) -> tuple[Pending, list[PromptId]]:
    """Store a prompt in the oldest place of those of `older` that are queued, and forget these: they too are returned.

    Args:
        database: Where to.
        clock: The time.
        arrival: The message, which is new.
        prompt: What is in it.
        older: Those that it replaces; with none of them queued it comes last.
    """
    replaced = database.rows(
        "SELECT seq, id FROM prompts WHERE state = 'queued' AND id IN (SELECT value FROM json_each(?)) ORDER BY seq",
        (json.dumps(older),),
    )
    gone = [PromptId(prompt_id) for _, prompt_id in replaced]
    for table, column in (("prompts", "id"), ("reply_to", "prompt")):
        database.execute_many(f"DELETE FROM {table} WHERE {column} = ?", [(each,) for each in gone])  # noqa: S608 - constants
    seq = replaced[0][0] if replaced else None
    return _insert_prompt(database, clock, arrival, prompt, prompt_to_json(prompt), seq=seq), gone


def answer(database: Database, arrival: Arrival, refuse: Refuse) -> OutMessage | None:
    """What to tell the sender of a message that cannot be stored; None: its reply comes by itself."""
    identity = identify(database, arrival)
    match identity:
        case Unfinished(is_expected=True):
            return None
        case Finished(prompt_id, reply_to):
            ((reply,),) = database.rows("SELECT reply FROM prompts WHERE id = ?", (prompt_id,))
            return OutMessage(reply_to.topic, reply, correlation=reply_to.correlation)
        case IdTaken():
            return refuse(arrival, Objection.ID_TAKEN).reply
        case New() if isinstance(arrival.content, Refusal):
            return arrival.content.reply
        case New() | Unfinished():
            return refuse(arrival, Objection.STORAGE_FULL).reply
        case _:
            assert_never(identity)


def _expect_reply(database: Database, prompt_id: PromptId, reply_to: ReplyTo) -> None:
    database.execute(
        "INSERT INTO reply_to (prompt, topic, correlation) VALUES (?, ?, ?)",
        (prompt_id, reply_to.topic, reply_to.correlation),
    )
    database.execute(
        """
        DELETE FROM reply_to WHERE seq IN (
            SELECT seq FROM reply_to WHERE prompt = ? ORDER BY seq DESC LIMIT -1 OFFSET ?)
        """,
        (prompt_id, _REPLY_TO_MOST),
    )


def _insert_prompt(  # noqa: PLR0913 - a row
    database: Database, clock: Clock, arrival: Arrival, prompt: Prompt, content: bytes, *, seq: int | None = None
) -> Pending:
    """Queue a prompt; None: as the last."""
    seq = database.execute(
        """
        INSERT INTO prompts
            (seq, id, key, digest, state, priority, boot_id, received, received_wall, timeout, prompt, model,
             observed)
        VALUES (:seq, :id, :key, :digest, 'queued', :priority, :boot, :received, :wall, :timeout, :prompt, :model,
            :observed)
        """,
        {
            "seq": seq,
            "id": arrival.id,
            "key": arrival.key,
            "digest": arrival.digest,
            "priority": prompt.priority,
            "boot": clock.boot_id,
            "received": prompt.received,
            "wall": prompt.received_wall,
            "timeout": prompt.timeout,
            "prompt": content,
            "model": prompt.model,
            "observed": observed_to_json(prompt.observed),
        },
    ).lastrowid
    assert seq is not None, "an INSERT was executed"  # noqa: S101 - for mypy: None is for cursors that inserted nothing
    _expect_reply(database, prompt.id, arrival.reply_to)
    return Pending(prompt.id, prompt.priority, seq, prompt.received, prompt.deadline, prompt.model, prompt.observed)


def _insert_refusal(database: Database, clock: Clock, arrival: Arrival, refusal: Refusal) -> None:
    database.execute(
        """
        INSERT INTO prompts
            (id, key, digest, state, priority, boot_id, received, received_wall, finished, finished_wall, retryable,
             reply)
        VALUES (:id, :key, :digest, 'finished', 0, :boot, :now, :wall, :now, :wall, :retryable, :reply)
        """,
        {
            **at(clock),
            "id": arrival.id,
            "key": arrival.key,
            "digest": arrival.digest,
            "retryable": refusal.retryable,
            "reply": refusal.reply.payload,
        },
    )
    send_again(database, arrival.id, arrival.reply_to)
