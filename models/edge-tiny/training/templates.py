"""Texts with slots, choices and conditions, as `written/README.md` describes them: read once, filled in often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lexicon
from language import capital, number
from values import DRAWS, RANGE, Value, time_of_day

if TYPE_CHECKING:
    from random import Random


class WrittenError(Exception):
    """A text that cannot be used."""


@dataclass(frozen=True, slots=True)
class Slot:
    """`<n>`, `<cap n>`."""

    name: str
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """`<n+m>`, `<cap n-2>`, `<256-n>`: terms with their signs."""

    terms: tuple[tuple[int, str], ...]
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison."""

    left: str
    sign: str
    right: str


@dataclass(frozen=True, slots=True)
class If:
    """`<if n>5: A|B>`."""

    conditions: tuple[Condition, ...]
    yes: tuple[Node, ...]
    no: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`(a|b)`."""

    options: tuple[tuple[Node, ...], ...]


Node = str | Slot | Sum | If | Choice
_DIGITS = 0.5
"""Share of the counts in facts that are written in digits."""
_NAME = re.compile(r"[a-z]\w*")
_FORMS = {"cap", "a", "an", "upper", "lower"}
_OPENS = re.compile(r"<(?:[a-z]|\d+(?:\.\d+)?\s*[+-]\s*[a-z])")
_TERM = re.compile(r"\s*([+-]?)\s*(\d+(?:\.\d+)?|[a-z]\w*)")
_SIGN = re.compile(r">=|<=|!=|=|>|<")


def _terms(text: str) -> tuple[tuple[int, str], ...]:
    """The signed terms of a sum."""
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if not term or (found and not term[1]):
            raise WrittenError(f"not a slot or sum: {text!r}")
        found.append((-1 if term[1] == "-" else 1, term[2]))
        at = term.end()
    return tuple(found)


class Parser:
    """Reads one text; collects the slots that it defines."""

    def __init__(self, text: str, slots: dict[str, str]) -> None:
        self.text, self.at, self.slots = text, 0, slots

    def whole(self) -> tuple[Node, ...]:
        """The text as nodes.

        Raises:
            WrittenError: It is not written as it should be.
        """
        nodes = self._until("")
        if self.at < len(self.text):
            raise WrittenError(f"unexpected {self.text[self.at]!r} at {self.at}")
        return nodes

    def _until(self, closers: str) -> tuple[Node, ...]:
        nodes: list[Node] = []
        plain = ""
        text = self.text
        while self.at < len(text) and text[self.at] not in closers:
            char = text[self.at]
            if char == "\\" and self.at + 1 < len(text):
                plain += {"n": "\n", "t": "\t"}.get(text[self.at + 1], text[self.at + 1])
                self.at += 2
                continue
            node: Node | None = None
            if _OPENS.match(text, self.at):
                node = self._slot()
            elif char == "(":
                node = self._choice()
            if node is None:
                plain += char
                self.at += 1
                continue
            if plain:
                nodes.append(plain)
            plain = ""
            nodes.append(node)
        if plain:
            nodes.append(plain)
        return tuple(nodes)

    def _choice(self) -> Node | None:
        """An alternation, or None for parentheses that are only parentheses."""
        if not self._has_bar():
            return None
        options = []
        self.at += 1
        while True:
            options.append(self._until("|)"))
            if self.at >= len(self.text):
                raise WrittenError("a parenthesis is not closed")
            self.at += 1
            if self.text[self.at - 1] == ")":
                return Choice(tuple(options))

    def _has_bar(self) -> bool:
        """Whether the parentheses that open here close, and have a bar of their own."""
        depth = angle = 0
        bar = False
        for i in range(self.at, len(self.text)):
            char = self.text[i]
            if _OPENS.match(self.text, i):
                angle += 1
            elif char == ">" and angle:
                angle -= 1
            elif angle:
                continue
            elif char in "()":
                depth += 1 if char == "(" else -1
                if depth == 0:
                    return bar
            elif char == "|" and depth == 1:
                bar = True
        return False

    def _slot(self) -> Node:
        if self.text.startswith("<if ", self.at):
            return self._if()
        end = self.text.find(">", self.at)
        if end < 0:
            raise WrittenError(f"a slot is not closed: {self.text[self.at : self.at + 20]!r}")
        body = self.text[self.at + 1 : end]
        self.at = end + 1
        name, colon, spec = body.partition(":")
        if colon:
            if spec not in DRAWS and spec != "time" and not RANGE.fullmatch(spec) and "|" not in spec:
                raise WrittenError(f"<{body}>: no such kind of slot")
            if not _NAME.fullmatch(name) or self.slots.setdefault(name, spec) != spec:
                raise WrittenError(f"<{body}>: not a name, or defined twice, differently")
            return Slot(name)
        *forms, rest = body.split(" ")
        if not set(forms) <= _FORMS:
            forms, rest = [], body
        if _NAME.fullmatch(rest):
            return Slot(rest, tuple(forms))
        return Sum(_terms(rest), tuple(forms))

    def _if(self) -> If:
        colon = self.text.find(":", self.at)
        if colon < 0:
            raise WrittenError("an <if> has no colon")
        conditions = []
        for part in self.text[self.at + 4 : colon].split(" and "):
            sign = _SIGN.search(part)
            if not sign:
                raise WrittenError(f"no comparison in {part!r}")
            conditions.append(Condition(part[: sign.start()].strip(), sign[0], part[sign.end() :].strip()))
        self.at = colon + 1
        yes = self._until("|>")
        no: tuple[Node, ...] = ()
        if self.text[self.at : self.at + 1] == "|":
            self.at += 1
            no = self._until(">")
        if self.at >= len(self.text):
            raise WrittenError("an <if> is not closed")
        self.at += 1
        return If(tuple(conditions), _lead(yes), _lead(no, also=False))


def _lead(nodes: tuple[Node, ...], *, also: bool = True) -> tuple[Node, ...]:
    """Without the one space after the colon."""
    if also and nodes and isinstance(nodes[0], str) and nodes[0].startswith(" "):
        return (nodes[0][1:], *nodes[1:])
    return nodes


class Filler:
    """Writes texts with the values of one conversation."""

    def __init__(self, rng: Random, values: dict[str, Value], clock_style: float) -> None:
        self.rng, self.values, self.clock_style = rng, values, clock_style

    def fill(self, nodes: tuple[Node, ...], mode: str) -> str:
        """`mode`: facts (words or digits), answer (words up to twelve), json or digits."""
        out: list[str] = []
        self._nodes(nodes, mode, out)
        return "".join(out)

    def _nodes(self, nodes: tuple[Node, ...], mode: str, out: list[str]) -> None:
        for node in nodes:
            if isinstance(node, str):
                out.append(node)
            elif isinstance(node, Choice):
                self._nodes(self.rng.choice(node.options), mode, out)
            elif isinstance(node, If):
                holds = all(self._holds(c) for c in node.conditions)
                self._nodes(node.yes if holds else node.no, mode, out)
            elif isinstance(node, Sum):
                out.append(self._formed(self._sum(node), node.forms, mode, out))
            else:
                out.append(self._formed(self.values[node.name], node.forms, mode, out))

    def _formed(self, value: Value, forms: tuple[str, ...], mode: str, out: list[str]) -> str:
        text = self._written(value, mode, out)
        for form in reversed(forms):
            match form:
                case "cap":
                    text = capital(text)
                case "upper":
                    text = text.upper()
                case "lower":
                    text = text.lower()
                case _:
                    text = f"{lexicon.article(text)} {text}"
        return text

    def _written(self, value: Value, mode: str, out: list[str]) -> str:
        if value.kind != "count" or value.amount is None or mode in {"json", "digits"}:
            return value.text
        before = out[-1][-1:] if out else ""
        if (before and before in "=:_#\"'/[-x$.0123456789") or (mode == "facts" and self.rng.random() < _DIGITS):
            return value.text
        return number(int(value.amount))

    def _sum(self, node: Sum) -> Value:
        found = [self.values.get(name) for _, name in node.terms]
        total = 0.0
        for (sign, name), value in zip(node.terms, found, strict=True):
            if value is None and not name[0].isdigit():
                raise KeyError(name)
            total += sign * (float(name) if value is None else value.amount or 0)
        first = found[0]
        if first is not None and first.kind == "time":
            return time_of_day(int(total), self.clock_style)
        decimals = max((v.decimals for v in found if v), default=0)
        kind = "count" if all(v is None or v.kind == "count" for v in found) else "digits"
        return Value(f"{total:.{decimals}f}", round(total, decimals), kind, decimals)

    def _side(self, text: str) -> tuple[str, float | None]:
        if text in self.values:
            return self.values[text].text, self.values[text].amount
        try:
            terms = _terms(text)
        except WrittenError:
            return text, None
        if len(terms) > 1 and any(name in self.values for _, name in terms):
            value = self._sum(Sum(terms))
            return value.text, value.amount
        try:
            return text, float(text)
        except ValueError:
            return text, None

    def _holds(self, c: Condition) -> bool:
        (left, a), (right, b) = self._side(c.left), self._side(c.right)
        if c.sign in {"=", "!="}:
            same = a == b if a is not None and b is not None else left == right
            return same == (c.sign == "=")
        if a is None or b is None:
            raise WrittenError(f"{c.left} {c.sign} {c.right} compares texts")
        return {">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b}[c.sign]
