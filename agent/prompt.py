"""What flows through the agent: a prompt comes in, deltas and one reply go out.

Frozen values without behaviour. How they look on the wire is `wire`'s business, how they are stored is `journal`'s.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from agent.errors import ErrorCode
from agent.observed import Observed
from agent.units import Joules, Seconds, UnixSeconds

PromptId = NewType("PromptId", str)
"""1 to 64 of `A-Z a-z 0-9 _ - .`; unique in the journal."""


class Role(StrEnum):
    """Who speaks, in the terms of the chat template."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class FinishReason(StrEnum):
    """Why a completion ended."""

    STOP = "stop"
    LENGTH = "length"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation.

    Attributes:
        role: Who speaks.
        content: The text.
        images: What is shown with it, as data URLs (RFC 2397): `data:image/jpeg;base64,...`.
    """

    role: Role
    content: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen and when to stop.

    Attributes:
        max_tokens: The most tokens to generate.
        temperature: 0 is greedy; else the softmax temperature.
        top_p: Nucleus sampling: the smallest set of tokens whose probability reaches this share. 1: all.
        seed: Makes sampling repeatable. None: different each time.
        stop: Texts that end the answer; they are not part of it.
        json_schema: A JSON Schema, as JSON text, that the answer follows. None: free text.
    """

    max_tokens: int = 128
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where the sender wants the reply (MQTT 5 Response Topic and Correlation Data, or the default topic)."""

    topic: str
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request for a completion.

    Attributes:
        id: The sender's, or made by the agent.
        messages: The conversation, oldest first; at least one.
        sampling: How to generate.
        reply_to: Where the reply goes.
        received: When it arrived, on the boot clock (`clock.boottime`).
        received_wall: The same moment by the wall clock.
        model: The model asked for; None: whichever is loaded.
        stream: Whether deltas are published while it runs.
        priority: Higher runs first; equal ones run oldest first.
        timeout: Seconds from `received` until the answer is worth nothing (`deadline_ms`, Message Expiry).
        route: The route that it came through; None: none.
        cameras: Whose picture, or facts, go with the last user message; they are put there when it is answered.
        observed: What the camera saw that asks; None: a program or a person asks.
    """

    id: PromptId
    messages: tuple[Message, ...]
    sampling: Sampling
    reply_to: ReplyTo
    received: Seconds
    received_wall: UnixSeconds
    model: str | None = None
    stream: bool = False
    priority: int = 0
    timeout: Seconds | None = None
    route: str | None = None
    cameras: tuple[str, ...] = ()
    observed: Observed | None = None

    @property
    def has_images(self) -> bool:
        """Whether there is anything to look at."""
        return any(message.images for message in self.messages)

    @property
    def deadline(self) -> Seconds | None:
        """The point on the boot clock after which the answer is worth nothing."""
        return None if self.timeout is None else Seconds(self.received + self.timeout)


@dataclass(frozen=True, slots=True)
class Pending:
    """What the scheduler needs to know of a prompt that waits.

    Attributes:
        id: The prompt.
        priority: Higher runs first.
        seq: Its place among all prompts ever received: lower is older. A camera's has that of the one it replaces.
        received: When it arrived, on this boot's clock.
        deadline: When its answer becomes worth nothing, on this boot's clock; None: never.
        model: The model asked for; None: whichever is loaded.
        observed: What the camera saw that asks; None: a program or a person asks.
    """

    id: PromptId
    priority: int
    seq: int
    received: Seconds
    deadline: Seconds | None
    model: str | None = None
    observed: Observed | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """Newly generated text of one request: whole characters, in order.

    Attributes:
        id: The request.
        index: 0 for the request's first delta, then counting up by one.
        text: Never empty.
    """

    id: PromptId
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request. `cached_tokens` of the prompt's did not have to be read again."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time of one request went.

    Attributes:
        queued: From arrival to admission into the engine.
        time_to_first_token: From arrival to the first generated token; None when there was none.
        total: From arrival to the end of generation.
        decode_tokens_per_s: Tokens after the first over the time since the first; None for fewer than two.
    """

    queued: Seconds
    time_to_first_token: Seconds | None
    total: Seconds
    decode_tokens_per_s: float | None


@dataclass(frozen=True, slots=True)
class Energy:
    """What one request has cost above the idle power of the machine.

    Attributes:
        joules: None where it was not measured from its begin to its end. Never an estimate.
        source: The kinds of meters; None with `joules`.
    """

    joules: Joules | None
    source: str | None


NOT_MEASURED = Energy(None, None)


class Place(StrEnum):
    """Where an answer was made."""

    DEVICE = "device"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Completion:
    """The reply to a prompt that ran."""

    id: PromptId
    model: str
    created: UnixSeconds
    text: str
    finish_reason: FinishReason
    usage: Usage
    timing: Timing
    energy: Energy = NOT_MEASURED
    place: Place = Place.DEVICE


@dataclass(frozen=True, slots=True)
class Failure:
    """The reply to a prompt that could not be run."""

    id: PromptId
    code: ErrorCode
    message: str
    retry_after: Seconds | None = None


Reply = Completion | Failure


@dataclass(frozen=True, slots=True)
class OutMessage:
    """A message for the broker, ready to be sent.

    Attributes:
        topic: Where to.
        payload: The bytes on the wire.
        qos: 0 (may be lost) or 1 (until acknowledged).
        retain: Whether the broker keeps it for later subscribers.
        correlation: MQTT 5 Correlation Data, as the request brought it.
    """

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    correlation: bytes | None = None
