"""What a sender may ask for: prompts and cancellations, checked strictly, with errors that say where and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from agent.errors import ErrorCode, RejectedError
from agent.fault_words import fault_in_words
from agent.prompt import Message, PromptId, Role
from agent.units import Seconds
from agent.wire.content import TOO_LARGE, Content, Image, Images, images_of, text_of
from agent.wire.json_text import read_json
from agent.wire.payload import IdText, Payload
from agent.wire.response_format import ResponseFormat

_MOST_TOKENS = 2**31 - 1
_MOST_MS = 2**53 - 1
"""The largest integer that every JSON implementation reads exactly (RFC 8259, section 6)."""


class InvalidPayloadError(RejectedError):
    """A payload that is not what its topic takes.

    Attributes:
        id: The sender's id, when it could be read and is a legal one; else None.
        is_text: False when the payload is not even UTF-8 text.
    """

    def __init__(self, code: ErrorCode, message: str, *, prompt_id: PromptId | None, is_text: bool) -> None:
        super().__init__(code, message)
        self.id = prompt_id
        self.is_text = is_text


@dataclass(frozen=True, slots=True)
class PromptFields:
    """What a sender asked for. None: it left that to the route or to the default."""

    messages: tuple[Message, ...]
    id: PromptId | None = None
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: str | None = None
    stream: bool = False
    priority: int | None = None
    timeout: Seconds | None = None
    cameras: tuple[str, ...] = ()


class ChatMessage(Payload):
    """One turn of the conversation."""

    role: Role
    content: Content


def _says_something(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "there is no text in it")
    return text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


StopText = Annotated[str, Field(min_length=1, max_length=256)]
Stop = Annotated[
    list[StopText], Field(max_length=8), BeforeValidator(_as_list, json_schema_input_type=StopText | list[StopText])
]


class PromptPayload(Payload):
    """A prompt as a JSON object; one of `messages` and `prompt` is required. Null means the same as leaving out."""

    id: IdText | None = None
    """The sender's name for it. Default: made by the agent."""
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1024)] | None = None
    """The conversation, oldest first."""
    prompt: Annotated[str, AfterValidator(_says_something)] | None = None
    """Short for one user message."""
    model: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Default: whichever is loaded."""
    max_tokens: Annotated[int, Field(ge=1, le=_MOST_TOKENS)] | None = None
    """The most tokens of the answer. Default: 128."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """0, the default, always takes the likeliest token."""
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    """Nucleus sampling. Default: 1."""
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    """Makes sampling repeatable."""
    stop: Stop | None = None
    """Texts that end the answer."""
    response_format: ResponseFormat | None = None
    """What the answer must look like."""
    stream: bool | None = None
    """Whether the answer also comes piece by piece on `<reply topic>/stream`."""
    priority: Annotated[int, Field(ge=-100, le=100)] | None = None
    """Higher runs first. Default: 0."""
    deadline_ms: Annotated[int, Field(ge=1, le=_MOST_MS)] | None = None
    """Milliseconds from arrival until the answer is worth nothing."""
    images: Images | None = None
    """Pictures that go with the last user message. Those of `jpeg_base64` are `unsupported` by a model that reads text
    only; of a camera such a model is told the facts."""

    @model_validator(mode="after")
    def _one_of_messages_and_prompt(self) -> Self:
        if (self.messages is None) == (self.prompt is None):
            raise PydanticCustomError("messages_or_prompt", "give exactly one of messages and prompt")
        if self.images and self.messages and not any(message.role is Role.USER for message in self.messages):
            raise PydanticCustomError("images_of_nobody", "there are images, and there is no user message to go with")
        return self


class CancelPayload(Payload):
    """Ends a prompt that waits or runs."""

    id: IdText
    """Which."""


def decode_prompt(payload: bytes) -> PromptFields:
    """Read a prompt: a JSON object, or text that is the prompt itself.

    Raises:
        InvalidPayloadError: It is neither, or the object is not a prompt.
    """
    text = text_of_payload(payload).strip()
    if not text:
        raise _invalid("the payload is empty")
    if not text.startswith("{"):
        return PromptFields(messages=(Message(Role.USER, text),))
    prompt_id = _legal_id(_json_object(text))
    try:
        return _fields(PromptPayload.model_validate_json(text))
    except ValidationError as error:
        raise rejection(error.errors(include_url=False, include_input=False), prompt_id) from None


def decode_cancel(payload: bytes) -> PromptId:
    """Read which prompt to cancel.

    Raises:
        InvalidPayloadError: The payload does not say.
    """
    try:
        return PromptId(CancelPayload.model_validate_json(text_of_payload(payload)).id)
    except ValidationError as error:
        raise rejection(error.errors(include_url=False, include_input=False), None) from None


def encode_cancel(prompt_id: PromptId) -> bytes:
    """The bytes that cancel a prompt."""
    return CancelPayload(id=prompt_id).model_dump_json().encode()


def text_of_payload(payload: bytes) -> str:
    """A payload as text.

    Raises:
        InvalidPayloadError: It is none.
    """
    try:
        return payload.decode("utf-8-sig")  # Windows' editors and shells put a byte order mark before the text
    except UnicodeDecodeError:
        raise InvalidPayloadError(
            ErrorCode.INVALID_REQUEST, "the payload is not UTF-8 text", prompt_id=None, is_text=False
        ) from None


def _json_object(text: str) -> dict[str, object]:
    """The object itself, before any rule of ours."""
    try:
        document = read_json(text)
    except ValueError as error:
        raise _invalid(f"the payload begins like a JSON object but is none: {error}") from None
    if not isinstance(document, dict):  # pragma: no cover - text that begins with { gives an object or an error
        raise _invalid("the payload is no JSON object")
    return document


def _legal_id(document: dict[str, object]) -> PromptId | None:
    try:
        return PromptId(CancelPayload.model_validate(document).id)
    except ValidationError:
        return None


def legal_id(text: str) -> PromptId | None:
    """The `id` of what is not what it should be, when it has one."""
    try:
        return _legal_id(_json_object(text))
    except InvalidPayloadError:
        return None


def _invalid(message: str) -> InvalidPayloadError:
    return InvalidPayloadError(ErrorCode.INVALID_REQUEST, message, prompt_id=None, is_text=True)


def rejection(problems: Sequence[ErrorDetails], prompt_id: str | None) -> InvalidPayloadError:
    """The first problem with its JSON pointer (RFC 6901); an image that is too large counts when all else is well."""
    wrong = [problem for problem in problems if problem["type"] != TOO_LARGE]
    first = wrong[0] if wrong else problems[0]
    pointer = "".join(f"/{step}" for step in first["loc"] if not str(step).startswith("~"))
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    what = fault_in_words(first)
    message = f"{pointer}: {what}{more}" if pointer else f"{what}{more}"
    code = ErrorCode.INVALID_REQUEST if wrong else ErrorCode.TOO_LARGE
    known = None if prompt_id is None else PromptId(prompt_id)
    return InvalidPayloadError(code, message, prompt_id=known, is_text=True)


def _fields(payload: PromptPayload) -> PromptFields:
    if payload.prompt is not None:
        messages: tuple[Message, ...] = (Message(Role.USER, payload.prompt),)
    else:
        turns = payload.messages or ()
        messages = tuple(Message(turn.role, text_of(turn.content), images_of(turn.content)) for turn in turns)
    response_format, deadline_ms = payload.response_format, payload.deadline_ms
    return PromptFields(
        messages=_shown(payload.images or (), messages),
        id=None if payload.id is None else PromptId(payload.id),
        model=payload.model,
        max_tokens=payload.max_tokens,
        temperature=payload.temperature,
        top_p=payload.top_p,
        seed=payload.seed,
        stop=tuple(payload.stop or ()),
        json_schema=None if response_format is None else response_format.json_text,
        stream=bool(payload.stream),
        priority=payload.priority,
        timeout=None if deadline_ms is None else Seconds(deadline_ms / 1000),
        cameras=tuple(dict.fromkeys(it.camera for it in payload.images or () if it.camera is not None)),
    )


def _shown(images: Sequence[Image], messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages, with images that came beside them put into the last user message."""
    urls = tuple(image.url for image in images if image.camera is None)
    if not urls:
        return messages
    last = max(index for index, message in enumerate(messages) if message.role is Role.USER)
    shown = replace(messages[last], images=(*messages[last].images, *urls))
    return (*messages[:last], shown, *messages[last + 1 :])
