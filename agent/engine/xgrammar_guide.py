"""How XGrammar, the grammar library in TensorRT Edge-LLM, is asked to follow a JSON Schema. Pure.

It reads some rules and does not enforce them: an answer would be said to follow a schema that it breaks. Those are
refused. Which they are is known from grammars that XGrammar 0.2.1, the version in Edge-LLM 0.11, made of schemas with
them, and from Edge-LLM's own list, which its HTTP server checks and its Python API does not.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agent.errors import ErrorCode, RejectedError
from agent.schema_limits import check_schema

MAX_OPTIONAL = 64
"""Properties of one object that may be left out. Schemas are compiled where tokens are generated, and nothing else runs
meanwhile: for a vocabulary of 128,000 on one x86 core, 50 such take 0.2 s and 200 take 2.7 s, 50 required ones 0.01 s.
"""

_UNENFORCED = (
    *("multipleOf", "uniqueItems", "contains", "minContains", "maxContains", "patternProperties"),
    *("not", "if", "dependentRequired", "dependentSchemas", "dependencies"),
)
_FORMATS = frozenset(
    {
        *("date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "json-pointer"),
        *("relative-json-pointer", "time", "uri", "uri-reference", "uri-template", "uuid"),
    }
)
_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames")


def guide(schema: str) -> str:
    """The schema as Edge-LLM takes it, for the guide type `json_schema`.

    Raises:
        RejectedError: It exceeds a limit, or has a rule that would not be kept to.
    """
    rules = check_schema(schema)
    for found in _schemas(rules):
        why = _unenforced(found)
        if why is not None:
            raise _refusal(f"{why} cannot be enforced by this engine")
        optional = _optional(found)
        if optional > MAX_OPTIONAL:
            raise _refusal(f"it has {optional:,} properties that are not required, at most {MAX_OPTIONAL} are allowed")
    return json.dumps(rules)


def refusal(words: str) -> RejectedError:
    """The library's words about a schema that it does not compile, or cannot go on with."""
    return _refusal((words.partition("\n")[0] or "the grammar admits no further token")[:500])


def _unenforced(rules: Mapping[str, Any]) -> str | None:
    """The first rule that XGrammar would ignore."""
    for keyword in _UNENFORCED:
        if keyword in rules:
            return keyword
    if "format" in rules and rules["format"] not in _FORMATS:
        return f"format {json.dumps(rules['format'])}"
    if "pattern" in rules and ("minLength" in rules or "maxLength" in rules):
        return "a pattern together with a length"
    if isinstance(rules.get("allOf"), list) and len(rules["allOf"]) > 1:
        return "allOf with more than one entry"
    if isinstance(rules.get("$ref"), str) and not rules["$ref"].startswith("#"):
        return "a $ref to another document"
    return None


def _optional(rules: Mapping[str, Any]) -> int:
    properties, required = rules.get("properties"), rules.get("required")
    if not isinstance(properties, dict):
        return 0
    names = required if isinstance(required, list) else []
    return sum(name not in names for name in properties)


def _schemas(schema: object) -> Iterator[Mapping[str, Any]]:
    """The schema and all that are part of it. `check_schema` has bounded their depth."""
    if not isinstance(schema, dict):
        return
    yield schema
    parts = [value for key in _NAMED if isinstance(schema.get(key), dict) for value in schema[key].values()]
    parts += [value for key in _LISTED if isinstance(schema.get(key), list) for value in schema[key]]
    parts += [schema[key] for key in _SINGLE if key in schema]
    for part in parts:
        yield from _schemas(part)


def _refusal(why: str) -> RejectedError:
    return RejectedError(ErrorCode.INVALID_REQUEST, f"the JSON Schema is refused: {why}")
