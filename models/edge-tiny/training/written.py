# ruff: noqa: PLR2004, S311 - the shares of a random choice are data; reproducible, not secret
"""Conversations about the situations of `written/`, filled in and crossed.

As a program it checks files and shows samples:

    python written.py written/factory.txt --samples 20
"""

from __future__ import annotations

import argparse
import re
import sys
from functools import cache
from pathlib import Path
from random import Random

import lexicon
import vocabulary as words
from language import capital
from prompts import Example, Turn, compose, describe_text, framed, noisy, system_message
from situation import Line, Situation, check, is_json, read
from templates import Filler

FOLDER = Path(__file__).parent / "written"


@cache
def situations() -> tuple[tuple[str, Situation], ...]:
    """Every situation of the folder with its file's name."""
    return tuple((path.stem, each) for path in sorted(FOLDER.glob("*.txt")) for each in read(path)[0])


_CLOSED = re.compile(
    r"\b(only|total|altogether|just|else|any\w*|some\w+|nobody|no one|all|every\w*|none|both|there is|there are|"
    r"how many|first|last|most|least|other)\b",
    re.IGNORECASE,
)
"""Words of questions whose answer changes when something is added to the facts."""


def _answer(filler: Filler, line: Line) -> str:
    if is_json(line):
        return filler.fill(line.answer, "json")
    text = filler.fill(line.answer, "answer")
    first = line.answer[0] if line.answer else ""
    return text if isinstance(first, str) or not re.match(r"[a-z]+\b", text) else capital(text)


def _facts(rng: Random, filler: Filler, situation: Situation) -> tuple[int, str]:
    at = rng.randrange(len(situation.facts))
    digits = '"' in situation.fact_sources[at] and ":" in situation.fact_sources[at]
    return at, filler.fill(situation.facts[at], "digits" if digits else "facts")


def _beside(rng: Random, situation: Situation, text: str) -> str:
    """The facts among those of another situation that has no words in common with this one."""
    if len(text) > 260 or text.startswith(("{", "[", "<")):
        return text
    for _ in range(6):
        _, other = rng.choice(situations())
        if other.facts and other.telemetry == situation.telemetry and not other.vocabulary & situation.vocabulary:
            style = rng.random()
            _, more = _facts(rng, Filler(rng, other.values(rng, style), style), other)
            if len(more) > 260 or more.startswith(("{", "[", "<")):
                return text
            gap = "\n" if "\n" in text + more or rng.random() < 0.3 else rng.choice((". ", "; ", " / "))
            first, second = (text, more) if rng.random() < 0.5 else (more, text)
            return first.rstrip(".") + ("." + gap if gap == "\n" and first.endswith(".") else gap) + second
    return text


@cache
def _nouns() -> frozenset[str]:
    """Nouns that can stand for each other without touching what is asked."""
    known = {n.one for n in lexicon.OBJECTS} | set(words.THINGS) | set(words.ROLES)
    return frozenset(w for w in known if w.isalpha() and len(w) > 2)


def _renamed(rng: Random, share: float, *texts: str) -> tuple[str, ...]:
    """The texts with some nouns that facts and answer share replaced by others, the same in all of them.

    Without this a sentence is known by heart before it is read.
    """
    if rng.random() >= share:
        return texts
    told, said = (set(re.findall(r"\b[a-z]+\b", t)) for t in (texts[0], texts[-1]))
    keys = " ".join(re.findall(r'"([^"]*)":', texts[-1])).lower()
    swaps: dict[str, str] = {}
    for word in sorted(w for w in told & said if w not in keys):
        one = word[:-1] if word.endswith("s") and word[:-1] in _nouns() else word
        if one in _nouns() and rng.random() < 0.6:
            new = words.thing(rng).split(" ")[-1] if rng.random() < 0.7 else lexicon.pseudo_word(rng)
            if lexicon.article(new) == lexicon.article(one):
                swaps[one] = new
    for one, new in swaps.items():
        many = f"{one}s"
        pattern = re.compile(rf"\b({one}|{many}|{one.capitalize()}|{many.capitalize()})\b")

        def swap(found: re.Match[str], new: str = new, many: str = many) -> str:
            word = words.plural(new) if found[0].lower() == many else new
            return word.capitalize() if found[0][0].isupper() else word

        texts = tuple(pattern.sub(swap, t) for t in texts)
    return texts


def written(rng: Random) -> Example:
    """One conversation about a situation written by hand."""
    while True:
        file, situation = rng.choice(situations())
        picks: list[Line | None] = [*situation.lines]
        if situation.sentences:
            picks += [None] * (2 if len(situation.lines) > 4 else 1)
        if picks:
            break
    line = rng.choice(picks)
    style = rng.random()
    filler = Filler(rng, situation.values(rng, style), style)
    job = "telemetry" if situation.telemetry else "ask"
    system = system_message(rng)
    name = f"{file}|{situation.name}"
    if line is None:
        at, facts = _facts(rng, filler, situation)
        if situation.requests and rng.random() < 0.4:
            request = filler.fill(rng.choice(situation.requests), "facts")
        else:
            request = describe_text(rng)
        said = filler.fill(rng.choice(situation.sentences), "answer")
        facts, said = _renamed(rng, 0.6, facts, said)
        prompt = compose(rng, facts, noisy(rng, request), telemetry=situation.telemetry, asks=False)
        combo = f"{name}|d|{at}|{request}"
        return Example("describe", combo, (Turn(prompt, capital(said)),), system)
    which = situation.lines.index(line)
    said = _answer(filler, line)
    request = filler.fill(line.request, "facts")
    if line.kind == "p":
        drawn = ",".join(v.text for v in filler.values.values())
        request, said = _renamed(rng, 0.3, request, said) if not said.startswith(("Yes", "No")) else (request, said)
        return Example("extract" if is_json(line) else job, f"{name}|{which}|{drawn}", (Turn(request, said),), system)
    at, facts = _facts(rng, filler, situation)
    if (
        rng.random() < 0.12
        and not _CLOSED.search(request + " " + said)
        and not re.search(r"null|false|:0|Not stated", said)
    ):
        facts = _beside(rng, situation, facts)
    as_json = line.kind == "x"
    if not said.startswith(("Yes", "No")):
        facts, request, said = _renamed(rng, 0.25, facts, request, said)
    prompt = compose(
        rng, facts, (framed if as_json else noisy)(rng, request), telemetry=situation.telemetry, asks=not as_json
    )
    return Example("extract" if as_json else job, f"{name}|{which}|{at}", (Turn(prompt, said),), system)


def main() -> None:
    """Check files and show samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", help="all files of written/ when none is named")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    rng = Random(args.seed)
    bad = 0
    loaded: list[tuple[str, Situation]] = []
    for path in args.files or sorted(FOLDER.glob("*.txt")):
        found, problems = read(path)
        for each in found:
            problems += [f"{path.name}: ## {each.name}: {p}" for p in check(each, rng)]
        names = [each.name for each in found]
        problems += [f"{path.name}: ## {name} comes twice" for name in sorted({n for n in names if names.count(n) > 1})]
        print(
            f"{path.name}: {len(found)} situations, {sum(len(s.lines) for s in found)} lines, {len(problems)} problems"
        )
        for problem in problems:
            print("  ", problem)
        bad += len(problems)
        loaded += [(path.stem, each) for each in found]
    if args.files:
        globals()["situations"] = lambda: tuple(loaded)
    for _ in range(args.samples if loaded else 0):
        shown = written(rng)
        print(f"\n[{shown.job}] {shown.turns[0].user}\n   => {shown.turns[0].assistant}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
