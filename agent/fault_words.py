"""What is wrong with a value from outside, by pydantic's type of error. Pure; it repeats nothing of the value.

For those who wrote a configuration, a prompt or a command: they know of JSON and YAML, not of pydantic.
"""

import re
from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

_CHARACTERS: Final = re.compile(r"\^\[(?P<allowed>.+)\]\{(?P<least>\d+),(?P<most>\d+)\}\$")
"""A pattern that says how many of which characters."""
_RANGE: Final = re.compile(r".-.|.")

_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "union_tag_not_found": "is missing",
    "union_tag_invalid": "must be one of {expected_tags}",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "json_invalid": "not JSON: {error}",
    "value_error": "{error}",
}
"""By pydantic's error type; an error of our own has its words already."""


def fault_in_words(problem: ErrorDetails, limits: Mapping[str, str] | None = None) -> str:
    """One clause: `must be at least 1`.

    Args:
        problem: One of pydantic's errors.
        limits: How numbers of its context are written, where not as they are: `{"ge": "1s"}`.
    """
    context = {name: _plain(value) for name, value in problem.get("ctx", {}).items()} | dict(limits or {})
    if problem["type"] == "string_pattern_mismatch":
        return f"must be {pattern_in_words(str(context['pattern']))}"
    if context.get("min_length") == 1:
        return "must not be empty"
    words = _WORDS.get(problem["type"])
    return problem["msg"] if words is None else words.format_map(context)


def _plain(value: object) -> object:
    """A limit of a number that may have a fraction, as one says it: 2 and not 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def pattern_in_words(pattern: str) -> str:
    """The patterns of the configuration and the wire, for people."""
    characters = _CHARACTERS.fullmatch(pattern)
    if characters is not None:
        ranges = " ".join(_RANGE.findall(characters["allowed"]))
        return f"{characters['least']} to {characters['most']} of {ranges}"
    return "one of " + ", ".join(pattern.strip("^$()").replace("\\", "").split("|"))
