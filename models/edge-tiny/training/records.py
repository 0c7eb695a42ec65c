# ruff: noqa: E501, PLR0911, PLR2004 - phrase tables and the shares of a random choice are data
"""Several things with the same attributes: tables, lists and sentences; look up, compare, count, add."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asking
import attributes
import vocabulary as words
from attributes import Attribute, key_style
from language import capital, number, one_of
from notes import LABELS
from pieces import Field, Piece, Question

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Table:
    """Named rows with one value each for every label."""

    kind: str
    names: tuple[str, ...]
    rows: tuple[tuple[Attribute, ...], ...]

    @property
    def labels(self) -> list[str]:
        """The labels of the columns."""
        return [a.label for a in self.rows[0]]


def table(rng: Random) -> Table:
    """Two to six things of one kind with one to three attributes."""
    kind = (
        words.thing(rng)
        if rng.random() < 0.65
        else rng.choice(
            (
                "order",
                "badge",
                "pallet",
                "freezer",
                "lot",
                "bay",
                "lane",
                "bus",
                "room",
                "pump",
                "line",
                "camera",
                "ticket",
                "parcel",
                "crate",
                "truck",
                "shelf",
                "tank",
                "zone",
                "cell",
                "oven",
                "robot",
                "visitor",
                "locker",
                "node",
                "sensor",
                "desk",
            )
        )
    )
    count = rng.choice((2, 2, 2, 3, 3, 4, 5, 6))
    roll = rng.random()
    if roll < 0.4:
        start = rng.randint(1, 30)
        labels = [str(start + i) for i in range(count)]
    elif roll < 0.6:
        labels = rng.sample(LABELS, count)
    elif roll < 0.75:
        base = rng.randint(1000, 90000)
        labels = [str(base + i) for i in range(count)]
    else:
        labels = [attributes.code(rng) for _ in range(count)]
    names = tuple(f"{kind} {label}" for label in labels)
    if rng.random() < 0.2:
        names = tuple(f"{words.quality(rng)} {kind}" for _ in range(count))
    if len(set(names)) < count:
        return table(rng)
    first: list[Attribute] = []
    for i in range(rng.choice((1, 1, 1, 2, 2, 3))):
        a = attributes.attribute(rng, numeric=rng.random() < 0.5 and i == 0)
        if a.label not in {f.label for f in first} and a.kind != "list":
            first.append(a)
    first = first or [attributes.attribute(rng, numeric=True)]
    rows = [tuple(first), *(tuple(attributes.again(rng, a) for a in first) for _ in range(count - 1))]
    rng.shuffle(rows)
    return Table(kind, names, tuple(rows))


def layout(rng: Random, t: Table) -> str:
    """The table in one of many layouts."""
    style = rng.random()
    pairs = list(zip(t.names, t.rows, strict=True))
    if style < 0.1:
        return "\n".join(
            [
                ",".join(["name", *(key_style(rng, n) for n in t.labels)]),
                *(",".join([n, *(a.shown for a in r)]) for n, r in pairs),
            ]
        )
    if style < 0.18:
        return "\n".join(
            [
                f"| {t.kind} | {' | '.join(t.labels)} |",
                "|" + "---|" * (len(t.labels) + 1),
                *(f"| {n} | {' | '.join(a.shown for a in r)} |" for n, r in pairs),
            ]
        )
    if style < 0.28:
        return json.dumps(
            {n: {a.label: a.value for a in r} if len(r) > 1 else r[0].value for n, r in pairs}, ensure_ascii=False
        )
    if style < 0.35:
        return json.dumps([{"name": n, **{a.label: a.shown for a in r}} for n, r in pairs], ensure_ascii=False)
    if style < 0.5:
        return "\n".join(
            f"{rng.choice(('- ', '')) if i == 0 else ''}{n}: {', '.join(f'{a.label} {a.shown}' for a in r)}"
            for i, (n, r) in enumerate(pairs)
        )
    if style < 0.6:
        return "\n".join(f"{n} {' '.join(f'{key_style(rng, a.label)}={a.shown}' for a in r)}" for n, r in pairs)
    joint, gap = rng.choice((": ", " has ", " - ", " (", " with ", ", ")), rng.choice(("; ", ", ", ". ", " | ", "\n"))
    lead = rng.random() < 0.6 or len(t.labels) > 1
    parts = [
        f"{n}{joint}{', '.join((f'{a.label} {a.shown}' if lead else f'{a.shown}') for a in r)}{')' if joint == ' (' else ''}"
        for n, r in pairs
    ]
    if len(pairs) == 2 and rng.random() < 0.3:
        return f"{parts[0]} and {parts[1]}"
    return gap.join(parts) if lead else f"{t.labels[0]}: {gap.join(parts)}"


def question(rng: Random, t: Table) -> Question:
    """Look a value up, find the row of a value, compare, count, add, or ask what is not there."""
    at = rng.randrange(len(t.labels))
    who = rng.randrange(len(t.names))
    label, name, a = t.labels[at], t.names[who], t.rows[who][at]
    column = [r[at] for r in t.rows]
    roll = rng.random()
    if roll < 0.1:
        return Question("table-untold", *_untold(rng, t), label)
    if a.amount is not None and len({c.amount for c in column}) == len(column) and roll < 0.62:
        return _compared(rng, t, column, label)
    if roll < 0.55:
        shown = a.shown if a.kind != "boolean" else ("Yes" if a.value else "No")
        return Question("table-value", asking.value(rng, label, name), f"{capital(shown)}.", label)
    if roll < 0.8:
        same = [n for n, c in zip(t.names, column, strict=True) if c.shown == a.shown]
        if len(same) == 1:
            return Question(
                "table-which",
                asking.dressed(rng, one_of(rng, _WHICH, k=t.kind, l=label, v=a.shown)),
                f"{capital(name)}.",
                label,
            )
    yes = rng.random() < 0.5
    other = next((c.shown for c in column if c.shown != a.shown), attributes.again(rng, a).shown)
    return Question(
        "table-is",
        asking.polar(rng, "is", f"the {label} of {name}", a.shown if yes else other),
        f"{'Yes' if yes else 'No'}, the {label} of {name} is {a.shown}.",
        label,
    )


_WHICH = (
    "Which {k} has {l} {v}?",
    "Which {k} has the {l} {v}?",
    "What {k} (is at|has|shows|is listed with|goes with|belongs to) {v}?",
    "Which one has {v} as {l}?",
    "{v}: which {k}?",
    "Whose {l} is {v}?",
    "(Find|Name|Give me) the {k} with {l} {v}.",
    "For which {k} is the {l} {v}?",
    "{l} {v} - which {k} is that?",
    "Which is {v}?",
)
_MOST = (
    "Which {k} has the {s} {l}?",
    "Which {k} has {s} {l}?",
    "What is the {k} with the {s} {l}?",
    "{S} {l}: which {k}?",
    "Where is the {l} {s}?",
    "Which one is {s} in {l}?",
    "Name the {k} with the {s} {l}.",
    "Who has the {s} {l}?",
)


def _compared(rng: Random, t: Table, column: list[Attribute], label: str) -> Question:
    amounts = [c.amount or 0.0 for c in column]
    roll = rng.random()
    i, j = rng.sample(range(len(column)), 2)
    if roll < 0.4:
        high = rng.random() < 0.5
        at = amounts.index(max(amounts) if high else min(amounts))
        word = rng.choice(
            ("highest", "most", "largest", "biggest", "greatest", "maximum", "top")
            if high
            else ("lowest", "least", "smallest", "minimum", "fewest")
        )
        return Question(
            "table-most",
            asking.dressed(rng, one_of(rng, _MOST, k=t.kind, l=label, s=word, S=capital(word))),
            f"{capital(t.names[at])}, at {column[at].shown}.",
            label,
        )
    if roll < 0.7:
        more = rng.random() < 0.5
        truth = amounts[i] > amounts[j] if more else amounts[i] < amounts[j]
        word = rng.choice(("higher", "larger", "bigger", "greater") if more else ("lower", "smaller"))
        text = one_of(
            rng,
            (
                "Is the {l} of {a} {w} than (that of |)(the {l} of |){b}?",
                "Does {a} have a {w} {l} than {b}?",
                "Has {a} a {w} {l} than {b}?",
                "{a} vs {b}: is the {l} {w} for {a}?",
            ),
            a=t.names[i],
            b=t.names[j],
            l=label,
            w=word,
        )
        return Question(
            "table-more",
            asking.dressed(rng, text),
            f"{'Yes' if truth else 'No'}, {t.names[i]} is at {column[i].shown} and {t.names[j]} at {column[j].shown}.",
            label,
        )
    if roll < 0.88:
        bottom, top = min(amounts), max(amounts)
        limit = round(bottom + (top - bottom) * rng.random())
        above = [n for n, m in zip(t.names, amounts, strict=True) if m > limit]
        below = [n for n in t.names if n not in above]
        over = len(above) == 1
        if (over or len(below) == 1) and limit not in amounts:
            word = rng.choice(("above", "over", "more than")) if over else rng.choice(("below", "under", "less than"))
            return Question(
                "table-limit",
                asking.dressed(
                    rng, f"Which {t.kind} is {word} {limit}{' ' + column[0].unit if column[0].unit else ''}?"
                ),
                f"{capital((above if over else below)[0])}.",
                label,
            )
    return Question("table-value", asking.value(rng, label, t.names[i]), f"{capital(column[i].shown)}.", label)


def _untold(rng: Random, t: Table) -> tuple[str, str]:
    other = attributes.attribute(rng)
    if rng.random() < 0.6 and not any(set(other.label.split()) & set(label.split()) for label in t.labels):
        return asking.value(rng, other.label, rng.choice(t.names)), "Not stated."
    return asking.value(rng, rng.choice(t.labels), f"{t.kind} {rng.randint(95_000, 99_999)}"), "Not stated."


def piece(rng: Random) -> tuple[str, Piece]:
    """A table as text, and as a piece that can be asked and extracted."""
    t = table(rng)
    fields = [f for n, r in zip(t.names, t.rows, strict=True) for a in r for f in _fields(rng, n, a)]
    fields.append(
        Field((key_style(rng, words.plural(t.kind)), f"{key_style(rng, t.kind)}_count"), "integer", len(t.names))
    )
    text = layout(rng, t)
    asks = [lambda r: question(r, t)] * 9 + [
        lambda r: Question(
            "table-count",
            asking.amount(r, words.plural(t.kind)),
            f"{capital(number(len(t.names)))} {words.plural(t.kind)}.",
            t.kind,
        )
    ]
    return text, Piece(text, text, [], text, "main", frozenset({t.kind, *t.labels}), asks, fields)


def _fields(rng: Random, name: str, a: Attribute) -> list[Field]:
    keys = (
        [key_style(rng, f"{name} {a.label}"), key_style(rng, name)]
        if rng.random() < 0.6
        else [key_style(rng, f"{a.label} {name}")]
    )
    return [Field(tuple(keys[:1]), "string" if a.kind == "list" else a.kind, a.value)]
