"""What a message from the broker means."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Config
from agent.journal import Arrival, Refusal
from agent.prompt import Message, Prompt, PromptId, ReplyTo, Role, Sampling
from agent.sources.interpret import Cancellation, Interpreter, Unanswerable, subscriptions
from agent.wire import encode_cancel
from tests.hostile_images import SCAN, frame, jpeg
from tests.pictures import in_base64
from tests.unit.sources.values import incoming

CONFIG = Config.model_validate(
    {
        "device": {"id": "dev"},
        "broker": {"groups": ["pool"]},
        "queue": {"max_payload": "1000B"},
        "routes": {"short": {"system": "Be short.", "max_tokens": 8, "timeout": "5s"}, "form": {}},
        "upstreams": {
            "big": {"url": "http://h/v1", "may_leave": {"routes": ["form"], "images": True}},
            "text": {"url": "http://h/v1", "may_leave": {"prompts": True}},
        },
    }
)
MADE = PromptId("made")
INTERPRETER = Interpreter(CONFIG, {"form": '{"type":"object"}'}, make_id=lambda: MADE)


def _arrival(payload: bytes | str | dict[str, Any] = "hi", **more: Any) -> Arrival:  # noqa: ANN401 - of `incoming`
    meaning = INTERPRETER.interpret(incoming(json.dumps(payload) if isinstance(payload, dict) else payload, **more))
    assert isinstance(meaning, Arrival)
    return meaning


def _prompt(payload: bytes | str | dict[str, Any] = "hi", **more: Any) -> Prompt:  # noqa: ANN401 - likewise
    content = _arrival(payload, **more).content
    assert isinstance(content, Prompt), content
    return content


def _error(payload: bytes | str | dict[str, Any] = "hi", **more: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - likewise
    """The topic of a refusal's reply, and its document."""
    content = _arrival(payload, **more).content
    assert isinstance(content, Refusal), content
    return content.reply.topic, json.loads(content.reply.payload)


def _json(document: dict[str, str]) -> bytes:
    return json.dumps(document).encode()


def test_subscriptions() -> None:
    assert subscriptions(CONFIG) == [
        "edge/dev/prompt",
        "edge/dev/prompt/+",
        "edge/dev/cancel",
        "edge/dev/command",
        "$share/pool/edge/pool/prompt",
    ]


def test_a_plain_prompt() -> None:
    message = incoming("hi")
    assert _prompt() == Prompt(
        id=MADE,
        messages=(Message(Role.USER, "hi"),),
        sampling=Sampling(),
        reply_to=ReplyTo("edge/dev/reply/made"),
        received=message.received,
        received_wall=message.received_wall,
    )


def test_a_prompt_of_the_pool() -> None:
    assert _prompt(topic="edge/pool/prompt").messages == (Message(Role.USER, "hi"),)


def test_what_the_sender_asks_for() -> None:
    prompt = _prompt({"id": "x", "prompt": "hi", "temperature": 0.5, "stream": True, "priority": 3, "model": "m"})
    assert (prompt.id, prompt.stream, prompt.priority, prompt.model) == ("x", True, 3, "m")
    assert prompt.sampling == Sampling(temperature=0.5)
    assert prompt.reply_to == ReplyTo("edge/dev/reply/x")


def test_response_topic_and_correlation_data() -> None:
    reply_to = ReplyTo("my/replies", b"\x00\xff")
    arrival = _arrival(response_topic="my/replies", correlation=b"\x00\xff")
    assert arrival.reply_to == reply_to
    assert isinstance(arrival.content, Prompt)
    assert arrival.content.reply_to == reply_to


@pytest.mark.parametrize(
    ("deadline_ms", "expiry_s", "topic", "expected"),
    [
        (None, None, "edge/dev/prompt", None),
        (1500, None, "edge/dev/prompt", 1.5),
        (None, 7.0, "edge/dev/prompt", 7.0),
        (1500, 7.0, "edge/dev/prompt", 1.5),
        (9000, 7.0, "edge/dev/prompt", 7.0),
        (None, 0.0, "edge/dev/prompt", 0.0),
        (None, None, "edge/dev/prompt/short", 5.0),
        (9000, None, "edge/dev/prompt/short", 9.0),
        (None, 60.0, "edge/dev/prompt/short", 60.0),
    ],
)
def test_the_smaller_deadline_counts(
    deadline_ms: int | None, expiry_s: float | None, topic: str, expected: float | None
) -> None:
    prompt = _prompt({"prompt": "hi", "deadline_ms": deadline_ms}, expiry_s=expiry_s, topic=topic)
    assert prompt.timeout == expected


