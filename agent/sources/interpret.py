"""What a message from the broker means: a prompt, a refusal, a cancellation, or nothing that anybody can answer.

No I/O: a message goes in, a value comes out.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from agent.commands import Command, CommandId
from agent.config import Config
from agent.egress import Egress
from agent.errors import ErrorCode, RejectedError
from agent.journal import Arrival, Refusal
from agent.link import Incoming
from agent.prompt import Failure, OutMessage, Prompt, PromptId, ReplyTo, Sampling
from agent.sources.camera_topics import CameraMisset, CameraSet, CameraTopics, camera_subscriptions
from agent.sources.preset import Preset
from agent.topics import fault_of
from agent.units import Seconds
from agent.wire import (
    InvalidPayloadError,
    PromptFields,
    decode_cancel,
    decode_command,
    decode_prompt,
    encode_reply,
    new_id,
)

_MAX_NAME_SHOWN = 64
_MAX_RESPONSE_LEVELS = 128
"""Leaves room for `/stream` below what a broker takes at most."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """End this prompt."""

    id: PromptId


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """Nothing that can be used, from somebody who cannot be told."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Carry this command out.

    Attributes:
        digest: Tells it from another command with the same id.
    """

    id: CommandId
    command: Command
    digest: str


@dataclass(frozen=True, slots=True)
class Misordered:
    """Something on the topic of commands that is none, or none that this agent knows."""

    id: CommandId
    why: str


Meaning = Arrival | Cancellation | Ordered | Misordered | CameraSet | CameraMisset | Unanswerable


def prompt_topics(config: Config) -> tuple[str, ...]:
    """Topics of prompts without a route: the device's own, and one for each pool that it is in."""
    return (f"{config.topic_prefix}/prompt", *(f"{config.topic_root}/{group}/prompt" for group in config.broker.groups))


def pool_subscriptions(config: Config) -> list[str]:
    """Those of them by which a device takes its share of a pool's prompts."""
    return [f"$share/{group}/{config.topic_root}/{group}/prompt" for group in config.broker.groups]


def subscriptions(config: Config) -> list[str]:
    """Topic filters of everything that `Interpreter` understands."""
    prefix = config.topic_prefix
    return [
        f"{prefix}/prompt",
        f"{prefix}/prompt/+",
        f"{prefix}/cancel",
        f"{prefix}/command",
        *camera_subscriptions(config),
        *pool_subscriptions(config),
    ]


