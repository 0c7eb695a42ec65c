"""Places in a tree of settings: which there are, what is above them, taking out what is at one. Pure."""

from collections.abc import Iterator
from typing import Any

from agent.config_file.layers import Tree
from agent.config_file.tree import KeyPath

_LEFT_OUT = "left-out"


def places(tree: Tree, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Tree]]:
    """Every key of the nested dicts, with the dict that holds it; outer ones first."""
    for name in list(tree):
        yield (*above, name), tree
        if isinstance(tree[name], dict):
            yield from places(tree[name], (*above, name))


def spelled_as_in(tree: Tree, path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with the capital letters that the tree's names have: a variable's name has none to tell."""
    spelled: list[str] = []
    level: object = tree
    for name in path:
        names = level if isinstance(level, dict) else {}
        spelled.append(next((known for known in names if known.lower() == name), name))
        level = names.get(spelled[-1])
    return tuple(spelled)


def remove(tree: Tree, path: KeyPath) -> bool:
    """Leave a value out; False when it is out already."""
    holder: Any = tree
    for part in path[:-1]:
        match holder, part:
            case list(), int(index):
                holder = holder[index]
            case _:
                holder = holder.get(part, {})
    match holder, path[-1]:
        case list(), int(index):
            # Later positions must not move: other errors of the same round still name them.
            was, holder[index] = holder[index], _LEFT_OUT
            return was is not _LEFT_OUT
        case _, name:
            return holder.pop(name, _LEFT_OUT) is not _LEFT_OUT


def upwards(path: KeyPath) -> Iterator[KeyPath]:
    """The path, and what holds it, innermost first."""
    return (path[:length] for length in range(len(path), 0, -1))