def test_a_route() -> None:
    prompt = _prompt(topic="edge/dev/prompt/short")
    assert prompt.messages == (Message(Role.SYSTEM, "Be short."), Message(Role.USER, "hi"))
    assert prompt.sampling.max_tokens == 8
    assert _prompt(topic="edge/dev/prompt/form").sampling.json_schema == '{"type":"object"}'


def test_an_unknown_route_names_those_there_are() -> None:
    topic, reply = _error({"id": "x", "prompt": "hi"}, topic="edge/dev/prompt/nowhere")
    assert (topic, reply["id"]) == ("edge/dev/reply/x", "x")
    assert reply["error"]["code"] == "invalid_request"
    assert reply["error"]["message"] == "there is no route 'nowhere'; there are: form, short"


def test_too_large_has_the_numbers() -> None:
    topic, reply = _error(b"", size=1001, response_topic="r", correlation=b"c")
    assert topic == "r"
    assert reply["error"]["code"] == "too_large"
    assert "1001 bytes" in reply["error"]["message"]
    assert "1000 bytes" in reply["error"]["message"]


def test_an_invalid_prompt_is_answered_under_its_own_id() -> None:
    topic, reply = _error({"id": "x", "prompt": 7})
    assert (topic, reply["id"]) == ("edge/dev/reply/x", "x")
    assert reply["error"]["message"].startswith("/prompt: ")


def test_an_invalid_prompt_without_a_legal_id_gets_one() -> None:
    topic, reply = _error({"id": "a/b", "prompt": "hi"}, correlation=b"c")
    assert (topic, reply["id"]) == ("edge/dev/reply/made", "made")


def test_a_refusal_carries_the_correlation_data() -> None:
    content = _arrival({"prompt": 7}, response_topic="r", correlation=b"\x00").content
    assert isinstance(content, Refusal)
    assert (content.reply.topic, content.reply.correlation, content.retryable) == ("r", b"\x00", False)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "a/+",
        "a/#",
        "a\x00b",
        "a\x1bb",
        "a\udcffb",
        "$SYS/broker",
        "$share/g/a",
        "/".join("a" * 129),
        "edge/dev/prompt",
        "edge/dev/prompt/short",
        "edge/dev/prompt/stream",
        "edge/dev/cancel",
        "edge/pool/prompt",
        "edge/other/prompt",
        "edge/other/cancel",
        "edge/dev/status",
        "edge/other/command",
        "edge/dev",
        "edge/dev/reply",
        "edge/dev/replyx/1",
        "edge/",
    ],
)
def test_an_unusable_response_topic_is_answered_on_the_default_one(topic: str) -> None:
    answered_on, reply = _error({"id": "x", "prompt": "hi"}, response_topic=topic)
    assert answered_on == "edge/dev/reply/x"
    assert reply["error"]["code"] == "invalid_request"
    assert reply["error"]["message"].startswith("the Response Topic is unusable: ")


@pytest.mark.parametrize("topic", ["edge/dev/reply/1", "edge/other/reply/a/b", "my/edge/dev/status", "edge", "edges/a"])
def test_a_usable_response_topic(topic: str) -> None:
    assert _arrival(response_topic=topic).reply_to.topic == topic


def test_two_faults_are_answered_on_the_default_topic_too() -> None:
    assert _error({"id": "x", "prompt": 7}, response_topic="#")[0] == "edge/dev/reply/x"


def test_no_text_and_nowhere_to_reply_to() -> None:
    assert INTERPRETER.interpret(incoming(b"\xff")) == Unanswerable()


def test_no_text_with_somewhere_to_reply_to() -> None:
    topic, reply = _error(b"\xff", response_topic="r")
    assert (topic, reply["error"]["code"]) == ("r", "invalid_request")


def test_cancel() -> None:
    message = incoming(encode_cancel(PromptId("x")), topic="edge/dev/cancel")
    assert INTERPRETER.interpret(message) == Cancellation(PromptId("x"))


