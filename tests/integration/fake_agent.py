"""An agent that says what a test wants, on a real broker: for what stands on the other side of the contract."""

import json
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.errors import ErrorCode
from agent.prompt import Completion, Delta, Failure, FinishReason, PromptId, Reply, Timing, Usage
from agent.units import Seconds, UnixSeconds
from agent.wire import encode_delta, encode_offline, encode_online, encode_reply

PREFIX = "edge/fake"
DEADLINE_S = 10.0


class FakeAgent:
    """Subscribed like an agent; `answer` is called for every prompt, in the client's own thread.

    Attributes:
        prompts: What came on `R/prompt`.
        cancelled: The ids that came on `R/cancel`.
    """

    def __init__(self, port: int, answer: Callable[["FakeAgent", MQTTMessage], None]) -> None:
        self.prompts: SimpleQueue[MQTTMessage] = SimpleQueue()
        self.cancelled: SimpleQueue[str] = SimpleQueue()
        self._ready: SimpleQueue[None] = SimpleQueue()
        self._answer = answer
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.on_subscribe = lambda *_: self._ready.put(None)
        self._client.on_message = lambda _client, _data, message: self._handle(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _handle(self, message: MQTTMessage) -> None:
        if message.topic == f"{PREFIX}/cancel":
            self.cancelled.put(json.loads(message.payload)["id"])
            return
        self._answer(self, message)
        self.prompts.put(message)

    def say_online(self, model: str | None = "edge-tiny") -> None:
        """Retain the status of a running agent."""
        status = encode_online(
            version="0",
            model=model,
            context_length=4096,
            engine=None if model is None else "onnxruntime-genai",
            engine_reason=None,
            vision=False,
            draining=False,
            since=UnixSeconds(0),
        )
        self._retain(status)

    def say_offline(self) -> None:
        """Retain the status of one whose connection broke."""
        self._retain(encode_offline("lost"))

    def _retain(self, status: bytes) -> None:
        self._client.publish(f"{PREFIX}/status", status, qos=1, retain=True).wait_for_publish(DEADLINE_S)

    def stream(self, prompt: MQTTMessage, *deltas: tuple[int, str]) -> None:
        """Publish deltas, each with its index."""
        for index, text in deltas:
            payload = encode_delta(Delta(prompt_id(prompt), index, text))
            self._client.publish(f"{response_topic(prompt)}/stream", payload)

    def reply(self, prompt: MQTTMessage, reply: Reply) -> None:
        """Publish the reply where the prompt wants it."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho left its types out
        properties.CorrelationData = property_of(prompt, "CorrelationData")
        self._client.publish(response_topic(prompt), encode_reply(reply), qos=1, properties=properties)

    def __enter__(self) -> Self:
        """Subscribe."""
        self._client.subscribe([(f"{PREFIX}/prompt", 1), (f"{PREFIX}/cancel", 1)])
        self._ready.get(timeout=DEADLINE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def prompt_id(prompt: MQTTMessage) -> PromptId:
    """The id that the sender gave."""
    return PromptId(json.loads(prompt.payload)["id"])


def property_of(prompt: MQTTMessage, name: str) -> object:
    """A property of MQTT 5, by paho's name for it."""
    found: object = getattr(prompt.properties, name)
    return found


def response_topic(prompt: MQTTMessage) -> str:
    """Where the sender wants its reply."""
    return str(property_of(prompt, "ResponseTopic"))


def completion(prompt: MQTTMessage, text: str, reason: FinishReason = FinishReason.STOP) -> Completion:
    """A reply with this text."""
    return Completion(
        id=prompt_id(prompt),
        model="edge-tiny",
        created=UnixSeconds(1.0),
        text=text,
        finish_reason=reason,
        usage=Usage(prompt_tokens=42, completion_tokens=17),
        timing=Timing(Seconds(0.003), Seconds(0.095), Seconds(0.64), 31.1),
    )


def failure(prompt: MQTTMessage) -> Failure:
    """An error reply."""
    return Failure(prompt_id(prompt), ErrorCode.QUEUE_FULL, "1000 prompts wait already", Seconds(5.0))
