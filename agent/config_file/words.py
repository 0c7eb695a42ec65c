"""What is wrong with a value, in words for the person who wrote it."""

import difflib
import json

from pydantic import ByteSize
from pydantic_core import ErrorDetails

from agent.config_file.tree import ANY_NAME, KeyPath, dotted, key_at, keys, keys_in
from agent.credentials import redact
from agent.fault_words import fault_in_words

_OWN = {
    "model_type": "must be a section, with its keys below it",
    "dict_type": "must be a section, with its keys below it",
    "tuple_type": "must be a list, such as [a, b]",
    "string_type": "must be text, not {value}: put it in quotes",
    "bool_type": "must be yes or no, not {value}",
    "byte_size": "must be a size such as 512KiB, 64MiB or 1GiB, not {value}",
    "byte_size_unit": "must be a size such as 512KiB, 64MiB or 1GiB, not {value}",
}
"""By pydantic's error type: what is said otherwise than on the wire."""
_WITH_VALUE = {
    "float_type",
    "int_type",
    "greater_than",
    "greater_than_equal",
    "less_than_equal",
    "string_pattern_mismatch",
}
"""What is wrong with a value that is short."""

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_SHOWN_CHARACTERS = 40


def words_for(path: KeyPath, detail: ErrorDetails) -> str:
    """One clause on one of pydantic's errors."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        return _words_for_unknown(path)
    if value is None and kind != "value_error":
        return "has no value: give one, or remove the key to get its default"
    if kind in _OWN:
        return _OWN[kind].format(value=_shown(path, value))
    key = key_at(path)
    kind_of_value = "" if key is None else key.kind
    limits = {name: in_words(limit, kind_of_value) for name, limit in context.items() if name in {"gt", "ge", "le"}}
    what = fault_in_words(detail, limits if kind_of_value in {"size", "duration"} else {})
    return f"{what}, not {_shown(path, value)}" if kind in _WITH_VALUE else what


def in_words(number: float, kind: str) -> str:
    """A number of a key of a kind (`tree.Key.kind`) as one would write it in the file."""
    match kind:
        case "size":
            return size_in_words(int(number))
        case "duration":
            return duration_in_words(number)
        case _:
            return str(number)


def duration_in_words(seconds: float) -> str:
    """Seconds as one would write them in the file."""
    per_unit, unit = next(((size, unit) for size, unit in _UNITS if seconds % size == 0), (0.001, "ms"))
    return f"{seconds / per_unit:g}{unit}"


def size_in_words(size: int) -> str:
    """Bytes as one would write them in the file."""
    return ByteSize(size).human_readable().replace(".0", "")


def _words_for_unknown(path: KeyPath) -> str:
    elsewhere = [key.path for key in keys() if key.path[-1] == path[-1]]
    if elsewhere:
        return f"unknown key here; it belongs at `{dotted(elsewhere[0]).replace(ANY_NAME, '<name>')}`"
    known = keys_in(path[:-1])
    near = difflib.get_close_matches(str(path[-1]), known, n=1)
    if near:
        return f"unknown key; did you mean `{near[0]}`?"
    return f"unknown key; there are: {', '.join(known)}"


def _shown(path: KeyPath, value: object) -> str:
    """A value as JSON, without a password, and no more than its begin; nothing of what may be a camera's URL."""
    if path[:1] == ("cameras",) and "source" in path:
        return "what is there"
    text = redact(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
