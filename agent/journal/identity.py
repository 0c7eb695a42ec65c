"""Who a received message is: a new one, or one that the journal knows. Reads only, so it works on a full disk."""

from dataclasses import dataclass
from typing import Final

from agent.journal.database import Database
from agent.journal.records import Arrival
from agent.prompt import PromptId, ReplyTo
from agent.units import Bytes

PACKET: Final = "packet:"
"""Keys that begin so hold an MQTT packet id: only with DUP does the same id mean the same message."""


@dataclass(frozen=True, slots=True)
class New:
    """It is not known.

    Attributes:
        replaces: The refusal for now that it got before, and gets another chance after; None: there was none.
    """

    replaces: PromptId | None


@dataclass(frozen=True, slots=True)
class IdTaken:
    """Its id is another prompt's."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Its prompt waits or runs.

    Attributes:
        id: The prompt.
        reply_to: Where the message asks for the reply.
        is_expected: Whether the reply goes there already.
    """

    id: PromptId
    reply_to: ReplyTo
    is_expected: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """Its prompt has its reply.

    Attributes:
        id: The prompt.
        reply_to: Where the message asks for the reply.
        reply_size: The reply's.
    """

    id: PromptId
    reply_to: ReplyTo
    reply_size: Bytes


Identity = New | IdTaken | Unfinished | Finished


def identify(database: Database, arrival: Arrival) -> Identity:
    """Look a message up by its id, or by its key."""
    row = _row(database, "id", arrival.id) or _row(database, "key", _usable_key(arrival))
    if row is None:
        return New(replaces=None)
    prompt_id, digest, is_finished, is_retryable, reply_size = row
    is_same = digest == arrival.digest
    if is_retryable and not (is_same and arrival.redelivered):
        return New(replaces=prompt_id)
    if not is_same:
        return IdTaken()
    reply_to = _reply_to(arrival, prompt_id)
    if is_finished:
        return Finished(prompt_id, reply_to, Bytes(reply_size))
    return Unfinished(prompt_id, reply_to, _is_expected(database, prompt_id, reply_to))


def _row(database: Database, column: str, value: str | None) -> tuple[PromptId, str, bool, bool, int] | None:
    rows = database.rows(
        f"SELECT id, digest, state = 'finished', retryable, ifnull(length(reply), 0) FROM prompts WHERE {column} = ?",  # noqa: S608 - one of two columns
        (value,),
    )
    return rows[0] if rows else None


def _usable_key(arrival: Arrival) -> str | None:
    """Without DUP, a packet id says nothing: another message had it before."""
    is_of_another = arrival.key is not None and arrival.key.startswith(PACKET) and not arrival.redelivered
    return None if is_of_another else arrival.key


def _reply_to(arrival: Arrival, prompt_id: PromptId) -> ReplyTo:
    """Where the reply of a known prompt goes.

    A message without id and Response Topic is answered on a topic that ends with the id made for it. When the message
    comes again, another id is made; the prompt keeps its first.
    """
    topic = arrival.reply_to.topic
    if arrival.id != prompt_id and topic.endswith(f"/{arrival.id}"):
        topic = topic.removesuffix(arrival.id) + prompt_id
    return ReplyTo(topic, arrival.reply_to.correlation)


def _is_expected(database: Database, prompt_id: PromptId, reply_to: ReplyTo) -> bool:
    return bool(
        database.rows(
            "SELECT 1 FROM reply_to WHERE prompt = ? AND topic = ? AND correlation IS ?",
            (prompt_id, reply_to.topic, reply_to.correlation),
        )
    )
