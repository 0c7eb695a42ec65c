# ruff: noqa: PLR2004 - phrase tables and the shares of a random choice are data
"""Situations of amounts: limits, totals, shares, what is used, how long something took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attributes
import vocabulary as words
from asking import dressed
from attributes import key_style
from language import capital, clock, listing, number, one_of
from notes import named
from pieces import Field, Question

if TYPE_CHECKING:
    from random import Random


Situation = tuple[str, Question, list[Field], bool]


def ask(rng: Random, kind: str, texts: tuple[str, ...], answer: str, topic: str, **slots: str) -> Question:
    """One of several wordings, dressed."""
    return Question(kind, dressed(rng, one_of(rng, texts, **slots)), answer, topic)


_LIMITS = (
    ("limit", True),
    ("max", True),
    ("maximum", True),
    ("allowed", True),
    ("budget", True),
    ("threshold", True),
    ("ceiling", True),
    ("cap", True),
    ("allowance", True),
    ("alarm above", True),
    ("not above", True),
    ("throttle at", True),
    ("min", False),
    ("minimum", False),
    ("at least", False),
    ("alarm below", False),
    ("cutoff", False),
    ("required", False),
    ("wanted", False),
    ("set point", False),
    ("target", False),
)
_NOUNS = {
    "limit",
    "max",
    "maximum",
    "budget",
    "threshold",
    "ceiling",
    "cap",
    "allowance",
    "min",
    "minimum",
    "cutoff",
    "set point",
    "target",
}


def limit(rng: Random) -> Situation:
    """A value beside its limit: is it within, over, below, enough."""
    a = attributes.attribute(rng, numeric=True)
    value = a.amount or 0.0
    decimals = len(str(a.value).partition(".")[2])
    bound_value = (
        f"{max(0.0, value + rng.uniform(-1, 1) * max(2.0, abs(value) * rng.choice((0.08, 0.3, 0.8)))):.{decimals}f}"
    )
    if float(bound_value) == value:
        bound_value = f"{value + 1:.{decimals}f}"
    gap = " " if f" {a.unit}" in a.shown else ""
    full = f"{a.value}{gap}{a.unit}" if a.unit else a.shown
    bound = f"{bound_value}{gap}{a.unit}"
    word, upper = rng.choice(_LIMITS)
    over = value > float(bound_value)
    of = f"{named(rng)[0]} " if rng.random() < 0.35 else ""
    loose = one_of(
        rng,
        (
            "{o}{l} {v}, {w} {b}",
            "{o}{l}: {v}, {w}: {b}",
            "{o}{l} {v} ({w} {b})",
            "{w} {b}, {o}{l} {v}",
            "{o}{l} is {v}, {w} is {b}",
            "{o}{l}={v} {w}={b}",
            "{o}{l} {v} / {w} {b}",
            "{o}{l}: {v}\n{w}: {b}",
            "{o}{l} is at {v} and the {w} is {b}",
            "{o}{l} {v}; {w} {b}",
        ),
        o=of,
        l=a.label,
        v=full,
        w=word,
        b=bound,
    )
    reason = (
        f"the {a.label} is {full} and {'the ' if word in _NOUNS else ''}{word} is {bound}"
        if word in _NOUNS
        else f"the {a.label} is {full}, {word} {bound}"
    )
    roll = rng.random()
    if roll < 0.16:
        return (
            loose,
            ask(
                rng,
                "limit-value",
                ("What is the {l}?", "{l}?", "How much is the {l}?", "Value of the {l}?"),
                f"{capital(f'the {a.label} is {full}')}.",
                a.label,
                l=a.label,
            ),
            [],
            False,
        )
    if roll < 0.28:
        return (
            loose,
            ask(
                rng,
                "limit-bound",
                ("What is the {w}?", "{w}?", "What is given as {w}?", "Which {w} (applies|is set|do we have)?"),
                f"{capital(bound)}.",
                a.label,
                w=word,
            ),
            [],
            False,
        )
    ask_over = rng.random() < 0.5
    truth = over if ask_over else not over
    texts: tuple[str, ...]
    if ask_over:
        texts = (
            "(Is it|Are we|Is the {l}) (over|above|beyond|past|higher than|more than) the {w}?",
            "Does (it|the {l}) exceed the {w}?",
            "Is (it|that|the {l}) too (much|high)?" if upper else "Is the {l} above the {w}?",
            "{l} above {b}?",
            "{l} over {w}?",
            "Has the {l} gone over {b}?",
            "Is (it|the {l}) more than {b}?",
        )
    else:
        texts = (
            "(Is it|Are we|Is the {l}) (under|below|lower than|less than) the {w}?",
            "(Is it|Are we|Is the {l}) (still |)(within|inside) the {w}?"
            if upper
            else "Is (it|the {l}) too (low|little)?",
            "Is the {l} (ok|fine|acceptable|all right|in order)?" if upper else "Is the {l} below {b}?",
            "Does the {l} stay (under|below) the {w}?",
            "{l} below {b}?",
            "Is (it|the {l}) less than {b}?",
        )
    if word not in _NOUNS:
        texts = tuple(t for t in texts if "{w}" not in t)
    question = ask(rng, "limit", texts, f"{'Yes' if truth else 'No'}, {reason}.", a.label, l=a.label, w=word, b=bound)
    return (
        loose,
        question,
        [
            *a.fields(rng),
            Field((key_style(rng, word),), "number", float(bound_value) if decimals else int(bound_value)),
        ],
        a.unit in {"W", "°C", "GB", "rpm", "ms", "MHz", "fps"},
    )


def total(rng: Random) -> Situation:
    """Some of one unit and some of the same unit: how many in all, how many of each, which most."""
    unit = rng.choice(
        (
            "crate",
            "box",
            "bag",
            "sack",
            "pallet",
            "bottle",
            "roll",
            "tray",
            "basket",
            "bundle",
            "barrel",
            words.thing(rng),
        )
    )
    kinds = list(dict.fromkeys(words.plural(words.thing(rng)) for _ in range(rng.choice((2, 2, 3)))))
    counts = rng.sample(range(1, 13), len(kinds))
    each = [f"{n} {unit if n == 1 else words.plural(unit)} of {k}" for n, k in zip(counts, kinds, strict=True)]
    text = rng.choice((", ".join(each), listing(each), "; ".join(each), "\n".join(each)))
    many = words.plural(unit)
    roll = rng.random()
    if roll < 0.4:
        n = sum(counts)
        return (
            text,
            ask(
                rng,
                "total",
                (
                    "How many {m} (altogether|in all|in total|all together|are there in total)?",
                    "total {m}?",
                    "(What is the|Give me the) total[ number] of {m}?",
                    "Sum of all {m}?",
                    "{m} in all?",
                    "How many {m} is that together?",
                ),
                f"{capital(number(n))} {many}.",
                unit,
                m=many,
            ),
            [Field((f"total_{key_style(rng, many)}",), "integer", n)],
            False,
        )
    at = rng.randrange(len(kinds))
    if roll < 0.75:
        return (
            text,
            ask(
                rng,
                "total-part",
                (
                    "How many {m} of {k}[ are there|]?",
                    "{k}: how many {m}?",
                    "How many of the {m} are {k}?",
                    "{m} of {k}?",
                ),
                f"{capital(number(counts[at]))} {unit if counts[at] == 1 else many}.",
                unit,
                m=many,
                k=kinds[at],
            ),
            [],
            False,
        )
    high = rng.random() < 0.5
    at = counts.index(max(counts) if high else min(counts))
    return (
        text,
        ask(
            rng,
            "total-most",
            ("What is there {w} of?", "(Which|What) do we have the {w} of?", "Of which is there the {w}?"),
            f"{capital(kinds[at])}, with {number(counts[at])} {unit if counts[at] == 1 else many}.",
            unit,
            w="most" if high else "least",
        ),
        [],
        False,
    )


def share(rng: Random) -> Situation:
    """`19 of 24 seats taken`, `5 workers, 2 without a helmet`, `6 tested: 5 pass, 1 fail`."""
    many = rng.choice(
        (
            words.plural(words.thing(rng)),
            "seats",
            "slots",
            "spaces",
            "workers",
            "samples",
            "units",
            "cameras",
            "lockers",
            "beds",
            "people",
            "bays",
        )
    )
    everything = rng.randint(2, 30)
    part = everything if rng.random() < 0.3 else rng.randint(0, everything)
    good, bad = rng.choice(
        (
            ("taken", "free"),
            ("used", "unused"),
            ("occupied", "vacant"),
            ("online", "offline"),
            ("passed", "failed"),
            ("with a helmet", "without a helmet"),
            ("with goggles", "without goggles"),
            ("paid", "unpaid"),
            ("full", "empty"),
            ("sealed", "unsealed"),
            ("signed", "unsigned"),
            ("working", "broken"),
            ("done", "left"),
            ("ok", "faulty"),
            ("loaded", "waiting"),
        )
    )
    rest = everything - part
    both = rng.random() < 0.45
    text = one_of(
        rng,
        ("{a} {m}, {p} {g}, {r} {b}", "{a} {m}: {p} {g}, {r} {b}", "{p} {m} {g}, {r} {b}", "{m}: {p} {g}, {r} {b}")
        if both
        else (
            "{p} of {a} {m} {g}",
            "{p} of {a} {m} are {g}",
            "{m} {g}: {p} of {a}",
            "{p} out of {a} {m} {g}",
            "{a} {m}, {p} of them {g}",
            "{m} {g} {p}/{a}",
        ),
        a=str(everything),
        m=many,
        p=str(part),
        g=good,
        r=str(rest),
        b=bad,
    )
    roll = rng.random()
    if roll < 0.3:
        return (
            text,
            ask(
                rng,
                "share-good",
                ("How many {m} are {g}?", "{g}: how many?", "How many are {g}?", "number of {m} {g}?"),
                f"{capital(number(part))}.",
                many,
                m=many,
                g=good,
            ),
            [Field((key_style(rng, good), key_style(rng, f"{many} {good}")), "integer", part)],
            False,
        )
    if roll < 0.65:
        return (
            text,
            ask(
                rng,
                "share-bad",
                (
                    "How many {m} are {b}?",
                    "{b}: how many?",
                    "How many are {b}?",
                    "How many {m} are not {g}?",
                    "number of {m} {b}?",
                ),
                f"{capital(number(rest))}.",
                many,
                m=many,
                g=good,
                b=bad,
            ),
            [Field((key_style(rng, bad), key_style(rng, f"{many} {bad}")), "integer", rest)],
            False,
        )
    if roll < 0.83:
        told = (
            f"{number(rest)} {'is' if rest == 1 else 'are'} {bad}" if rest else f"all {number(everything)} are {good}"
        )
        return (
            text,
            ask(
                rng,
                "share-all",
                ("Are all {m} {g}?", "All {g}?", "Is every one {g}?", "Are the {m} all {g}?"),
                f"{'No' if rest else 'Yes'}, {told}.",
                many,
                m=many,
                g=good,
            ),
            [],
            False,
        )
    told = f"{number(rest)} {'is' if rest == 1 else 'are'} {bad}" if rest else f"all {number(everything)} are {good}"
    return (
        text,
        ask(
            rng,
            "share-any",
            ("Are (any|some) {m} {b}?", "Is (any|one|anything) {b}?", "Any {m} {b}?", "any of them {b}?"),
            f"{'Yes' if rest else 'No'}, {told}.",
            many,
            m=many,
            b=bad,
        ),
        [],
        False,
    )


def usage(rng: Random) -> Situation:
    """`RAM 5480/7620MB`, `data used 812 MB of 1000 MB`: what is used of what there is."""
    what = rng.choice(
        (
            "RAM",
            "memory",
            "swap",
            "disk",
            "data",
            "storage",
            "SSD",
            "cache",
            "VRAM",
            "partition",
            "quota",
            "heap",
            words.thing(rng),
        )
    )
    unit = rng.choice(("MB", "GB", "GiB", "MB", "l", "TB"))
    everything = rng.randint(8, 9000) if unit == "MB" else rng.randint(2, 512)
    part = rng.choice((0, everything, everything, *(rng.randint(0, everything) for _ in range(4))))
    gap = " " if rng.random() < 0.7 else ""
    text = one_of(
        rng,
        (
            "{w} {p}/{a}{g}{u}",
            "{w} used {p}{g}{u} of {a}{g}{u}",
            "{w} {p} of {a}{g}{u}",
            "{w}: {p} of {a}{g}{u} used",
            "{w}_used={p}{u} {w}_total={a}{u}",
            "{w} total {a}{g}{u}, {w} used {p}{g}{u}",
            "{p} of {a}{g}{u} {w} in use",
        ),
        w=what,
        p=str(part),
        a=str(everything),
        u=unit,
        g=gap,
    )
    told = f"{part} of {everything} {unit} are used"
    fields = [
        Field((key_style(rng, f"{what} used"), f"{key_style(rng, what)}_{unit.lower()}"), "integer", part),
        Field((key_style(rng, f"{what} total"),), "integer", everything),
    ]
    roll = rng.random()
    texts: tuple[str, ...]
    if roll < 0.35:
        texts = (
            "How much {w} is (used|in use|taken|occupied)?",
            "{w} used?",
            "How many {u} of {w} are used?",
            "{w} usage?",
        )
        return text, ask(rng, "usage", texts, f"{part} of {everything} {unit}.", what, w=what, u=unit), fields, True
    if roll < 0.55:
        texts = (
            "How much {w} is there (in total|altogether|in all)?",
            "Total {w}?",
            "How big is the {w}?",
            "{w} size?",
        )
        return text, ask(rng, "usage-all", texts, f"{everything} {unit}.", what, w=what), fields, True
    if roll < 0.8:
        full = part == everything
        texts = ("Is the {w} (full|used up|exhausted|all gone|completely used)?", "{w} full?", "Is all the {w} used?")
        return text, ask(rng, "usage-full", texts, f"{'Yes' if full else 'No'}, {told}.", what, w=what), fields, True
    texts = ("Is (any|some) {w} (in use|used)?", "Is the {w} in use?", "Is {w} used at all?")
    return text, ask(rng, "usage-any", texts, f"{'Yes' if part else 'No'}, {told}.", what, w=what), fields, True


def span(rng: Random) -> Situation:
    """Something begins and ends: when, and how long in between."""
    what = rng.choice(
        (
            "round",
            "shift",
            "wash",
            "test",
            "charge",
            "backup",
            "delivery",
            "cycle",
            "run",
            "break",
            "loading",
            "scan",
            words.thing(rng),
        )
    )
    begin, ended = rng.choice(
        (
            ("started", "finished"),
            ("started", "ended"),
            ("begun", "done"),
            ("began", "stopped"),
            ("opened", "closed"),
            ("on", "off"),
            ("start", "end"),
            ("tripped", "restarted"),
        )
    )
    at = rng.randrange(1300)
    length = rng.randint(2, 130)
    a, b = clock(at), clock(at + length)
    text = one_of(
        rng,
        (
            "{a} {w} {x}, {b} {w} {y}",
            "{w} {x} {a}, {y} {b}",
            "{w} {x} at {a} and {y} at {b}",
            "{w}: {x} {a}, {y} {b}",
            "{a} {w} {x}\n{b} {w} {y}",
            "{w} {y} {b}, {x} {a}",
        ),
        a=a,
        b=b,
        w=what,
        x=begin,
        y=ended,
    )
    fields = [
        Field((f"{begin}_at", f"{what}_{begin}".replace(" ", "_")), "string", a),
        Field((f"{ended}_at", f"{what}_{ended}".replace(" ", "_")), "string", b),
    ]
    roll = rng.random()
    if roll < 0.35:
        return (
            text,
            ask(
                rng,
                "span-begin",
                (
                    "When did the {w} (start|begin)?",
                    "What time did the {w} start?",
                    "Start of the {w}?",
                    "(What is the|I only need the) start time.",
                    "When was the {w} {x}?",
                ),
                f"At {a}.",
                what,
                w=what,
                x=begin,
            ),
            fields,
            False,
        )
    if roll < 0.7:
        return (
            text,
            ask(
                rng,
                "span-end",
                (
                    "When did the {w} (end|finish|stop)?",
                    "What time was it over?",
                    "End of the {w}?",
                    "(What is the|I only need the) end time.",
                    "When was the {w} {y}?",
                ),
                f"At {b}.",
                what,
                w=what,
                y=ended,
            ),
            fields,
            False,
        )
    return (
        text,
        ask(
            rng,
            "span-long",
            (
                "How (long|many minutes) did the {w} (take|last)?",
                "How long was the {w}?",
                "Duration of the {w} in minutes?",
                "How long did it take?",
            ),
            f"{length} minutes.",
            what,
            w=what,
        ),
        [Field(("duration_min", "minutes"), "integer", length)],
        False,
    )
