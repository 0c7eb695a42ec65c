# ruff: noqa: PLR0913, PLR0917, PLR2004 - phrase tables and the shares of a random choice are data
"""Conversations about anything: notes, tables and situations, described, asked and extracted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import actors
import asking
import attributes
import extraction
import lexicon
import notes
import pieces as atoms
import records
import situations
import vocabulary as words
from labels import FLAGS
from language import capital, listing, one_of
from pieces import Piece, Question
from prompts import Example, Turn, compose, describe_text, description, framed, noisy, system_message, unique
from telemetry import telemetry_pieces

if TYPE_CHECKING:
    from random import Random


_SCENE = (actors.piece, actors.piece, actors.piece, actors.piece, notes.absence)
_ANY = (
    *(actors.piece,) * 4,
    *(notes.state,) * 3,
    *(notes.reading,) * 3,
    notes.absence,
    notes.event,
)


def note(rng: Random) -> list[Piece]:
    """A heading, one to five fragments, a time; nothing is told twice."""
    makers = _SCENE if rng.random() < 0.3 else _ANY
    found: list[Piece] = []
    used: set[str] = set()
    if rng.random() < 0.5:
        found.append(notes.heading(rng))
    found += [rng.choice(makers)(rng) for _ in range(rng.choice((1, 1, 2, 2, 3, 3, 4, 5)))]
    if rng.random() < 0.55:
        found.append(atoms.time_piece(rng))
    kept = []
    for p in found:
        if not p.topics & used:
            kept.append(p)
            used |= p.topics
    if rng.random() < 0.3:
        rng.shuffle(kept)
    return kept


def sentence(found: list[Piece]) -> str:
    """The note as one sentence that keeps every fragment, in the order of `prompts.description`."""
    bare = [p.clause for p in found if p.role == "bare"]
    if not bare:
        return description(found)
    first = next(p for p in found if p.role == "bare")
    one = len(bare) == 1 and bare[0].startswith(("a ", "an "))
    where = next((p.clause for p in found if p.role == "where"), "")
    group = (
        f"{listing(bare)} {'is' if one else 'are'} {where}"
        if where
        else f"there {'is' if one else 'are'} {listing(bare)}"
    )
    main = replace(first, clause=group, role="main")
    rest = [p for p in found if p.role not in {"bare", "where"}]
    return description([main, *rest])


def layout(rng: Random, found: list[Piece]) -> str:
    """The note in one of the ways strangers write one."""
    roll = rng.random()
    if roll < 0.14:
        return " ".join(p.sentence for p in found)
    if roll < 0.22:
        return json.dumps(
            dict(unique([pair for p in found for pair in p.pairs])),
            ensure_ascii=False,
            indent=rng.choice((None, None, 1)),
        )
    if roll < 0.34:
        joint, gap = rng.choice(
            (
                ("=", " "),
                (": ", "\n"),
                (" = ", "; "),
                (": ", ", "),
                ("=", ";"),
                (": ", " | "),
                ("=", "\n"),
                (": ", " / "),
            )
        )
        return gap.join(f"{k}{joint}{v}" for k, v in unique([pair for p in found for pair in p.pairs]))
    if roll < 0.42:
        mark = rng.choice(("- ", "* ", "", "• "))
        return "\n".join(mark + p.fragment for p in found)
    parts = [p.fragment for p in found]
    if found[-1].role == "time" and len(parts) > 1 and rng.random() < 0.12:
        return f"[{parts[-1]}] {rng.choice((', ', ' ', '; ', ' | ')).join(parts[:-1])}"
    if found[0].role == "where" and rng.random() < 0.6:
        head = rng.choice(("{h}: {r}", "{h} - {r}", "{h}. {r}", "[{h}] {r}", "{h}: {r}", "{h}; {r}")).replace(
            "{h}", parts[0]
        )
        parts = [head.replace("{r}", parts[1]), *parts[2:]] if len(parts) > 1 else parts
    if found[-1].role == "time" and rng.random() < 0.15 and len(parts) > 1:
        parts[-2:] = [f"{parts[-2]} ({parts[-1]})"]
    gap = rng.choice((", ",) * 5 + ("; ", ". ", " | ", " / ", " - ", "\n", " + ", ",", " -- "))
    text = gap.join(map(capital, parts) if gap == ". " else parts)
    return capital(text) if rng.random() < 0.4 else text


def _absent(rng: Random, found: list[Piece]) -> Question:
    told = {w for p in found for t in p.topics for w in t.split(" ")}
    for _ in range(20):
        roll = rng.random()
        if roll < 0.4:
            a = attributes.attribute(rng)
            if not set(a.label.split(" ")) & told and not (
                told & {"time", "place"} and set(a.label.split(" ")) & _COMMON
            ):
                return Question("wide-absent", asking.value(rng, a.label), "Not stated.", a.label)
        elif roll < 0.7:
            bare, the = notes.named(rng)
            if not set(bare.split(" ")) & told:
                pair = rng.choice(FLAGS)
                return Question("wide-absent", asking.polar(rng, "is", the, rng.choice(pair)), "Not stated.", bare)
        elif not any(p.role == "bare" for p in found) and "time" not in told:
            return Question("wide-absent", one_of(rng, atoms.WHAT_TIME), "Not stated.", "time")
    return Question("wide-absent", "Who pays for it?", "Not stated.", "payer")


_COMMON = {"time", "date", "day", "since", "until", "start", "end", "at", "place", "site", "area", "spot", "where"}


def _missing(rng: Random, found: list[Piece]) -> Question | None:
    """A question for a thing that is not there; None when that is not certain."""
    seen = [p.seen for p in found if p.seen]
    if not seen or any(not p.seen and p.role not in {"time", "where"} for p in found):
        return None
    noun = words.thing(rng) if rng.random() < 0.5 else rng.choice(lexicon.ANIMALS + lexicon.VEHICLES).one
    told = {w for p in found for t in (*p.topics, p.clause) for w in t.split(" ")}
    if set(noun.split(" ")) & told or any(n.one in told for n in lexicon.ANIMALS + lexicon.VEHICLES):
        return None
    be = "is" if len(seen) == 1 and seen[0].startswith(("a ", "an ")) else "are"
    reason = f"there {be} only {listing(seen)}" if len(seen) <= 3 else f"there is no {noun}"
    return Question("wide-missing", asking.exists(rng, noun, lexicon.article(noun)), f"No, {reason}.", noun)


_PERSONS = {r.replace("-", " ") for r in words.ROLES} | {n.one for n in lexicon.PEOPLE}
_KINDS = (
    ("person", _PERSONS),
    ("animal", {n.one for n in lexicon.ANIMALS}),
    ("vehicle", {n.one for n in lexicon.VEHICLES}),
)
_THINGS = set(words.THINGS)
_ANYONE = (
    "Is (anyone|anybody|someone|somebody|a person|a human) (there|around|in sight|present|visible)?",
    "(Anyone|Anybody|Any person|Any people) (there|around|here|to be seen|)?",
    "(Do|Can) you see (anyone|anybody|a person|people)?",
    "Are there any people?",
    "Does it (show|mention) (anyone|anybody|a person|people)?",
    "Is there a (person|human|living soul) in this?",
)


def _of_a_kind(rng: Random, found: list[Piece]) -> Question | None:
    """Whether a person, an animal or a vehicle is there; None when that is not certain."""
    seen = [p for p in found if p.seen]
    if not seen or any(not p.seen and p.role not in {"time", "where"} for p in found):
        return None
    known = _PERSONS | _KINDS[1][1] | _KINDS[2][1] | _THINGS
    if len(seen) > 3 or any(not p.topics & known for p in seen):
        return None
    one, names = rng.choice((_KINDS[0], *_KINDS))
    matching = [p.seen for p in seen if p.topics & names]
    told = matching or [p.seen for p in seen]
    be = "is" if len(told) == 1 and told[0].startswith(("a ", "an ")) else "are"
    if one == "person" and rng.random() < 0.7:
        text = asking.dressed(rng, one_of(rng, _ANYONE))
    else:
        text = asking.exists(rng, one, lexicon.article(one))
    answer = f"Yes, there {be} {listing(told)}." if matching else f"No, there {be} only {listing(told)}."
    return Question("wide-kind", text, answer, one)


def _question(rng: Random, found: list[Piece]) -> Question:
    if rng.random() < 0.1:
        return _absent(rng, found)
    if rng.random() < 0.3:
        missing = rng.choice((_missing, _of_a_kind))(rng, found)
        if missing:
            return missing
    asking_pieces = [p for p in found if p.asks]
    if not asking_pieces:
        return _absent(rng, found)
    weights = [6 if p.seen else 1 if p.role in {"where", "time"} else 3 for p in asking_pieces]
    return rng.choice(rng.choices(asking_pieces, weights)[0].asks)(rng)


def _example(
    rng: Random, job: str, facts: str, question: Question, topics: set[str], extra: tuple[Turn, ...] = ()
) -> Example:
    told = sorted(topics - {question.topic})
    prompt = compose(
        rng,
        facts,
        (framed if job == "extract" else noisy)(rng, question.text),
        telemetry=job == "telemetry",
        asks=job in {"ask", "telemetry"},
    )
    return Example(
        job,
        f"{job}|{question.kind}|{question.topic}|{told[0] if told else ''}",
        (Turn(prompt, question.answer), *extra),
        system_message(rng),
    )


def _topics(found: list[Piece]) -> set[str]:
    return set().union(*(p.topics for p in found)) if found else set()


def described(rng: Random) -> Example:
    """A note, described."""
    found = note(rng)
    return _example(
        rng,
        "describe",
        layout(rng, found),
        Question("wide-describe", describe_text(rng), sentence(found), found[0].fragment.split(" ")[0]),
        _topics(found),
    )


def asked(rng: Random) -> Example:
    """A note, and a question about it; seldom a second one."""
    found = note(rng)
    first = _question(rng, found)
    extra: tuple[Turn, ...] = ()
    if rng.random() < 0.04:
        more = _question(rng, found)
        extra = (Turn(noisy(rng, more.text), more.answer),)
    return _example(rng, "ask", layout(rng, found), first, _topics(found), extra)


def extracted(rng: Random) -> Example:
    """A note, a table or a situation, and fields to extract."""
    while True:
        roll = rng.random()
        if roll < 0.62:
            found = [
                *note(rng),
                *(extraction.odd_value(rng) for _ in range(rng.choice((0, 0, 1, 2)))),
                *(notes.reading(rng) for _ in range(rng.choice((0, 1, 2, 3)))),
            ]
            found = [p for i, p in enumerate(found) if not any(p.topics & q.topics for q in found[:i])]
            text = layout(rng, found)
        elif roll < 0.8:
            text, one = records.piece(rng)
            found = [one]
        elif roll < 0.92:
            text, _, fields, _ = situations.situation(rng)
            found = [Piece(text, text, [], text, "main", frozenset(text.lower().split(" ")[:3]), [], fields)]
        else:
            found = telemetry_pieces(rng)
            text = layout(rng, found)
        question = extraction.request(rng, found)
        if question:
            return _example(rng, "extract", text, question, _topics(found))


def tabled(rng: Random) -> Example:
    """A table, and a question about it."""
    text, one = records.piece(rng)
    question = rng.choice(one.asks)(rng)
    return _example(rng, "ask", text, question, set(one.topics))


def situated(rng: Random) -> Example:
    """A situation among other facts, and its question."""
    text, question, _, is_telemetry = situations.situation(rng)
    topics: set[str] = set()
    if rng.random() < 0.35:
        other = rng.choice((notes.state, notes.reading, atoms.time_piece, notes.heading))(rng)
        if (
            question.kind not in {"inside-when", "span-begin", "span-end", "span-long", "inside-event"}
            or other.role == "where"
        ):
            gap = "\n" if "\n" in text else rng.choice((", ", "; ", ". "))
            text = f"{text}{gap}{other.fragment}" if rng.random() < 0.5 else f"{other.fragment}{gap}{text}"
            topics = set(other.topics)
    return _example(rng, "telemetry" if is_telemetry else "ask", text, question, topics)


_SHARES = ((described, 0.26), (asked, 0.24), (extracted, 0.24), (tabled, 0.1), (situated, 0.16))


def wide(rng: Random) -> Example:
    """One conversation about anything."""
    return rng.choices([job for job, _ in _SHARES], [part for _, part in _SHARES])[0](rng)
