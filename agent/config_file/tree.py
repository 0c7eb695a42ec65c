"""The configuration tree as a flat list of its keys: for error messages, overrides and the reference page.

`config.Config` alone defines the keys; this only looks at it.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ByteSize
from pydantic.fields import FieldInfo

from agent.config import Config
from agent.units import MinuteOfDay, Seconds

KeyPath = tuple[str | int, ...]
"""Where a value is: names of sections and keys, and positions in lists."""

ANY_NAME = "*"
"""Stands in a `Key.path` for a name that the user chooses, such as a route's."""

ANY_PLACE = "[]"
"""Likewise for a position in a list of sections."""

_KINDS: dict[object, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "yes or no",
    Path: "path",
    Seconds: "duration",
    MinuteOfDay: "time of day",
    ByteSize: "size",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the tree.

    Attributes:
        path: Its sections and its name, as in the file.
        kind: `section`, `sections` (named by the user), `list of sections`, `list of …`, or one of the kinds of a
            single value.
        limits: What pydantic checks beyond the type: a pattern, a smallest and a largest number.
        default: The value without the key.
        meaning: One or two sentences.
    """

    path: tuple[str, ...]
    kind: str
    limits: tuple[object, ...]
    default: object
    meaning: str

    @property
    def is_section(self) -> bool:
        """Whether it holds keys and not a value."""
        return self.kind in {"section", "sections"}


@cache
def keys() -> tuple[Key, ...]:
    """Every key, sections before what is in them, in the order of `config.py`."""
    return tuple(_keys_of(Config, ()))


def key_at(path: KeyPath) -> Key | None:
    """The key that a path of a configuration names; None when there is none."""
    return next((key for key in keys() if _matches(key.path, path)), None)


def keys_in(section: KeyPath) -> tuple[str, ...]:
    """The names that a section can hold; empty where the user chooses them."""
    inside = (key.path for key in keys() if len(key.path) == len(section) + 1 and _matches(key.path[:-1], section))
    return tuple(path[-1] for path in inside if path[-1] != ANY_NAME)


def dotted(path: KeyPath) -> str:
    """A path as messages and the reference page write it."""
    return ".".join(str(part) for part in path)


def _matches(pattern: tuple[str, ...], path: KeyPath) -> bool:
    return len(pattern) == len(path) and all(map(_matches_part, pattern, path))


def _matches_part(pattern: str, part: str | int) -> bool:
    return isinstance(part, int) if pattern == ANY_PLACE else pattern in (ANY_NAME, part)


def _keys_of(section: type[BaseModel], above: tuple[str, ...]) -> Iterator[Key]:
    for name, field in section.model_fields.items():
        path = (*above, field.alias or name)
        kind, limits, below = _read_annotation(field.annotation, tuple(field.metadata))
        meaning = " ".join((field.description or (below and below.__doc__) or "").split())
        yield Key(path, kind, limits, field.get_default(call_default_factory=False), meaning)
        if below is not None and kind == "sections":
            yield Key((*path, ANY_NAME), "section", (), {}, " ".join((below.__doc__ or "").split()))
            yield from _keys_of(below, (*path, ANY_NAME))
        elif below is not None and kind == "list of sections":
            yield Key((*path, ANY_PLACE), "section", (), {}, " ".join((below.__doc__ or "").split()))
            yield from _keys_of(below, (*path, ANY_PLACE))
        elif below is not None:
            yield from _keys_of(below, path)


def _read_annotation(
    annotation: Any,  # noqa: ANN401  # a type expression has no narrower type
    limits: tuple[object, ...],
) -> tuple[str, tuple[object, ...], type[BaseModel] | None]:
    """Kind, limits, and the section's class where it is one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):  # `… | None` is the only union of the tree
        return _read_annotation(next(it for it in arguments if it is not types.NoneType), limits)
    if origin is Annotated:
        found = [limit for info in arguments[1:] if isinstance(info, FieldInfo) for limit in info.metadata]
        return _read_annotation(arguments[0], (*limits, *found))
    if origin is tuple:
        kind, limits, below = _read_annotation(arguments[0], limits)
        return ("list of sections", (), below) if below is not None else (f"list of {kind}", limits, None)
    if origin is dict:
        return "sections", (), arguments[1]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section", (), annotation
    return _KINDS[annotation], limits, None
