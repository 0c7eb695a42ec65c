"""What XGrammar would not enforce is refused; what it does passes as it is."""

import json

import pytest

from agent.engine.xgrammar_guide import MAX_OPTIONAL, guide, refusal
from agent.errors import ErrorCode, RejectedError


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "integer", "multipleOf": 5}, "multipleOf"),
        ({"items": {"uniqueItems": True}}, "uniqueItems"),
        ({"properties": {"a": {"contains": {}}}, "required": ["a"]}, "contains"),
        ({"patternProperties": {"a": {}}}, "patternProperties"),
        ({"$defs": {"a": {"not": {}}}}, "not"),
        ({"anyOf": [{"if": {}}]}, "if"),
        ({"dependentRequired": {"a": ["b"]}}, "dependentRequired"),
        ({"type": "string", "format": "dog"}, 'format "dog"'),
        ({"type": "string", "pattern": "a", "minLength": 1}, "a pattern together with a length"),
        ({"allOf": [{}, {}]}, "allOf with more than one entry"),
        ({"additionalProperties": {"$ref": "http://127.0.0.1:1/a"}}, "a $ref to another document"),
        ({"properties": {str(n): {} for n in range(MAX_OPTIONAL + 1)}}, f"{MAX_OPTIONAL + 1} properties"),
        ({"minItems": 10**9}, "minItems"),
    ],
)
def test_what_would_not_be_kept_to_is_refused(schema: object, why: str) -> None:
    with pytest.raises(RejectedError, match="the JSON Schema is refused") as refused:
        guide(json.dumps(schema))
    assert refused.value.code is ErrorCode.INVALID_REQUEST
    assert why in refused.value.message


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"contains": {"type": "string"}, "not": {"const": {"if": 1}}}, "required": ["contains"]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"enum": ["cat", "🦙"]}}},
        {"allOf": [{"type": "string", "format": "date"}]},
        {"properties": {str(n): {} for n in range(200)}, "required": [str(n) for n in range(200)]},
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
    ],
)
def test_what_is_enforced_passes(schema: object) -> None:
    assert json.loads(guide(json.dumps(schema))) == schema


def test_the_librarys_words_are_one_short_line() -> None:
    assert refusal("Unsupported type\nstack").message == "the JSON Schema is refused: Unsupported type"
    assert len(refusal("x" * 10_000).message) < 600
    assert refusal("").message.endswith("admits no further token")