class Interpreter:
    """Reads messages by the rules of one configuration.

    Args:
        config: Topics, limits and routes.
        schemas: The text of the JSON Schema of each route that has one.
        make_id: Gives an id to a prompt that has none.
    """

    def __init__(self, config: Config, schemas: Mapping[str, str], make_id: Callable[[], PromptId] = new_id) -> None:
        self._root = config.topic_root
        self._prefix = config.topic_prefix
        self._prompt_topics = frozenset(prompt_topics(config))
        self._max_payload = config.queue.max_payload
        self._presets = {name: Preset(name, route, schemas.get(name)) for name, route in config.routes.items()}
        self._egress = Egress(config.upstreams)
        self._cameras = CameraTopics(config)
        self._make_id = make_id

    def interpret(self, incoming: Incoming) -> Meaning:
        """What a message asks for."""
        if incoming.topic == f"{self._prefix}/cancel":
            return _cancellation(incoming)
        if incoming.topic == f"{self._prefix}/command":
            return _order(incoming)
        if self._cameras.has(incoming.topic):
            return self._cameras.interpret(incoming)
        return self._arrival(incoming)

    def _arrival(self, incoming: Incoming) -> Arrival | Unanswerable:
        """What is on a topic of prompts."""
        sender_id: PromptId | None = None
        try:
            fields = self._fields(incoming)
            sender_id = fields.id
            fields = self._through_route(incoming.topic, fields)
            self._check_response_topic(incoming.response_topic)
            self._cameras.check(fields.cameras)
            prompt = self._prompt(fields, incoming)
        except InvalidPayloadError as error:
            if not error.is_text and incoming.response_topic is None:
                return Unanswerable()
            return self._refused(incoming, error.id, error)
        except RejectedError as error:
            return self._refused(incoming, sender_id, error)
        return Arrival(
            id=prompt.id,
            reply_to=prompt.reply_to,
            content=prompt,
            key=_key(incoming, sender_id),
            digest=_digest(incoming.topic, incoming.size, incoming.payload),
            redelivered=incoming.redelivered,
        )

    def _fields(self, incoming: Incoming) -> PromptFields:
        if incoming.size > self._max_payload:
            raise RejectedError(
                ErrorCode.TOO_LARGE, f"{incoming.size} bytes; queue.max_payload is {self._max_payload} bytes"
            )
        fields = decode_prompt(incoming.payload)
        limits = [it for it in (fields.timeout, incoming.expiry_s) if it is not None]
        return replace(fields, timeout=Seconds(min(limits))) if limits else fields

    def _route_of(self, topic: str) -> str | None:
        return None if topic in self._prompt_topics else topic.removeprefix(f"{self._prefix}/prompt/")

    def _through_route(self, topic: str, fields: PromptFields) -> PromptFields:
        name = self._route_of(topic)
        if name is None:
            return fields
        preset = self._presets.get(name)
        if preset is None:
            known = ", ".join(sorted(self._presets)) or "none"
            raise RejectedError(
                ErrorCode.INVALID_REQUEST, f"there is no route {name[:_MAX_NAME_SHOWN]!r}; there are: {known}"
            )
        return preset.apply(fields)

    def _prompt(self, fields: PromptFields, incoming: Incoming) -> Prompt:
        prompt_id = fields.id or self._make_id()
        prompt = Prompt(
            id=prompt_id,
            messages=fields.messages,
            sampling=_sampling(fields),
            reply_to=ReplyTo(incoming.response_topic or self._default_topic(prompt_id), incoming.correlation),
            received=incoming.received,
            received_wall=incoming.received_wall,
            model=fields.model,
            stream=fields.stream,
            priority=fields.priority or 0,
            timeout=fields.timeout,
            route=self._route_of(incoming.topic),
            cameras=fields.cameras,
        )
        self._egress.check(prompt)
        return prompt

    def _check_response_topic(self, topic: str | None) -> None:
        """Refuse a topic that the broker would not take, and one on which a reply would be taken for something else.

        The agent's rights at the broker are not the sender's: it may publish a status, and perhaps prompts.
        """
        if topic is None:
            return
        fault = fault_of(topic)
        if fault is None and topic.startswith("$"):
            fault = "it starts with $, which is the broker's"
        if fault is None and topic.count("/") >= _MAX_RESPONSE_LEVELS:
            fault = f"it has more than {_MAX_RESPONSE_LEVELS} levels"
        if fault is None and topic.startswith(f"{self._root}/") and not _is_for_replies(topic):
            fault = f"below {self._root}/, replies go to {self._root}/<device id>/reply/"
        if fault is not None:
            raise RejectedError(ErrorCode.INVALID_REQUEST, f"the Response Topic is unusable: {fault}")

    def _refused(self, incoming: Incoming, sender_id: PromptId | None, error: RejectedError) -> Arrival:
        """An error reply: to the Response Topic, or where that is unusable to the default topic."""
        prompt_id = sender_id or self._make_id()
        try:
            self._check_response_topic(incoming.response_topic)
            topic = incoming.response_topic or self._default_topic(prompt_id)
        except RejectedError:
            topic = self._default_topic(prompt_id)
        failure = Failure(prompt_id, error.code, error.message, error.retry_after_s)
        reply = OutMessage(topic, encode_reply(failure), correlation=incoming.correlation)
        return Arrival(
            id=prompt_id,
            reply_to=ReplyTo(topic, incoming.correlation),
            content=Refusal(reply, retryable=False, code=error.code),
            key=_key(incoming, sender_id),
            digest=_digest(incoming.topic, incoming.size, incoming.payload),
            redelivered=incoming.redelivered,
        )

    def _default_topic(self, prompt_id: PromptId) -> str:
        return f"{self._prefix}/reply/{prompt_id}"


def _is_for_replies(topic: str) -> bool:
    """Whether it is `<topic_root>/<any device>/reply/…`; every other topic below the root means something else."""
    _, _, *below = topic.split("/")
    return len(below) > 1 and below[0] == "reply"


def _cancellation(incoming: Incoming) -> Cancellation | Unanswerable:
    try:
        return Cancellation(decode_cancel(incoming.payload))
    except InvalidPayloadError:
        return Unanswerable()


def _order(incoming: Incoming) -> Ordered | Misordered | Unanswerable:
    """A command; without an id there is no topic for an answer."""
    try:
        command_id, command = decode_command(incoming.payload)
    except InvalidPayloadError as error:
        return Unanswerable() if error.id is None else Misordered(CommandId(error.id), error.message)
    return Ordered(command_id, command, _digest(incoming.payload))


def _sampling(fields: PromptFields) -> Sampling:
    default = Sampling()
    return Sampling(
        max_tokens=default.max_tokens if fields.max_tokens is None else fields.max_tokens,
        temperature=default.temperature if fields.temperature is None else fields.temperature,
        top_p=default.top_p if fields.top_p is None else fields.top_p,
        seed=fields.seed,
        stop=fields.stop,
        json_schema=fields.json_schema,
    )


def _key(incoming: Incoming, sender_id: PromptId | None) -> str | None:
    """What tells that a message without an id of its sender's came before.

    Clients count their Correlation Data from 1 at each start, so the same alone is not the same message: what was asked
    counts as well. A message at QoS 0 never comes again.
    """
    if sender_id is not None:
        return None
    asked = (incoming.topic, incoming.response_topic or "", incoming.size)
    if incoming.correlation is not None:
        return f"correlation:{_digest(*asked, incoming.correlation, incoming.payload)}"
    if incoming.qos == 0:
        return None
    return f"packet:{_digest(*asked, incoming.payload)}:{incoming.packet_id}"


def _digest(*parts: str | int | bytes) -> str:
    """SHA-256 over the parts, each with its length, so that no two lists of parts look the same."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
