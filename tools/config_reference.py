"""The reference page of the configuration, made from the tree.

`python tools/config_reference.py > docs/configuration.md`; a test holds the page to what this prints.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from annotated_types import Ge, Le
from pydantic import ByteSize
from pydantic_core import PydanticUndefinedType

from agent.config_file.loading import DEFAULT_PATH
from agent.config_file.overrides import PREFIX
from agent.config_file.tree import ANY_NAME, Key, dotted, keys
from agent.config_file.words import duration_in_words, in_words, size_in_words
from agent.fault_words import pattern_in_words

_HEAD = f"""\
# Configuration

`jetson-agent` reads one YAML file: the one that `--config` names, else
`{DEFAULT_PATH}` if it exists. Every key has a default, so that no file at all is a configuration
too; `run` says at start which it has. [`deploy/agent.example.yaml`](../deploy/agent.example.yaml) is one to start
from.

- `jetson-agent check-config` lists everything that is wrong at once, each with file and line, and exits 78. `run` does
  the same before it starts anything; only models that routes, cameras or upstreams name keep it from nothing, as they
  come and go. An unknown key is an error: it is mostly a typing mistake.
- Every key can be set in the environment, which wins over the file: `{PREFIX}BROKER__HOST=10.0.0.2`,
  `{PREFIX}ROUTES__TRIAGE__MAX_TOKENS=32`, `{PREFIX}BROKER__GROUPS='[hall-5, spare]'`.
  Values are read as YAML; a route that the file does not have gets its name in lower-case letters.
- A path that does not start with `/` starts at the folder of the file.
- A duration is a number with its unit: `500ms`, `10s`, `5min`, `1h`, `30d`. A size has one too: `512KiB`, `1GiB`.
- Secrets are in files of their own (`broker.password_file`, `upstreams.<name>.api_key_file`,
  `cameras.<name>.password_file`); what is in them is never shown or logged.

This page is made from the code: `python tools/config_reference.py > docs/configuration.md`.
"""

_DEFAULT_IN_WORDS = re.compile(r" ?Default: (?P<words>.+)\.$")


def reference() -> str:
    """The page, as Markdown."""
    sections = [key for key in keys() if key.is_section and key.kind != "sections"]
    pages = [_HEAD, _table("Top level", "", ()), *(_table(_name(key.path), key.meaning, key.path) for key in sections)]
    return "\n".join(pages)


def _table(title: str, meaning: str, section: tuple[str, ...]) -> str:
    rows = [row for key in keys() if key.path[:-1] == section and not key.is_section for row in _row(key)]
    head = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    heading = f"## {title}" if not section else f"## `{title}`"
    meaning = _DEFAULT_IN_WORDS.sub("", meaning)
    return "\n".join([heading, "", *([meaning, ""] if meaning else []), *head, *rows, ""])


def _row(key: Key) -> Iterator[str]:
    in_words = _DEFAULT_IN_WORDS.search(key.meaning)
    default = in_words["words"] if in_words else _written(key)
    meaning = _DEFAULT_IN_WORDS.sub("", key.meaning)
    yield f"| `{key.path[-1]}` | {_type(key)} | {default} | {meaning} |"


def _name(path: tuple[str, ...]) -> str:
    return dotted(path).replace(ANY_NAME, "<name>")


def _type(key: Key) -> str:
    least = next((limit.ge for limit in key.limits if isinstance(limit, Ge)), None)
    most = next((limit.le for limit in key.limits if isinstance(limit, Le)), None)
    pattern = next((str(limit.pattern) for limit in key.limits if hasattr(limit, "pattern")), None)
    if pattern is not None:
        return f"{key.kind}: {pattern_in_words(pattern)}"
    if least is None:
        return key.kind
    lowest = in_words(least, key.kind)
    return f"{key.kind}, at least {lowest}" if most is None else f"{key.kind}, {lowest} to {in_words(most, key.kind)}"


def _written(key: Key) -> str:
    """The default as one would write it in the file."""
    match key.default:
        case None | PydanticUndefinedType():
            return "none" if key.default is None else "must be given"
        case bool() as yes:
            return f"`{str(yes).lower()}`"
        case ByteSize() as size:
            return f"`{size_in_words(size)}`"
        case tuple() as values:
            return f"`[{', '.join(map(str, values))}]`"
        case float() as number:
            return f"`{duration_in_words(number) if key.kind == 'duration' else f'{number:g}'}`"
        case str() | int() | Path() as value:
            return f"`{value}`"
        case other:
            raise TypeError(f"{_name(key.path)}: no words for the default {other!r}")


if __name__ == "__main__":
    sys.stdout.write(reference())
