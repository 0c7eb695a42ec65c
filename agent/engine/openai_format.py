"""What an OpenAI-compatible server is sent and what it says: `POST /v1/chat/completions`, streamed. Pure.

Only what such servers have in common is asked for; what else they send is ignored.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.credentials import redact
from agent.engine.protocol import GenerationRequest
from agent.errors import ErrorCode, RejectedError, UpstreamAwayError, UpstreamFailedError
from agent.prompt import FinishReason, Message, Usage
from agent.units import Seconds

DONE = "[DONE]"
"""The data of the last event."""

_MOST_STOPS = 4
"""More are refused by some servers. The engine looks for all of them itself."""

_MOST_SHOWN = 300
_MOST_LOOKED_THROUGH = 1 << 11
"""Characters in which secrets are looked for, of which some are shown."""
_MOST_TOKENS = 1 << 53
"""Nothing counts as many; what reads JSON need not keep larger numbers."""
_TRY_AGAIN = {408, 425, 429}
_NOT_LET_IN = {401, 403}
_TOO_LONG = ("context_length", "context length", "context size", "too long")
"""What servers say of a prompt that is larger than the model's context: there is no code that all of them use."""
_BROKEN_OFF = {"error", "abort"}
"""The `finish_reason` of an answer that the server gave up, in vLLM and others."""
_BODY_IS_INVALID = "'loc': ('body',"
"""What FastAPI says of a request that it cannot read. From llama-cpp-python's server it comes with 500."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Delta(_Said):
    content: str | None = None


class _Choice(_Said):
    delta: _Delta | None = None
    finish_reason: str | None = None


_Count = Annotated[int, Field(ge=0, le=_MOST_TOKENS)]


class _Cached(_Said):
    cached_tokens: _Count | None = None


class _Usage(_Said):
    prompt_tokens: _Count
    completion_tokens: _Count = 0
    prompt_tokens_details: _Cached | None = None


class Chunk(_Said):
    """One event of a streamed answer."""

    choices: Annotated[tuple[_Choice, ...], Field(max_length=1)] | None = None
    usage: object = None
    error: object = None

    @property
    def text(self) -> str:
        """What is new; often empty."""
        delta = self._choice.delta
        return "" if delta is None else delta.content or ""

    @property
    def is_broken_off(self) -> bool:
        """Whether the server has given the answer up."""
        return self._choice.finish_reason in _BROKEN_OFF

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why the answer has ended; None: it has not."""
        reason = self._choice.finish_reason
        if not reason:  # some write an empty text for none
            return None
        return FinishReason.LENGTH if reason == "length" else FinishReason.STOP

    @property
    def tokens(self) -> Usage | None:
        """What the server counted; None: it has not told yet, or not in numbers of tokens."""
        try:
            counted = _Usage.model_validate(self.usage)
        except ValidationError:
            return None
        details = counted.prompt_tokens_details
        cached = 0 if details is None else details.cached_tokens or 0
        return Usage(counted.prompt_tokens, counted.completion_tokens, cached)

    @property
    def _choice(self) -> _Choice:
        return self.choices[0] if self.choices else _Choice()


def encode_request(request: GenerationRequest, model: str) -> bytes:
    """The body that asks for a request's answer.

    Args:
        request: What is asked.
        model: What the server calls the model.
    """
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": _content(message)} for message in request.messages],
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if sampling.stop:
        body["stop"] = sampling.stop[:_MOST_STOPS]
    if sampling.json_schema is not None:
        schema = {"name": "answer", "strict": True, "schema": json.loads(sampling.json_schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return json.dumps(body, separators=(",", ":")).encode()


def decode_chunk(data: str, secrets: tuple[str, ...] = ()) -> Chunk:
    """Read one event.

    Args:
        data: Of the event.
        secrets: What no error repeats.

    Raises:
        UpstreamFailedError: It is none, or tells that the answer is not to be had.
    """
    try:
        chunk = Chunk.model_validate_json(data)
    except ValidationError:
        raise UpstreamFailedError("it sent something that is no chat completion") from None
    if chunk.error is not None:
        raise UpstreamFailedError(f"it failed amid the answer: {_words_in(data, secrets)}")
    if chunk.is_broken_off:
        raise UpstreamFailedError("it broke off amid the answer, and said so")
    return chunk


def error_of(
    status: int, body: str, retry_after_s: Seconds | None, secrets: tuple[str, ...] = ()
) -> RejectedError | UpstreamAwayError:
    """What a status other than 200 means for the prompt.

    Args:
        status: Of HTTP.
        body: What came with it.
        retry_after_s: When to come back, if it says so.
        secrets: What the error does not repeat.
    """
    said = f"it answered {status}: {_words_in(body, secrets)}"
    is_refusal = 400 <= status < 500 and status not in _TRY_AGAIN | _NOT_LET_IN  # noqa: PLR2004 - RFC 9110, section 15.5
    if not is_refusal and _BODY_IS_INVALID not in body:
        return UpstreamAwayError(said, retry_after_s=retry_after_s)
    return RejectedError(_code_of(status, body), f"the server refuses it: {said}")


def _code_of(status: int, body: str) -> ErrorCode:
    match status:
        case 404:
            return ErrorCode.MODEL_NOT_FOUND
        case 413:
            return ErrorCode.TOO_LARGE
        case _ if any(words in body.lower() for words in _TOO_LONG):
            return ErrorCode.TOO_LARGE
        case _:
            return ErrorCode.INVALID_REQUEST


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    images: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
    return [{"type": "text", "text": message.content}, *images] if message.content else images


def _words_in(body: str, secrets: tuple[str, ...]) -> str:
    """The error's message, where there is one in the usual place; else the beginning of the body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    error = document.get("error") if isinstance(document, dict) else None
    words = error.get("message") if isinstance(error, dict) else error
    said = (words if isinstance(words, str) else body).strip()[:_MOST_LOOKED_THROUGH]
    shown = redact(said, secrets)[:_MOST_SHOWN]  # before it is cut: half a secret would not be found
    return shown.encode(errors="replace").decode()  # JSON may spell half a character, which no reply can carry on
