"""Strict JSON (RFC 8259), so without NaN and Infinity, and what is said of a text that is none. Pure."""

import re
from typing import Final

from pydantic_core import from_json

_PLACE: Final = re.compile(r"at line (?P<line>\d+) column (?P<column>\d+)$")
_OF_OTHERS: Final = re.compile(rb"-?\b(?:NaN|nan|Infinity|inf|None|True|False|undefined)\b")
"""What programs in Python and JavaScript write by mistake."""


def read_json(text: str) -> object:
    """What a text says.

    Raises:
        ValueError: It is no JSON; the words say where it is none, and repeat of it only `_OF_OTHERS`.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        word = _word_at(text, str(error))
        raise ValueError(f"{error}: {word} is no JSON" if word else f"{error}") from None


def _word_at(text: str, error: str) -> str | None:
    """The word of another language where an error is."""
    place = _PLACE.search(error)
    if place is None:
        return None
    line, at = text.encode().split(b"\n")[int(place["line"]) - 1], int(place["column"]) - 1
    return next((it[0].decode() for it in _OF_OTHERS.finditer(line) if it.start() <= at < it.end()), None)
