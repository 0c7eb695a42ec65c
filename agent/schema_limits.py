"""Bounds a JSON Schema before a grammar library compiles it, and a route's schema before the agent starts.

Pure. A schema comes from a stranger, and what compiles it shares the engine's process. llguidance, measured as it comes
with onnxruntime-genai 0.18, refuses most bombs by itself in milliseconds, but not these: `minItems` or `maxItems` of
10,000,000 (hangs, gigabytes), a chain of 3,000 `$ref`s (the stack overflows and the process dies), `allOf` that doubles
a definition thirty times, `allOf` of twelve patterns (both hang), `multipleOf` (a state for each remainder: 2 s for
99,991, 20 s and 0.8 GB for 999,983). The limits stand well below what starts to hurt.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isinf, lcm
from typing import Any, NoReturn

from agent.errors import ErrorCode, RejectedError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 64
MAX_VALUES = 5_000
MAX_REFS = 128
MAX_PATTERNS = 32
MAX_PATTERN_LENGTH = 256
MAX_INTERSECTED = 24
"""Entries of all `allOf`s together, a `$ref` with other rules beside it counted as two."""
MAX_PATTERNS_INTERSECTED = 6
"""Patterns of a schema in which anything is intersected."""
MAX_LENGTH = 100_000
MAX_ITEMS = 1_000
MAX_ITEMS_IN_ALL = 20_000
MAX_MULTIPLES = 10_000
"""Of all `multipleOf`s, digits behind the point counted like those before it: their sum, and their least common
multiple, because alternatives (`anyOf`) and rules that hold together (`allOf`) become one automaton, of them all."""

_LENGTHS = ("minLength", "maxLength", "minProperties", "maxProperties")
_ITEMS = ("minItems", "maxItems", "minContains", "maxContains")
_SAYS_NOTHING = frozenset(
    {"$ref", "$defs", "definitions", "$schema", "$id", "$comment", "title", "description", "default", "examples"}
)
"""Keys beside a `$ref` that do not make it an intersection."""


def check_schema(text: str) -> dict[str, Any]:
    """Read a JSON Schema and refuse one that is too large or too intricate to compile safely.

    Raises:
        RejectedError: `invalid_request`, with the limit and the number that exceeds it.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise _refusal(f"it has {size:,} bytes, at most {MAX_BYTES:,} are allowed")
    try:
        schema = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _refusal(f"it is not JSON: {error}") from error
    if not isinstance(schema, dict):
        raise _refusal("it must be an object")
    _check_shape(schema)
    objects = [value for value, _ in _walk(schema) if isinstance(value, dict)]
    _check_numbers(objects)
    _check_multiples(objects)
    _check_combinations(objects)
    return schema


def _refusal(why: str) -> RejectedError:
    return RejectedError(ErrorCode.INVALID_REQUEST, f"the JSON Schema is refused: {why}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    return _no_constant(digits) if isinf(number) else number


def _walk(schema: object) -> Iterator[tuple[object, int]]:
    """Every value inside, with its depth; no recursion of its own."""
    todo: list[tuple[object, int]] = [(schema, 1)]
    while todo:
        value, depth = todo.pop()
        yield value, depth
        if isinstance(value, dict):
            todo.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            todo.extend((inner, depth + 1) for inner in value)


def _check_shape(schema: object) -> None:
    for number, (_, depth) in enumerate(_walk(schema), start=1):
        if depth > MAX_DEPTH:
            raise _refusal(f"it is nested deeper than {MAX_DEPTH} levels")
        if number > MAX_VALUES:
            raise _refusal(f"it has more than {MAX_VALUES:,} values")


def _check_numbers(objects: list[dict[str, Any]]) -> None:
    items = 0
    for rules in objects:
        for key, most in [*((key, MAX_LENGTH) for key in _LENGTHS), *((key, MAX_ITEMS) for key in _ITEMS)]:
            number = rules.get(key)
            if isinstance(number, int | float) and number > most:
                raise _refusal(f"{key} is {number:,}, at most {most:,} is allowed")
        counts = [rules[key] for key in _ITEMS if isinstance(rules.get(key), int | float)]
        items += max(counts, default=0)
    if items > MAX_ITEMS_IN_ALL:
        raise _refusal(f"its arrays ask for {items:,} items together, at most {MAX_ITEMS_IN_ALL:,} are allowed")


def _check_multiples(objects: list[dict[str, Any]]) -> None:
    given = [rules["multipleOf"] for rules in objects if isinstance(rules.get("multipleOf"), int | float)]
    multiples = [_without_point(number) for number in given if number]
    for number, what in ((sum(multiples), "together"), (lcm(*multiples), "combined")):
        if number > MAX_MULTIPLES:
            raise _refusal(f"its multipleOfs make more than {MAX_MULTIPLES:,} {what}, their digits without the point")


def _without_point(number: float) -> int:
    """The whole number that its digits are: 25 of 0.25, 2500 of 2.5e3."""
    if isinstance(number, int):
        return abs(number)
    return abs(int(f"{Decimal(repr(number)).normalize():f}".replace(".", "")))


def _check_combinations(objects: list[dict[str, Any]]) -> None:
    patterns = [pattern for rules in objects for pattern in _patterns(rules)]
    longest = max(map(len, patterns), default=0)
    intersected = sum(map(_intersected, objects))
    for number, most, what in (
        (sum("$ref" in rules for rules in objects), MAX_REFS, "$refs"),
        (longest, MAX_PATTERN_LENGTH, "characters in a pattern"),
        (len(patterns), MAX_PATTERNS, "patterns"),
        (intersected, MAX_INTERSECTED, "entries in allOf or beside a $ref"),
        (len(patterns) if intersected else 0, MAX_PATTERNS_INTERSECTED, "patterns together with allOf"),
    ):
        if number > most:
            raise _refusal(f"it has {number:,} {what}, at most {most:,} are allowed")


def _patterns(rules: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(rules.get("pattern"), str):
        yield rules["pattern"]
    if isinstance(rules.get("patternProperties"), dict):
        yield from rules["patternProperties"]


def _intersected(rules: Mapping[str, Any]) -> int:
    all_of = len(rules["allOf"]) if isinstance(rules.get("allOf"), list) else 0
    return all_of + (2 if "$ref" in rules and not rules.keys() <= _SAYS_NOTHING else 0)
