"""Reads `tensorrt_llm_api.yaml`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).with_suffix(".yaml")
UNSAID = object()
"""The default of a parameter whose default does not matter."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Of a method, or a field.

    Attributes:
        is_passed: Whether the adapter passes it.
        default: What is relied on, or overridden; else `UNSAID`.
    """

    name: str
    is_passed: bool
    default: object


@dataclass(frozen=True, slots=True)
class Kept:
    """A class that the project's API-stability tests keep."""

    name: str
    module: str
    file: str
    methods: dict[str, tuple[Parameter, ...]]
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sourced:
    """Something of the project's source: a class, unless it has no `module`."""

    name: str
    module: str | None
    file: str
    fields: tuple[Parameter, ...]
    base: str | None
    attributes: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All of it."""

    tag: str
    kept: tuple[Kept, ...]
    sourced: tuple[Sourced, ...]


def read_table(file: Path = TABLE) -> Table:
    """The facts."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Table(
        tag=content["tag"],
        kept=tuple(_kept(name, entry) for name, entry in content["stability"].items()),
        sourced=tuple(_sourced(name, entry) for name, entry in content["source"].items()),
    )


def _kept(name: str, entry: dict[str, Any]) -> Kept:
    methods = {method: _parameters(given) for method, given in entry["methods"].items()}
    return Kept(name, entry["module"], entry["file"], methods, tuple(entry["properties"]))


def _sourced(name: str, entry: dict[str, Any]) -> Sourced:
    return Sourced(
        name,
        entry.get("module"),
        entry["file"],
        _parameters(entry.get("fields", {})),
        entry.get("base"),
        tuple(entry.get("attributes", ())),
        tuple(entry.get("texts", ())),
    )


def _parameters(given: dict[str, dict[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name, facts.get("passed", False), facts.get("default", UNSAID)) for name, facts in given.items()
    )
