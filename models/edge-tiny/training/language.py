# ruff: noqa: PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""Small language tools: templates with choices, numbers in words, lists, clock times, typing noise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_Node: TypeAlias = "str | tuple[str, str] | tuple[str, tuple[tuple[_Node, ...], ...]]"

_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()


@cache
def _parse(template: str) -> tuple[_Node, ...]:
    """Parse a template once: `(a|b)` is a choice, `[x]` an option, `{slot}` a slot."""
    nodes, end = _parse_sequence(template, 0, "")
    if end != len(template):
        msg = f"unbalanced template: {template}"
        raise ValueError(msg)
    return nodes


def _parse_sequence(text: str, at: int, closers: str) -> tuple[tuple[_Node, ...], int]:
    nodes: list[_Node] = []
    literal = ""
    while at < len(text) and text[at] not in closers:
        char = text[at]
        if char not in "([{":
            literal += char
            at += 1
            continue
        if literal:
            nodes.append(literal)
            literal = ""
        if char == "{":
            end = text.index("}", at)
            nodes.append(("slot", text[at + 1 : end]))
            at = end + 1
            continue
        close = ")" if char == "(" else "]"
        branches: list[tuple[_Node, ...]] = [()] if char == "[" else []
        while True:
            branch, at = _parse_sequence(text, at + 1, "|" + close)
            branches.append(branch)
            if text[at] == close:
                break
        nodes.append(("choice", tuple(branches)))
        at += 1
    if literal:
        nodes.append(literal)
    return tuple(nodes), at


def say(rng: Random, template: str, **slots: str) -> str:
    """Expand one template at random and fill its slots."""
    out: list[str] = []
    _expand(rng, _parse(template), slots, out)
    return "".join(out)


def _expand(rng: Random, nodes: tuple[_Node, ...], slots: dict[str, str], out: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node[1], str):
            out.append(slots[node[1]])
        else:
            _expand(rng, node[1][int(rng.random() * len(node[1]))], slots, out)


def one_of(rng: Random, templates: Sequence[str], **slots: str) -> str:
    """Choose one of several templates and expand it."""
    return say(rng, templates[int(rng.random() * len(templates))], **slots)


def number(n: int) -> str:
    """`two` up to twelve, digits from there."""
    return _WORDS[n] if 0 <= n < len(_WORDS) else str(n)


def listing(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def clock(minutes: int) -> str:
    """`22:40` of minutes after midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def clock12(minutes: int) -> str:
    """`10:40 pm` of minutes after midnight."""
    hour = minutes // 60
    return f"{hour % 12 or 12}:{minutes % 60:02d} {'am' if hour < 12 else 'pm'}"


_NEAR = {
    "a": "sq",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "k",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "q": "w",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "x": "zc",
    "y": "tu",
    "z": "x",
}


def typo(rng: Random, word: str) -> str:
    """One slip of the fingers inside a word of at least four letters."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at > 1 else word
        case _:
            near = _NEAR.get(word[at].lower(), "")
            return word[:at] + rng.choice(near) + word[at + 1 :] if near else word


def sloppy(rng: Random, text: str, keep: frozenset[str] = frozenset()) -> str:
    """Type `text` as people do: lower case, no question mark, capitals, a typo; `keep` words stay."""
    roll = rng.random()
    if roll < 0.5:
        return text
    if roll < 0.68:
        text = text[:1].lower() + text[1:]
    elif roll < 0.76:
        text = text.lower() if not keep else text
    elif roll < 0.78 and not keep:
        return text.upper()
    if rng.random() < 0.35:
        text = text.rstrip("?.!")
    if rng.random() < 0.2:
        words = text.split(" ")
        at = rng.randrange(len(words))
        if words[at] not in keep:
            words[at] = typo(rng, words[at])
        text = " ".join(words)
    return text