@pytest.mark.parametrize("payload", ["", "x", "{}", '{"id": "a/b"}'])
def test_cancel_of_nothing(payload: str) -> None:
    assert INTERPRETER.interpret(incoming(payload, topic="edge/dev/cancel")) == Unanswerable()


def test_redelivered_is_passed_on() -> None:
    assert _arrival(redelivered=True).redelivered
    assert not _arrival().redelivered


def test_with_an_id_of_the_senders_no_key_is_needed() -> None:
    assert _arrival({"id": "x", "prompt": "hi"}, correlation=b"c").key is None
    assert _arrival({"id": "x", "prompt": 7}).key is None


def test_qos_0_never_comes_again() -> None:
    assert _arrival(qos=0, packet_id=0).key is None


def _packet_key(**more: Any) -> str:  # noqa: ANN401 - of `incoming`
    key = _arrival(**more).key
    assert key is not None
    return key


def test_the_packet_key_is_the_messages() -> None:
    key = _packet_key()
    assert key.startswith("packet:")
    assert key == _packet_key(redelivered=True)
    others = [
        _packet_key(packet_id=2),
        _packet_key(payload="ho"),
        _packet_key(response_topic="r"),
        _packet_key(topic="edge/pool/prompt"),
        _packet_key(payload=b"", size=2000),
        _packet_key(payload=b"", size=2001),
    ]
    assert len({key, *others}) == 1 + len(others)


def test_the_correlation_key_does_not_depend_on_the_delivery() -> None:
    key = _packet_key(correlation=b"1", response_topic="r", packet_id=1)
    assert key.startswith("correlation:")
    assert key == _packet_key(correlation=b"1", response_topic="r", packet_id=2, redelivered=True)


def test_clients_that_count_from_one_do_not_get_each_others_answers() -> None:
    keys = {
        _packet_key(correlation=b"1", response_topic="r"),
        _packet_key(correlation=b"2", response_topic="r"),
        _packet_key(correlation=b"1", response_topic="s"),
        _packet_key(correlation=b"1", response_topic="r", payload="another question"),
    }
    assert len(keys) == 4


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from(["id", "prompt"]), st.text()).map(lambda d: json.dumps(d).encode()),
    st.none() | st.text(max_size=20),
    st.sampled_from(["edge/dev/prompt", "edge/dev/prompt/x", "edge/dev/prompt/form", "edge/dev/cancel"]),
)
def test_any_message_has_a_meaning_and_a_reply_never_comes_back(
    payload: bytes, response_topic: str | None, topic: str
) -> None:
    meaning = INTERPRETER.interpret(incoming(payload, topic=topic, response_topic=response_topic))
    if isinstance(meaning, Arrival):
        assert meaning.reply_to.topic not in ("edge/dev/prompt", "edge/dev/cancel")
        assert not meaning.reply_to.topic.startswith(("edge/dev/prompt/", "$"))


SHOWN = {"jpeg_base64": in_base64(jpeg(frame(8, 8), SCAN))}


@pytest.mark.parametrize(
    ("document", "topic"),
    [
        ({"images": [SHOWN], "model": "text"}, "edge/dev/prompt"),
        ({"model": "big"}, "edge/dev/prompt"),
        ({"model": "big"}, "edge/dev/prompt/short"),
        ({"model": "text"}, "edge/dev/prompt/form"),
    ],
)
def test_what_may_not_leave_is_told_at_once(document: dict[str, Any], topic: str) -> None:
    reply_topic, reply = _error({"id": "x", "prompt": "hi", **document}, topic=topic)
    assert (reply_topic, reply["error"]["code"]) == ("edge/dev/reply/x", "unsupported")


@pytest.mark.parametrize("model", [None, "mine"])
def test_whether_a_model_of_the_device_sees_is_not_decided_here(model: str | None) -> None:
    assert _prompt({"prompt": "hi", "model": model, "images": [SHOWN]}).has_images


def test_what_may_leave_is_a_prompt_with_its_route() -> None:
    prompt = _prompt({"prompt": "hi", "model": "big", "images": [SHOWN]}, topic="edge/dev/prompt/form")
    assert (prompt.model, prompt.route, prompt.has_images) == ("big", "form", True)
    assert _prompt({"prompt": "hi", "model": "text"}).route is None
