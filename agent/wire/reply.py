"""Replies and deltas on the wire, in the shape of OpenAI's chat completions."""

from typing import Literal, assert_never

from pydantic import Field

from agent.errors import ErrorCode
from agent.prompt import Completion, Delta, Failure, FinishReason, Place, Reply
from agent.units import Seconds
from agent.wire.payload import IdText, Payload


class AnswerMessage(Payload):
    """What the model said."""

    role: Literal["assistant"] = "assistant"
    content: str
    """The answer; with a `response_format` the JSON text of it."""


class Choice(Payload):
    """The one answer."""

    index: Literal[0] = 0
    message: AnswerMessage
    finish_reason: FinishReason
    """`stop`: the model ended; `length`: `max_tokens` or the context; `deadline`, `cancelled`: the text so far."""


class PromptTokensDetails(Payload):
    """More about the prompt's tokens."""

    cached_tokens: int
    """Those that did not have to be read again."""


class UsagePayload(Payload):
    """What was read and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails


class TimingPayload(Payload):
    """Where the time went."""

    queued_ms: int
    """From arrival to the start."""
    ttft_ms: int | None
    """From arrival to the first token; null when there was none."""
    total_ms: int
    """From arrival to the end."""
    decode_tokens_per_s: float | None
    """Speed after the first token; null for fewer than two tokens."""


class EnergyPayload(Payload):
    """What it cost above the machine's idle power; nulls where that was not measured. Never an estimate."""

    joules: float | None
    source: str | None
    """The kinds of meters: `ina3221`, `ina238`, `nvml`, `rapl`, or several of them as in `nvml+rapl`."""


class CompletionPayload(Payload):
    """The reply to a prompt that ran."""

    id: IdText
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    """Unix time of the end, in seconds."""
    model: str
    choices: list[Choice] = Field(min_length=1, max_length=1)
    usage: UsagePayload
    timing: TimingPayload
    energy: EnergyPayload
    served_by: Place
    """Where the answer was made: `device`, or `upstream`, on the server that the device's configuration names."""


class ErrorPayload(Payload):
    """Why a prompt could not be run."""

    code: ErrorCode
    message: str
    """One sentence for a person, with the numbers, and for `invalid_request` the JSON pointer of what is wrong."""
    retry_after_ms: int | None
    """When the same prompt may succeed; null when it never will, or nobody knows."""


class FailurePayload(Payload):
    """The reply to a prompt that could not be run."""

    id: IdText
    error: ErrorPayload


class DeltaPayload(Payload):
    """A piece of a streamed answer, on `<reply topic>/stream` at QoS 0. The reply itself has the whole text again."""

    id: IdText
    index: int = Field(ge=0)
    """0, 1, 2 …: a gap shows that a delta was lost."""
    delta: str
    """Whole characters, in order."""
    finish_reason: None = None
    """Always null: the end is told by the reply."""


def encode_reply(reply: Reply) -> bytes:
    """The bytes of a reply."""
    match reply:
        case Completion():
            payload: Payload = completion_payload(reply)
        case Failure():
            payload = _failure(reply)
        case _:
            assert_never(reply)
    return payload.model_dump_json().encode()


def encode_delta(delta: Delta) -> bytes:
    """The bytes of a streamed piece."""
    return DeltaPayload(id=delta.id, index=delta.index, delta=delta.text).model_dump_json().encode()


def completion_payload(reply: Completion) -> CompletionPayload:
    """A completion in its shape on the wire."""
    usage, timing = reply.usage, reply.timing
    speed, joules = timing.decode_tokens_per_s, reply.energy.joules
    return CompletionPayload(
        id=reply.id,
        created=int(reply.created),
        model=reply.model,
        choices=[Choice(message=AnswerMessage(content=reply.text), finish_reason=reply.finish_reason)],
        usage=UsagePayload(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.prompt_tokens + usage.completion_tokens,
            prompt_tokens_details=PromptTokensDetails(cached_tokens=usage.cached_tokens),
        ),
        timing=TimingPayload(
            queued_ms=_ms(timing.queued),
            ttft_ms=None if timing.time_to_first_token is None else _ms(timing.time_to_first_token),
            total_ms=_ms(timing.total),
            decode_tokens_per_s=None if speed is None else round(speed, 1),
        ),
        energy=EnergyPayload(joules=None if joules is None else round(joules, 3), source=reply.energy.source),
        served_by=reply.place,
    )


def error_payload(reply: Failure) -> ErrorPayload:
    """Why a prompt was not run, in its shape on the wire."""
    retry_after = None if reply.retry_after is None else _ms(reply.retry_after)
    return ErrorPayload(code=reply.code, message=reply.message, retry_after_ms=retry_after)


def _failure(reply: Failure) -> FailurePayload:
    return FailurePayload(id=reply.id, error=error_payload(reply))


def _ms(seconds: Seconds) -> int:
    return round(seconds * 1000)
