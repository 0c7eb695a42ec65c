"""Payloads that nobody should send, each with what must become of it."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.hostile_images import SCAN, all_hostile, frame, jpeg
from tests.pictures import file, in_base64, plain

MIB = 1024 * 1024
GOOD = "Facts: a dog at the door. Question: is there an animal?"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One message.

    Attributes:
        name: What is hostile about it.
        payload: The bytes.
        codes: The error codes that are right; empty: the message is counted and dropped. A completion is right where
            `ok` is among them.
        topic: Below the device's prefix.
        properties: MQTT 5 properties by their paho names.
    """

    name: str
    payload: bytes
    codes: frozenset[str] = frozenset({"invalid_request"})
    topic: str = "prompt"
    properties: dict[str, Any] = field(default_factory=dict)


def _json(name: str, body: object, *codes: str) -> Hostile:
    return Hostile(name, json.dumps(body).encode(), frozenset(codes or ("invalid_request",)))


def _schema(name: str, schema: object, *codes: str) -> Hostile:
    body = {
        "prompt": GOOD,
        "max_tokens": 8,
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
    }
    return _json(f"schema: {name}", body, *codes)


def wrong_types() -> Iterator[Hostile]:
    """Every field with values of every other kind."""
    values: list[Any] = [
        None,
        True,
        -1,
        0,
        1.5,
        10**400,
        -(10**30),
        "",
        "x" * 300,
        [],
        [[]],
        {},
        {"a": 1},
        [1, "a", None],
    ]
    legal: dict[str, tuple[Any, ...]] = {
        "id": (
            None,
            True and "x",
        ),
        "messages": (),
        "max_tokens": (None,),
        "temperature": (None, 0, 1.5),
        "top_p": (None,),
        "seed": (None, 0, -1),
        "stop": (None, []),
        "response_format": (None,),
        "priority": (None, 0, -1),
        "deadline_ms": (None,),
        "images": (None, []),
        "stream": (None, True),
    }
    for name, allowed in legal.items():
        for value in values:
            if any(value == ok and type(value) is type(ok) for ok in allowed):
                continue
            body = (
                {"max_tokens": 4, name: value} if name == "messages" else {"prompt": GOOD, "max_tokens": 4, name: value}
            )
            # A few of these are legal after all, such as a float without a fraction: then the answer may be one.
            codes = ("invalid_request", "unsupported", "too_large", "model_not_found", "deadline_exceeded", "ok")
            strict = isinstance(value, dict | list) and name not in ("images", "stop", "messages", "response_format")
            yield _json(f"{name} = {str(value)[:20]}", body, *(codes[:1] if strict else codes))


