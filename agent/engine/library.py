"""Whether an engine's library is installed, and which version: looked up, never imported.

An import takes seconds and may end the process; only the engine's own process does it.
"""

import importlib.metadata
import importlib.util

from agent.engine.catalog import KnownEngine

UNKNOWN_VERSION = "?"


def installed_version(engine: KnownEngine) -> str | None:
    """The version of its library, `UNKNOWN_VERSION` where nothing tells; None when it is not installed."""
    if any(importlib.util.find_spec(module) is None for module in engine.modules):
        return None
    for package in engine.packages:
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return UNKNOWN_VERSION
