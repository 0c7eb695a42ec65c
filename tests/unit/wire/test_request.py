"""What senders may write, and what they are told when they may not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ErrorCode, RejectedError
from agent.prompt import Message, PromptId, Role
from agent.wire import InvalidPayloadError, PromptFields, decode_cancel, decode_prompt, encode_cancel
from tests.hostile_images import SCAN, HostileImage, all_hostile, frame, jpeg
from tests.pictures import KINDS, data_url, file, in_base64, noisy, plain

HI = (Message(Role.USER, "hi"),)
PIXEL = data_url(file(plain(), "PNG"), "PNG")
JPEG = in_base64(file(plain()))


def _decode(document: object) -> PromptFields:
    return decode_prompt(json.dumps(document).encode())


def _refusal(payload: bytes) -> InvalidPayloadError:
    with pytest.raises(InvalidPayloadError) as refused:
        decode_prompt(payload)
    return refused.value


def _user(content: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def _shown(url: str) -> dict[str, Any]:
    return _user([{"type": "image_url", "image_url": {"url": url}}])


def _format(schema: object) -> dict[str, Any]:
    return {"prompt": "hi", "response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}


@pytest.mark.parametrize("payload", [b"hi", b" hi\n", b"\thi "])
def test_text_is_the_prompt_itself(payload: bytes) -> None:
    assert decode_prompt(payload) == PromptFields(messages=HI)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    mark = "\ufeff".encode()
    assert decode_prompt(mark + b"hi") == PromptFields(messages=HI)
    assert decode_prompt(mark + b'{"id": "a", "prompt": "hi"}') == PromptFields(messages=HI, id=PromptId("a"))
    assert _refusal(mark + b'{"id": "a", "prompt"').is_text
    assert decode_cancel(mark + b'{"id": "a"}') == "a"


@pytest.mark.parametrize("text", ['["a"]', '"a"', "42", "[" * 5000, "}{"])
def test_json_that_is_no_object_is_text(text: str) -> None:
    assert decode_prompt(text.encode()).messages == (Message(Role.USER, text),)


def test_every_field() -> None:
    document = {
        "id": "a-1",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        ],
        "model": "m",
        "max_tokens": 7,
        "temperature": 1,
        "top_p": 0.5,
        "seed": -3,
        "stop": ["a", "b"],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        "stream": True,
        "priority": -100,
        "deadline_ms": 1500,
        "images": [],
        "unknown": {"ignored": True},
    }
    assert _decode(document) == PromptFields(
        id=PromptId("a-1"),
        messages=(Message(Role.SYSTEM, "Be short."), Message(Role.USER, "one\ntwo")),
        model="m",
        max_tokens=7,
        temperature=1.0,
        top_p=0.5,
        seed=-3,
        stop=("a", "b"),
        json_schema='{"type":"object"}',
        stream=True,
        priority=-100,
        timeout=1.5,  # type: ignore[arg-type]  # equal to Seconds(1.5)
    )


def test_null_is_the_same_as_leaving_out() -> None:
    optional = ("id", "messages", "model", "max_tokens", "temperature", "top_p", "seed", "stop", "response_format")
    more = ("stream", "priority", "deadline_ms", "images")
    assert _decode({"prompt": "hi"} | dict.fromkeys(optional + more)) == PromptFields(messages=HI)


@pytest.mark.parametrize(
    ("extra", "field", "expected"),
    [
        ({"stop": "end"}, "stop", ("end",)),
        ({"seed": 2**63 - 1}, "seed", 2**63 - 1),
        ({"response_format": {"type": "text"}}, "json_schema", None),
        ({"response_format": {"type": "json_object"}}, "json_schema", '{"type":"object"}'),
        (_format({"title": "Straße"}), "json_schema", '{"title":"Straße"}'),
        ({"temperature": 2}, "temperature", 2.0),
        ({"top_p": 1}, "top_p", 1.0),
    ],
)
def test_a_field(extra: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(_decode({"prompt": "hi"} | extra), field) == expected


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"prompt": "hi", "id": "a/b"}, "/id"),
        ({"prompt": "hi", "id": "a\n"}, "/id"),
        ({"prompt": "hi", "id": "x" * 65}, "/id"),
        ({"prompt": "hi", "id": ""}, "/id"),
        ({"prompt": "hi", "max_tokens": 0}, "/max_tokens"),
        ({"prompt": "hi", "max_tokens": True}, "/max_tokens"),
        ({"prompt": "hi", "max_tokens": "8"}, "/max_tokens"),
        ({"prompt": "hi", "max_tokens": 8.0}, "/max_tokens"),
        ({"prompt": "hi", "max_tokens": 10**400}, "/max_tokens"),
        ({"prompt": "hi", "temperature": 2.01}, "/temperature"),
        ({"prompt": "hi", "temperature": -0.1}, "/temperature"),
        ({"prompt": "hi", "top_p": 0}, "/top_p"),
        ({"prompt": "hi", "seed": 2**63}, "/seed"),
        ({"prompt": "hi", "stop": ["x"] * 9}, "/stop"),
        ({"prompt": "hi", "stop": ["ok", ""]}, "/stop/1"),
        ({"prompt": "hi", "stop": ["x" * 257]}, "/stop/0"),
        ({"prompt": "hi", "stop": 7}, "/stop"),
        ({"prompt": "hi", "priority": 101}, "/priority"),
        ({"prompt": "hi", "deadline_ms": 0}, "/deadline_ms"),
        ({"prompt": "hi", "stream": "yes"}, "/stream"),
        ({"prompt": "hi", "model": ""}, "/model"),
        ({"prompt": "hi", "response_format": {"type": "xml"}}, "/response_format/type"),
        ({"prompt": "hi", "response_format": {"type": "json_schema"}}, "/response_format"),
        (_format("string"), "/response_format/json_schema/schema"),
        (_format({"enum": ["x" * 66000]}), "/response_format"),
        ({"prompt": " "}, "/prompt"),
        ({"messages": []}, "/messages"),
        ({"messages": [{"role": "user", "content": "a"}] * 1025}, "/messages"),
        ({"messages": [{"role": "boss", "content": "a"}]}, "/messages/0/role"),
        ({"messages": [{"role": "user"}]}, "/messages/0/content"),
        (_user(""), "/messages/0/content"),
        (_user(7), "/messages/0/content"),
        (_user([]), "/messages/0/content"),
        (_user([{"type": "video"}]), "/messages/0/content/0"),
        (_user([{"type": "text", "text": "a"}, {"type": "text"}]), "/messages/0/content/1/text"),
        (_user([{"type": "image_url", "image_url": {"url": "http://h/x.jpg"}}]), "/messages/0/content/0/image_url/url"),
        (_user([{"type": "image_url", "image_url": {"url": PIXEL + "?"}}]), "/messages/0/content/0/image_url/url"),
        ({"prompt": "hi", "images": [{"jpeg_base64": "??"}]}, "/images/0/jpeg_base64"),
        ({"prompt": "hi", "images": [{}]}, "/images/0"),
        ({"prompt": "hi", "images": [{"jpeg_base64": JPEG}, {"jpeg_base64": ""}]}, "/images/1/jpeg_base64"),
        ({"prompt": "hi", "images": [{"jpeg_base64": PIXEL.partition(",")[2]}]}, "/images/0/jpeg_base64"),
        (_shown(f"data:image/png;base64,{JPEG}"), "/messages/0/content/0/image_url/url"),
        (_shown(f"data:image/gif;base64,{JPEG}"), "/messages/0/content/0/image_url/url"),
        (_shown(f"data:image/jpeg,{JPEG}"), "/messages/0/content/0/image_url/url"),
        (_shown(f"data:image/jpeg;charset=utf-8;base64,{JPEG}"), "/messages/0/content/0/image_url/url"),
    ],
)
def test_the_error_points_at_what_is_wrong(document: dict[str, Any], pointer: str) -> None:
    refusal = _refusal(json.dumps(document).encode())
    assert refusal.code is ErrorCode.INVALID_REQUEST
    assert refusal.message.partition(": ")[0] == pointer


@pytest.mark.parametrize("document", [{}, {"id": "a"}, {"prompt": "a", "messages": [{"role": "user", "content": "a"}]}])
def test_exactly_one_of_prompt_and_messages(document: dict[str, Any]) -> None:
    assert _refusal(json.dumps(document).encode()).message == "give exactly one of messages and prompt"


def test_a_schema_with_a_number_that_json_cannot_carry() -> None:
    schema = b'{"minimum": 1e999}'
    body = b'{"prompt": "hi", "response_format": {"type": "json_schema", "json_schema": {"schema": ' + schema + b"}}}"
    assert _refusal(body).message.startswith("/response_format: ")


def test_more_errors_are_counted() -> None:
    refusal = _refusal(b'{"prompt": "hi", "max_tokens": 0, "seed": "a", "top_p": 7}')
    assert refusal.message.startswith("/max_tokens: ")
    assert refusal.message.endswith("(and 2 more)")


def test_cameras_are_named_once_each_and_are_no_pictures_yet() -> None:
    images = [{"camera": "door"}, {"jpeg_base64": JPEG}, {"camera": "yard"}, {"camera": "door"}]
    fields = _decode({"prompt": "hi", "images": images})
    assert fields.cameras == ("door", "yard")
    assert fields.messages[0].images == (f"data:image/jpeg;base64,{JPEG}",)


def test_images_within_a_message() -> None:
    parts = [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    assert _decode(_user(parts)).messages == (Message(Role.USER, "what?", (PIXEL,)),)
    assert _decode(_user(parts[1:])).messages == (Message(Role.USER, "", (PIXEL,)),)


def test_images_beside_the_messages_go_with_the_last_of_the_user() -> None:
    conversation = [
        {"role": "user", "content": "one"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]},
        {"role": "assistant", "content": "two"},
    ]
    first, shown, last = _decode({"messages": conversation, "images": [{"jpeg_base64": JPEG}]}).messages
    assert (first.images, last.images) == ((), ())
    assert shown.images == (PIXEL, f"data:image/jpeg;base64,{JPEG}")


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_goes_on_as_the_text_that_came(kind: str) -> None:
    url = data_url(file(noisy(), kind), kind)
    (message,) = _decode(_shown(url)).messages
    assert message.images == (url,)
    assert _decode(_shown(url.replace("image/", "IMAGE/"))).messages[0].images == (url.replace("image/", "IMAGE/"),)


@pytest.mark.parametrize("hostile", all_hostile(), ids=lambda hostile: hostile.name)
def test_a_hostile_image_is_refused_with_its_pointer(hostile: HostileImage) -> None:
    beside = _refusal(json.dumps({"prompt": "hi", "images": [{"jpeg_base64": in_base64(hostile.data)}]}).encode())
    assert beside.message.startswith("/images/0/jpeg_base64: ")
    within = _refusal(json.dumps(_shown(data_url(hostile.data, hostile.kind))).encode())
    assert within.code is hostile.code
    assert within.message.startswith("/messages/0/content/0/image_url/url: ")
    assert hostile.why in within.message


def test_an_error_elsewhere_comes_before_an_image_that_is_too_large() -> None:
    large = {"jpeg_base64": in_base64(jpeg(frame(10_000, 10_000), SCAN))}
    assert _refusal(json.dumps({"prompt": "hi", "images": [large]}).encode()).code is ErrorCode.TOO_LARGE
    refusal = _refusal(json.dumps({"prompt": "hi", "images": [large], "top_p": 3}).encode())
    assert (refusal.code, refusal.message.partition(": ")[0]) == (ErrorCode.INVALID_REQUEST, "/top_p")


def test_images_need_a_user_message() -> None:
    document = {"messages": [{"role": "system", "content": "a"}], "images": [{"jpeg_base64": JPEG}]}
    assert _refusal(json.dumps(document).encode()).code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" \n\t",
        b"{",
        b'{"prompt": "hi"',
        b'{"prompt": "hi"} x',
        b'{"prompt": "hi", "x": NaN}',
        b'{"prompt": "hi", "x": -Infinity}',
        b'{"prompt": "\\ud800"}',
        b'{"a":' * 100_000,
        b'{"prompt": "hi", "x": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_invalid(payload: bytes) -> None:
    refusal = _refusal(payload)
    assert (refusal.code, refusal.id, refusal.is_text) == (ErrorCode.INVALID_REQUEST, None, True)


def test_what_is_not_utf8_is_no_text() -> None:
    assert not _refusal(b'{"prompt": "\xff"}').is_text


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"id": "mine", "prompt": 7}', "mine"),
        (b'{"id": "mine"}', "mine"),
        (b'{"id": "not/mine", "prompt": 7}', None),
        (b'{"id": 7, "prompt": 7}', None),
        (b'{"id": "mine", "prompt": "hi"', None),
    ],
)
def test_a_legal_id_survives_other_errors(payload: bytes, expected: str | None) -> None:
    assert _refusal(payload).id == expected


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ('{"id": "w1", "prompt": "x", "temperature": NaN}', "expected value at line 1 column 44: NaN is no JSON"),
        ('{"prompt": "ä",\n "temperature": -Infinity}', "invalid number at line 2 column 18: -Infinity is no JSON"),
        ('{"prompt": "x", "stream": True}', "expected value at line 1 column 27: True is no JSON"),
        ('{"prompt": "say "NaN" again"}', "expected `,` or `}` at line 1 column 18: NaN is no JSON"),
        ('{"prompt": "my "s3cret" word"}', "expected `,` or `}` at line 1 column 17"),
        ('{"prompt": "x"', "EOF while parsing an object at line 1 column 14"),
        ('{"prompt": "x\n"}', "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0"),
    ],
)
def test_what_is_no_json_is_named_when_it_is_a_known_word(payload: str, why: str) -> None:
    assert _refusal(payload.encode()).message == f"the payload begins like a JSON object but is none: {why}"


def test_the_error_does_not_repeat_what_was_sent() -> None:
    """Replies are stored and logged elsewhere; a refusal is no place for a megabyte, or for somebody's secret."""
    refusal = _refusal(json.dumps({"prompt": "hi", "id": "s3cret/" * 1000}).encode())
    assert "s3cret" not in refusal.message
    assert len(refusal.message) < 200


