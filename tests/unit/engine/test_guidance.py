"""What is said to the grammar library, and what its words mean."""

import pytest

from agent.engine.guidance import gave_up, grammar, is_json, schema_refusal
from agent.errors import ErrorCode


def test_a_refusal_has_the_librarys_words_without_the_grammar() -> None:
    words = "Error creating grammar: at 2(8): failed to compile JSON schema: Invalid type: dog\n   1 | %llguidance {}"
    refusal = schema_refusal(RuntimeError(words))
    assert refusal.code is ErrorCode.INVALID_REQUEST
    assert refusal.message == "the JSON Schema is refused: Invalid type: dog"
    assert len(schema_refusal(RuntimeError("x" * 10_000)).message) < 600


def test_the_sender_cannot_loosen_the_guidance() -> None:
    text = grammar('{"type": "object", "x-guidance": {"whitespace_flexible": true}}', 0)
    assert '"x-guidance": {"whitespace_flexible": false}' in text
    assert "true}}" not in text


def test_another_edition_is_another_text() -> None:
    assert grammar("{}", 0) != grammar("{}", 1)


def test_only_the_grammars_own_errors_leave_the_model_well() -> None:
    assert gave_up(RuntimeError("Error computing mask: lexer error"))
    assert gave_up(RuntimeError("Error committing tokens: Parser Error"))
    assert not gave_up(RuntimeError("CUDA failure 700: an illegal memory access was encountered"))


@pytest.mark.parametrize(
    ("text", "whole"), [('{"a": 1}', True), ("null", True), ('{"a": {"a": 1}', False), ('{"a": 1}{"a": 1}', False)]
)
def test_whole_json(text: str, whole: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_json(text) == whole
