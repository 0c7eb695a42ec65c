"""Schemas that would hang, crash or bloat the compiler are refused before it; ordinary ones are not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ErrorCode, RejectedError
from agent.schema_limits import MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_REFS, check_schema


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(depth - 1):
        schema = {"not": schema}
    return schema


def chain(length: int) -> dict[str, Any]:
    links: dict[str, Any] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(length - 1)}
    return {"$defs": links | {f"d{length - 1}": {"type": "integer"}}, "$ref": "#/$defs/d0"}


def doubling(times: int) -> dict[str, Any]:
    levels: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(times)}
    return {"$defs": levels | {f"d{times}": {"type": "object"}}, "$ref": "#/$defs/d0"}


ORDINARY: dict[str, dict[str, Any]] = {
    "empty": {},
    "limits met": {"type": "array", "maxItems": MAX_ITEMS},
    "depth met": nested(MAX_DEPTH - 1),
    "chain met": chain(MAX_REFS),
    "as pydantic writes it": {
        "$defs": {"Size": {"enum": ["small", "large"], "type": "string"}},
        "properties": {
            f"field_{n}": {"$ref": "#/$defs/Size", "description": "how large", "default": "small"} for n in range(40)
        },
        "type": "object",
    },
    "a property called like a rule": {"properties": {"minItems": {"type": "integer"}, "pattern": {"type": "string"}}},
    "multiples": {"properties": {f"p{n}": {"multipleOf": n} for n in (1, 5, 7.0, 0.01, 0.25, 60)}},
    "the largest multiple": {"multipleOf": 1e4},
    "a zero and less": {"anyOf": [{"multipleOf": 0}, {"multipleOf": -7}]},
    "a property called multipleOf": {"properties": {"multipleOf": {"type": "integer"}}},
    "patterns": {"properties": {f"p{n}": {"type": "string", "pattern": "^[a-z]{1,9}$"} for n in range(20)}},
}

BOMBS: dict[str, tuple[object, str]] = {
    "no object": ([], "must be an object"),
    "a boolean": (True, "must be an object"),
    "text": ({"enum": ["x" * MAX_BYTES]}, "65,550 bytes, at most 65,536"),
    "depth": (nested(MAX_DEPTH + 1), "nested deeper"),
    "values": ({"enum": list(range(6_000))}, "more than 5,000 values"),
    "items": ({"minItems": 1_000_000_000}, "minItems is 1,000,000,000, at most 1,000"),
    "items as a float": ({"maxItems": 1e7}, "maxItems is"),
    "many items": ({"anyOf": [{"minItems": 900} for _ in range(30)]}, "27,000 items together"),
    "length": ({"minLength": 10**9}, "minLength is"),
    "a multiple": ({"type": "integer", "multipleOf": 10_000_019}, "multipleOfs make more than 10,000 together"),
    "digits behind the point": ({"type": "number", "multipleOf": 9999.99}, "more than 10,000 together, their digits"),
    "many zeros": ({"type": "number", "multipleOf": 1e300}, "more than 10,000 together"),
    "two of 4,300 digits": ({"anyOf": [{"multipleOf": 10**4299 * n} for n in (8, 9)]}, "more than 10,000 together"),
    "multiples that hold together": (
        {"allOf": [{"multipleOf": 997}, {"multipleOf": 991}]},
        "more than 10,000 combined",
    ),
    "alternative multiples": ({"anyOf": [{"multipleOf": n} for n in (97, 89, 83)]}, "more than 10,000 combined"),
    "many multiples": ({"anyOf": [{"multipleOf": 2520}] * 4}, "more than 10,000 together"),
    "refs": (chain(MAX_REFS + 1), "129 $refs"),
    "allOf": (doubling(13), "26 entries in allOf"),
    "beside a $ref": ({"anyOf": [{"$ref": "#", "minimum": n} for n in range(13)]}, "26 entries in allOf"),
    "long pattern": ({"pattern": "a" * 257}, "257 characters in a pattern"),
    "patterns": ({"anyOf": [{"pattern": "a"}] * 33}, "33 patterns"),
    "pattern properties": ({"patternProperties": {f"{n}": {} for n in range(33)}}, "33 patterns"),
    "patterns in allOf": ({"allOf": [{"pattern": f".*{c}.*"} for c in "abcdefg"]}, "7 patterns together with allOf"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_schema_passes_unchanged(name: str) -> None:
    assert check_schema(json.dumps(ORDINARY[name])) == ORDINARY[name]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_number(name: str) -> None:
    schema, words = BOMBS[name]
    with pytest.raises(RejectedError, match="the JSON Schema is refused") as refusal:
        check_schema(json.dumps(schema))
    assert refusal.value.code is ErrorCode.INVALID_REQUEST
    assert words in refusal.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"minimum": NaN}',
        '{"a": Infinity}',
        '{"multipleOf": 1e999}',
        "[" * 60_000,
        '{"minItems": ' + "9" * 5_000 + "}",
        "\ud800",
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(RejectedError) as refusal:
        check_schema(text)
    assert refusal.value.code is ErrorCode.INVALID_REQUEST


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["allOf", "$ref", "pattern", "patternProperties", "minItems", "maxItems", "maxLength", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_passed_or_refused(value: object) -> None:
    try:
        passed = check_schema(json.dumps(value))
    except RejectedError as refusal:
        assert refusal.code is ErrorCode.INVALID_REQUEST  # noqa: PT017 - both ends are right, nothing else is
    else:
        assert passed == value