def test_cancel_round_trip() -> None:
    assert decode_cancel(encode_cancel(PromptId("a.b"))) == "a.b"


@pytest.mark.parametrize("payload", [b"", b"a", b"{}", b'{"id": 7}', b'{"id": "a/b"}', b"\xff", b"[" * 100_000])
def test_cancel_of_nothing(payload: bytes) -> None:
    with pytest.raises(InvalidPayloadError):
        decode_cancel(payload)


_FIELDS = st.sampled_from(
    [
        "id",
        "messages",
        "prompt",
        "role",
        "content",
        "type",
        "text",
        "image_url",
        "url",
        "images",
        "camera",
        "jpeg_base64",
        "stop",
        "seed",
        "temperature",
        "deadline_ms",
        "response_format",
        "json_schema",
        "schema",
    ]
)
_WORDS = st.sampled_from(["user", "text", "json_schema"])
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["user", "text", "json_schema"]),
    lambda inner: st.lists(inner) | st.dictionaries(_FIELDS | st.text(), inner),
    max_leaves=25,
)


@given(st.binary() | st.binary().map(lambda tail: b"{" + tail))
def test_any_bytes_are_read_or_rejected(payload: bytes) -> None:
    try:
        assert decode_prompt(payload).messages
    except RejectedError as error:
        assert error.message  # noqa: PT017 - either outcome is right


@given(st.dictionaries(_FIELDS, _JSON))
def test_any_json_object_is_read_or_rejected(document: dict[str, object]) -> None:
    payload = json.dumps(document).encode()
    try:
        assert decode_prompt(payload).messages
    except RejectedError as error:
        assert error.message  # noqa: PT017 - either outcome is right
