"""`JETSON_AGENT__SECTION__KEY` variables as values for the configuration tree."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.config_file import yaml_text
from agent.config_file.tree import key_at

PREFIX = "JETSON_AGENT__"


@dataclass(frozen=True, slots=True)
class Override:
    """One variable.

    Attributes:
        variable: Its name.
        path: The key, in lower-case letters.
        value: What to put there.
        problem: Why there is no value; None when there is one.
    """

    variable: str
    path: tuple[str, ...]
    value: object
    problem: str | None = None


def read_overrides(environ: Mapping[str, str]) -> list[Override]:
    """The overrides, those of whole sections before those of what is in them."""
    names = sorted(name for name in environ if name.startswith(PREFIX))
    return [_read(name, environ[name]) for name in names]


def _read(variable: str, text: str) -> Override:
    path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
    document = yaml_text.parse(text)
    if document.problems:
        return Override(variable, path, None, document.problems[0].what)
    key = key_at(path)
    if (
        key is not None
        and key.kind not in {"section", "sections", "integer", "number"}
        and not key.kind.startswith("list")
    ):
        # Here 7, on and 2026-11-23 are what they look like: in a shell, quotes around them would be lost anyway.
        is_plain = not isinstance(document.tree, str | dict | list | None)
        return Override(variable, path, text.strip() if is_plain else document.tree)
    return Override(variable, path, document.tree)