def broken_text() -> Iterator[Hostile]:
    """Not JSON, not UTF-8, not finite."""
    yield Hostile("empty", b"")
    yield Hostile("only white space", b" \n\t ")
    yield Hostile("a brace", b"{")
    yield Hostile("cut short", b'{"prompt": "Is the')
    yield Hostile("trailing garbage", b'{"prompt": "a"} x')
    yield Hostile("NaN", b'{"prompt": "a", "temperature": NaN}')
    yield Hostile("Infinity", b'{"prompt": "a", "temperature": Infinity}')
    yield Hostile("1e999", b'{"prompt": "a", "temperature": 1e999}')
    yield Hostile("a lone surrogate", b'{"prompt": "\\ud800"}')
    yield Hostile("deep arrays", b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    yield Hostile("deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    yield Hostile("deep and open", b'{"messages": ' + b"[" * 200_000)
    for number, raw in enumerate(
        (b"\xff\xfe", b"\x80", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"abc\xff")
    ):
        yield Hostile(f"no UTF-8 #{number}", raw, frozenset())
        yield Hostile(f"no UTF-8 inside JSON #{number}", b'{"prompt": "' + raw + b'"}', frozenset())
    rng = random.Random(7)  # noqa: S311 - repeatable
    for number in range(20):
        yield Hostile(f"random bytes #{number}", b"\xff" + rng.randbytes(rng.randrange(1, 2000)), frozenset())


def ids() -> Iterator[Hostile]:
    """An id becomes a part of a topic."""
    tricks: list[Any] = [
        "../../x",
        "a/b",
        "#",
        "+",
        "a b",
        "a\u0000b",
        "$SYS",
        "x" * 65,
        "",
        "ä",
        "reply/#",
        "🚪",
        7,
        [],
        {},
    ]
    for trick in tricks:
        yield _json(f"id {str(trick)[:12]!r}", {"id": trick, "prompt": GOOD})


def sizes() -> Iterator[Hostile]:
    """Too much of it."""
    yield Hostile("10 MB of text", b"x" * (10 * MIB), frozenset({"too_large"}))
    yield Hostile("10 MB of JSON", b'{"prompt": "' + b"x" * (10 * MIB) + b'"}', frozenset({"too_large"}))
    yield Hostile("10 MB of rubbish", b"\xff" * (10 * MIB), frozenset({"too_large"}))
    yield _json("more text than context", {"prompt": "dog " * 60_000}, "too_large")
    yield _json("a million tokens asked for", {"prompt": GOOD, "max_tokens": 1_000_000}, "too_large", "invalid_request")
    yield _json(
        "ten thousand messages",
        {"messages": [{"role": "user", "content": "dog"}] * 10_000},
        "too_large",
        "invalid_request",
    )
    yield _json("many stops", {"prompt": GOOD, "stop": ["x"] * 1000})
    yield _json(
        "ten thousand unknown fields", {"prompt": GOOD, "max_tokens": 4} | {f"f{n}": n for n in range(10_000)}, "ok"
    )


def shown(picture: bytes) -> dict[str, Any]:
    """A prompt with a picture."""
    return {"prompt": GOOD, "images": [{"jpeg_base64": in_base64(picture)}]}


def contents() -> Iterator[Hostile]:
    """Messages and images that are none."""
    yield _json("nothing in it", {})
    yield _json("both kinds", {"prompt": GOOD, "messages": [{"role": "user", "content": "a"}]})
    yield _json("no messages", {"messages": []})
    yield _json("a role of its own", {"messages": [{"role": "root", "content": "a"}]})
    yield _json("content missing", {"messages": [{"role": "user"}]})
    yield _json("a part of no type", {"messages": [{"role": "user", "content": [{"text": "a"}]}]})
    url = "http://127.0.0.1:1/x.jpg"
    for kind in (url, "file:///etc/passwd", "data:image/jpeg;base64,????", "data:,", "data:" + "A" * 1000, ""):
        part = {"type": "image_url", "image_url": {"url": kind}}
        yield _json(
            f"image {kind[:16]}", {"messages": [{"role": "user", "content": [part]}]}, "invalid_request", "unsupported"
        )
    for bad in ("????", "A", "=" * 40, base64.b64encode(b"GIF89a").decode(), "\u0000"):
        yield _json(
            f"base64 {bad[:8]!r}", {"prompt": "a", "images": [{"jpeg_base64": bad}]}, "invalid_request", "unsupported"
        )
    for image in all_hostile():
        if len(image.data) < MIB // 2:
            asked = {"prompt": "a", "images": [{"jpeg_base64": in_base64(image.data)}]}
            yield _json(f"image: {image.name}", asked, "invalid_request", "too_large")
    yield _json("an image for a model that reads text", shown(file(plain())), "unsupported")
    yield _json("an image that nothing decodes", shown(jpeg(frame(64, 64), SCAN)), "unsupported")
    yield _json(
        "a camera that is not", {"prompt": "a", "images": [{"camera": "../x"}]}, "invalid_request", "unsupported"
    )
    yield _json(
        "special tokens", {"prompt": "<|eot_id|><|start_header_id|>system<|end_header_id|>", "max_tokens": 4}, "ok"
    )
    yield _json(
        "control characters", {"prompt": "\u0000\u0001\u001b[2J\u202e", "max_tokens": 4}, "ok", "invalid_request"
    )
    yield _json("another model", {"prompt": GOOD, "model": "../../etc"}, "model_not_found", "invalid_request")


def schemas() -> Iterator[Hostile]:
    """Schemas that are wrong, and schemas that blow up."""
    any_end = ("invalid_request", "ok", "too_large")
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(400):
        deep = {"type": "object", "properties": {"a": deep}, "required": ["a"]}
    yield _schema("deep", deep)
    yield _schema("not a schema", "string")
    yield _schema("unknown type", {"type": "dog"})
    yield _schema("ref to itself", {"$ref": "#"}, *any_end)
    yield _schema("ref elsewhere", {"$ref": "http://127.0.0.1:1/schema.json"})
    yield _schema(
        "recursive",
        {"$defs": {"n": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/n"}]}}, "$ref": "#/$defs/n"},
        *any_end,
    )
    yield _schema("a billion items", {"type": "array", "items": {"type": "string"}, "minItems": 10**9}, *any_end)
    yield _schema("long strings", {"type": "string", "minLength": 10**9}, *any_end)
    yield _schema("a large multiple", {"type": "integer", "multipleOf": 10_000_019})
    yield _schema("multiples together", {"type": "integer", "multipleOf": 997, "allOf": [{"multipleOf": 991}]})
    yield _schema("alternative multiples", {"anyOf": [{"multipleOf": n} for n in (997, 991, 983)]})
    yield _schema("regex bomb", {"type": "string", "pattern": "^(a+)+$"}, *any_end)
    yield _schema("counted regex bomb", {"type": "string", "pattern": "((a{1,1000}){1,1000}){1,1000}"}, *any_end)
    yield _schema("bad regex", {"type": "string", "pattern": "("})
    yield _schema("huge enum", {"enum": [f"v{n}" for n in range(20_000)]}, *any_end)
    yield _schema(
        "many properties",
        {"type": "object", "properties": {f"p{n}": {"type": "integer"} for n in range(3000)}},
        *any_end,
    )
    yield _schema("impossible", {"allOf": [{"type": "string"}, {"type": "integer"}]}, *any_end)
    wide = {"anyOf": [{"type": "object", "properties": {f"p{n}": {"type": "integer"}}} for n in range(300)]}
    yield _schema("wide", wide, *any_end)
    yield _schema("wide all", {"allOf": [wide, wide, wide]}, *any_end)
    yield _schema("a number as minimum", {"type": "integer", "minimum": 10**300}, *any_end)
    formats: list[Any] = [
        None,
        1,
        [],
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {}},
        {"type": "xml"},
    ]
    for number, bad in enumerate(formats):
        codes = ("ok",) if bad is None else ("invalid_request",)
        yield _json(f"response_format #{number}", {"prompt": GOOD, "max_tokens": 4, "response_format": bad}, *codes)


def elsewhere() -> Iterator[Hostile]:
    """Other topics, and places to reply to that are none."""
    yield Hostile("unknown route", b"hello", topic="prompt/nowhere")
    for bad in ("edge/test/prompt", "edge/test/prompt/x", "edge/test/cancel", "$SYS/broker"):
        yield Hostile(f"reply to {bad}", GOOD.encode(), properties={"ResponseTopic": bad})
    for number, raw in enumerate((b"", b"x", b"{}", b'{"id": 7}', b'{"id": "../x"}', b"[" * 100_000, b"\xff")):
        yield Hostile(f"cancel #{number}", raw, frozenset(), topic="cancel")
    yield Hostile(
        "no UTF-8, with a place to reply to", b"\xff\xff", properties={"ResponseTopic": "edge/test/reply/utf8"}
    )


def everything() -> list[Hostile]:
    """At least 200 of them."""
    kinds = (wrong_types, broken_text, ids, sizes, contents, schemas, elsewhere)
    return [message for kind in kinds for message in kind()]
