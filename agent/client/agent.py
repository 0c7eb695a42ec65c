"""One agent, seen from a program that asks it."""

import contextlib
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import TypeAdapter, ValidationError

from agent.client.connection import AskError, BrokerConnection, Received
from agent.config import Broker
from agent.prompt import PromptId
from agent.units import Seconds
from agent.wire.notice import OfflinePayload, OnlinePayload
from agent.wire.reply import CompletionPayload, DeltaPayload, FailurePayload
from agent.wire.request import PromptPayload, encode_cancel

_REPLY_GRACE = Seconds(2.0)
"""An agent ends what is late by itself, and says so; that message has this much more time."""
_NOBODY_SUBSCRIBED = 0x10
_MAX_EXPIRY_S = 0xFFFFFFFF

_REPLY: TypeAdapter[CompletionPayload | FailurePayload] = TypeAdapter(CompletionPayload | FailurePayload)
_STATUS: TypeAdapter[OnlinePayload | OfflinePayload] = TypeAdapter(OnlinePayload | OfflinePayload)


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a prompt that ran.

    Attributes:
        payload: The bytes of the reply.
        completion: What they say.
    """

    payload: bytes
    completion: CompletionPayload

    @property
    def text(self) -> str:
        """What the model said."""
        return self.completion.choices[0].message.content


class RefusedError(AskError):
    """The agent replied with an error.

    Attributes:
        payload: The bytes of the reply.
    """

    def __init__(self, payload: bytes, failure: FailurePayload) -> None:
        super().__init__(f"the agent could not answer: {failure.error.message} ({failure.error.code})")
        self.payload = payload


class AgentClient(BrokerConnection):
    """A connection to the broker of one agent.

    Args:
        broker: Where it is.
        prefix: `R` of the agent's topics.
    """

    def __init__(self, broker: Broker, prefix: str) -> None:
        super().__init__(broker)
        self.status: OnlinePayload | OfflinePayload | None = None
        """What the agent last said of itself; None when it never did."""
        self._prefix = prefix

    def __enter__(self) -> Self:
        """Connect, and follow whether the agent is there."""
        super().__enter__()
        self.listen(f"{self._prefix}/status", self._on_status)
        return self

    def ask(self, prompt: PromptPayload, timeout: Seconds, on_text: Callable[[str], None]) -> Answer:
        """Send a prompt and wait for its reply.

        Args:
            prompt: What to send; id, streaming and deadline are set here.
            timeout: How long the answer may take.
            on_text: Called with each new piece of the answer; the pieces together are the answer, even when deltas
                were lost on the way.

        Raises:
            RefusedError: The agent replied with an error.
            AskError: No reply; why is in the message.
        """
        asking = _Asking(PromptId(f"ask-{secrets.token_hex(12)}"), on_text)
        reply_topic = f"{self._prefix}/reply/{asking.id}"
        self.listen(f"{reply_topic}/stream", asking.on_delta)
        self.listen(reply_topic, asking.on_reply)
        try:
            self._send(prompt, asking.id, reply_topic, timeout)
            if not self.wait(lambda: asking.reply is not None, Seconds(timeout + _REPLY_GRACE)):
                self._cancel(asking.id)
                raise AskError(self._why_no_reply(timeout))
        except KeyboardInterrupt:
            self._cancel(asking.id)
            raise
        finally:
            self.ignore(reply_topic)
            self.ignore(f"{reply_topic}/stream")
        return asking.answer()

    def _send(self, prompt: PromptPayload, prompt_id: PromptId, reply_topic: str, timeout: Seconds) -> None:
        if isinstance(self.status, OfflinePayload):
            raise AskError(f"the agent {self._prefix} is offline ({self.status.reason}); nothing was sent")
        update = {"id": prompt_id, "stream": True, "deadline_ms": math.ceil(timeout * 1000)}
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho left its types out
        properties.ResponseTopic = reply_topic
        properties.CorrelationData = prompt_id.encode()
        # A prompt that nobody waits for any more must not wait for the agent.
        properties.MessageExpiryInterval = min(math.ceil(timeout), _MAX_EXPIRY_S)
        payload = prompt.model_copy(update=update).model_dump_json(exclude_none=True, by_alias=True)
        reason = self.publish(f"{self._prefix}/prompt", payload.encode(), properties)
        if reason.value == _NOBODY_SUBSCRIBED:
            raise AskError(f"no agent {self._prefix} at the broker {self.place}: check its device id and its broker")

    def _cancel(self, prompt_id: PromptId) -> None:
        with contextlib.suppress(AskError):  # why it is cancelled is worth more than that it could not be
            self.publish(f"{self._prefix}/cancel", encode_cancel(prompt_id))

    def _why_no_reply(self, timeout: Seconds) -> str:
        if isinstance(self.status, OfflinePayload):
            return f"no reply in {timeout:g} s: the agent {self._prefix} went offline ({self.status.reason})"
        if isinstance(self.status, OnlinePayload) and self.status.model is None:
            return f"no reply in {timeout:g} s: the agent {self._prefix} has no model loaded; its log says why"
        return f"no reply in {timeout:g} s: the agent {self._prefix} may be busy; --timeout 5min waits longer"

    def _on_status(self, message: Received) -> None:
        try:
            self.status = _STATUS.validate_json(message.payload)
        except ValidationError:
            self.status = None


class _Asking:
    """One prompt on its way: puts the answer together from deltas and the reply."""

    def __init__(self, prompt_id: PromptId, on_text: Callable[[str], None]) -> None:
        self.id = prompt_id
        self.reply: bytes | None = None
        self._on_text = on_text
        self._shown = ""
        self._next_index = 0

    def on_delta(self, message: Received) -> None:
        """Show the delta if it is the next one. After a lost one, the rest waits for the reply."""
        try:
            delta = DeltaPayload.model_validate_json(message.payload)
        except ValidationError:
            return
        if self.reply is None and delta.index == self._next_index:
            self._next_index += 1
            self._show(delta.delta)

    def on_reply(self, message: Received) -> None:
        """Keep the first reply; the same one may come again."""
        if self.reply is None:
            self.reply = message.payload

    def answer(self) -> Answer:
        """The reply, with what the deltas did not show shown."""
        payload = self.reply or b""
        try:
            reply = _REPLY.validate_json(payload)
        except ValidationError as error:
            raise AskError("the agent's reply cannot be read: is it of another version than this program?") from error
        if isinstance(reply, FailurePayload):
            raise RefusedError(payload, reply)
        answer = Answer(payload, reply)
        if answer.text.startswith(self._shown):
            self._show(answer.text.removeprefix(self._shown))
        else:  # generated anew after the engine was lost: only the reply counts
            self._show(f"\n{answer.text}")
        return answer

    def _show(self, text: str) -> None:
        self._shown += text
        if text:
            self._on_text(text)
