"""Whether an engine's library is installed, and which version: looked up, never imported.

An import takes seconds and may end the process; only the engine's own process does it.
"""

import contextlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator

from agent.engine.catalog import KnownEngine

UNKNOWN_VERSION = "?"


def installed_version(engine: KnownEngine) -> str | None:
    """The version of its library, and of what that stands on; None when it is not installed.

    `UNKNOWN_VERSION` where nothing tells. A runtime that is put right is another version, too.
    """
    if any(importlib.util.find_spec(module) is None for module in engine.modules):
        return None
    (_, version), *others = list(_versions(engine)) or [("", UNKNOWN_VERSION)]
    return " with ".join([version, *(f"{package} {other}" for package, other in others)])


def _versions(engine: KnownEngine) -> Iterator[tuple[str, str]]:
    for package in engine.packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found = importlib.metadata.distribution(package).metadata.get_all("Version")
            # None of what an interrupted pip has left, a folder without METADATA; Python 3.12's `version` warns of it.
            yield package, found[0] if found else UNKNOWN_VERSION
