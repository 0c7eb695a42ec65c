"""One tree of settings over another."""

from typing import Any

Tree = dict[str, Any]
"""Nested dicts, lists and scalars, as YAML and JSON have them."""


def laid_over(below: Tree, above: Tree) -> Tree:
    """What both say, and of what both have, what `above` says.

    Sections are joined key by key; an empty one says nothing. Anything else is taken whole, lists too.
    """
    merged = dict(below)
    for name, value in above.items():
        under = below.get(name)
        if isinstance(under, dict) and isinstance(value, dict):
            merged[name] = laid_over(under, value)
        elif not isinstance(under, dict) or value is not None:
            merged[name] = value
    return merged
