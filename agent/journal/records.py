"""What goes into the journal and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from agent.errors import ErrorCode
from agent.prompt import OutMessage, Prompt, PromptId, ReplyTo
from agent.units import Bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that will not run. Its reply is stored and sent like any other.

    Attributes:
        reply: What its sender is told.
        retryable: Whether the same id, sent again by the client, may run then (`queue_full` and the like).
        code: What the reply says; for whoever counts.
    """

    reply: OutMessage
    retryable: bool
    code: ErrorCode


@dataclass(frozen=True, slots=True)
class Arrival:
    """One received message, to be made durable before it is acknowledged.

    Attributes:
        id: The sender's, or made by the source.
        reply_to: Where its reply goes.
        content: What to run, or why not.
        key: What identifies a message whose sender gave no id; None when the id is the sender's. `correlation:…`
            identifies always. `packet:…` holds an MQTT packet id, which is used again by later messages: it identifies
            only what is `redelivered`, and only until the broker has the reply.
        digest: Of the topic and the payload: tells one prompt with an id from another with the same id.
        redelivered: The broker says that it may have sent this message before (MQTT DUP).
    """

    id: PromptId
    reply_to: ReplyTo
    content: Prompt | Refusal
    key: str | None
    digest: str
    redelivered: bool


class Objection(Enum):
    """Why the journal does not take a prompt."""

    QUEUE_FULL = auto()
    STORAGE_FULL = auto()
    ID_TAKEN = auto()
    TOO_LARGE = auto()


Refuse = Callable[[Arrival, Objection], Refusal]
"""Makes a refusal. Called in the journal's thread."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A prompt that is now running.

    Attributes:
        prompt: What to run, with `received` on the boot clock of this boot.
        claims: How often it has started, this time included.
        engine_losses: How often the engine was lost with it.
    """

    prompt: Prompt
    claims: int
    engine_losses: int


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A message to send, in the order of `seq`, which is never used twice."""

    seq: int
    message: OutMessage


@dataclass(frozen=True, slots=True)
class JournalStats:
    """How much there is. `size`: bytes of the database and its write-ahead log on the disk."""

    queued: int
    running: int
    finished: int
    outbox: int
    size: Bytes
