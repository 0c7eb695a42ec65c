"""The situations of `written/`: read from their files, and checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from templates import Filler, Node, Parser, WrittenError
from values import Value, draw

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


@dataclass(frozen=True, slots=True)
class Line:
    """A request and its answer."""

    kind: str  # q, x, p
    request: tuple[Node, ...]
    answer: tuple[Node, ...]
    source: str


@dataclass(slots=True)
class Situation:
    """One situation of a file."""

    name: str
    telemetry: bool = False
    slots: dict[str, str] = field(default_factory=dict)
    facts: list[tuple[Node, ...]] = field(default_factory=list)
    fact_sources: list[str] = field(default_factory=list)
    sentences: list[tuple[Node, ...]] = field(default_factory=list)
    requests: list[tuple[Node, ...]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    vocabulary: frozenset[str] = frozenset()

    def values(self, rng: Random, clock_style: float) -> dict[str, Value]:
        """A value for every slot, no two alike where that is possible."""
        found: dict[str, Value] = {}
        taken: set[str] = set()
        for name, spec in self.slots.items():
            value = draw(rng, spec, clock_style)
            for _ in range(30):
                if value.text not in taken:
                    break
                value = draw(rng, spec, clock_style)
            taken.add(value.text)
            found[name] = value
        return found


_COMMON = frozenset(
    (
        "this",
        "that",
        "with",
        "from",
        "have",
        "there",
        "time",
        "they",
        "when",
        "what",
        "been",
        "were",
        "into",
        "over",
        "near",
    )
)


def _vocabulary(sources: list[str]) -> frozenset[str]:
    return frozenset(w for s in sources for w in re.findall(r"[a-z]{4,}", s.lower())) - _COMMON


def read(path: Path) -> tuple[list[Situation], list[str]]:
    """The situations of a file, and what is wrong with it, one text a line."""
    found: list[Situation] = []
    problems: list[str] = []
    for at, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.rstrip()
        if not line.strip() or line.startswith(("#!", "//")):
            continue
        if line.startswith("##"):
            name, _, job = line.strip("# ").partition(" job:")
            found.append(Situation(name.strip(), telemetry=job.strip() == "telemetry"))
            continue
        try:
            _add(found[-1] if found else None, line)
        except WrittenError as error:
            problems.append(f"{path.name}:{at}: {error}")
    for each in found:
        each.vocabulary = _vocabulary(each.fact_sources)
    return found, problems


def _add(to: Situation | None, line: str) -> None:
    if to is None:
        raise WrittenError("a line before the first ##")
    head, _, text = line.partition(":")
    head, text = head.strip(), text.strip()
    match head:
        case "job":
            to.telemetry = text == "telemetry"
        case "f":
            to.facts.append(Parser(text, to.slots).whole())
            to.fact_sources.append(text)
        case "d":
            to.sentences.append(Parser(text, to.slots).whole())
        case "dr":
            to.requests.append(Parser(text, to.slots).whole())
        case "q" | "x" | "p":
            request, arrow, answer = text.partition(" => ")
            if not arrow:
                raise WrittenError("no ' => '")
            to.lines.append(
                Line(head, Parser(request.strip(), to.slots).whole(), Parser(answer.strip(), to.slots).whole(), text)
            )
        case _:
            raise WrittenError(f"no such line: {head!r}")


def check(situation: Situation, rng: Random, times: int = 12) -> list[str]:
    """What goes wrong when the situation is filled in some times."""
    problems: dict[str, None] = {}
    if not situation.facts and any(line.kind != "p" for line in situation.lines):
        problems["no f: line"] = None
    for _ in range(times):
        filler = Filler(rng, situation.values(rng, rng.random()), rng.random())
        texts = [(f, "facts") for f in situation.facts + situation.requests] + [
            (d, "answer") for d in situation.sentences
        ]
        for nodes, mode in texts:
            problems |= dict.fromkeys(_tried(filler, nodes, mode))
        for line in situation.lines:
            problems |= dict.fromkeys(_tried(filler, line.request, "facts"))
            as_json = is_json(line)
            found = _tried(filler, line.answer, "json" if as_json else "answer")
            problems |= dict.fromkeys(f"{p} in {line.source!r}" for p in found)
            if as_json and not found:
                text = filler.fill(line.answer, "json")
                try:
                    json.loads(text)
                except ValueError as error:
                    problems[f"no JSON ({error}) from {line.source!r}"] = None
    return list(problems)


def _tried(filler: Filler, nodes: tuple[Node, ...], mode: str) -> list[str]:
    try:
        filler.fill(nodes, mode)
    except KeyError as error:
        return [f"no slot {error}"]
    except (WrittenError, ValueError) as error:
        return [str(error)]
    return []


def is_json(line: Line) -> bool:
    """Whether a line's answer is JSON."""
    return line.kind == "x" or bool(line.answer and isinstance(line.answer[0], str) and line.answer[0][0] in "{[")
