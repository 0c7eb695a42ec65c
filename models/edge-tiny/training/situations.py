# ruff: noqa: PLR2004 - phrase tables and the shares of a random choice are data
"""Small situations that need one step of thought: limits, who is still inside, what is left, who has which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attributes
import lexicon
import vocabulary as words
from asking import dressed, polar
from attributes import FLAGS, key_style
from language import capital, clock, listing, number, one_of
from notes import named
from pieces import Field, Question

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Situation = tuple[str, Question, list[Field], bool]


def _ask(rng: Random, kind: str, texts: tuple[str, ...], answer: str, topic: str, **slots: str) -> Question:
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
            _ask(
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
            _ask(
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
    question = _ask(rng, "limit", texts, f"{'Yes' if truth else 'No'}, {reason}.", a.label, l=a.label, w=word, b=bound)
    return (
        loose,
        question,
        [
            *a.fields(rng),
            Field((key_style(rng, word),), "number", float(bound_value) if decimals else int(bound_value)),
        ],
        a.unit in {"W", "°C", "GB", "rpm", "ms", "MHz", "fps"},
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


def inside(rng: Random) -> Situation:
    """A log of who came and went."""
    badge = rng.random() < 0.55
    label = rng.choice(("badge", "card", "car", "trolley", "visitor", "truck", "key", words.thing(rng)))
    names = (
        [f"{label} {rng.randint(100, 9999)}" for _ in range(4)]
        if badge
        else [
            capital(lexicon.pseudo_word(rng)) if rng.random() < 0.5 else rng.choice(lexicon.FIRST_NAMES)
            for _ in range(4)
        ]
    )
    names = list(dict.fromkeys(names))[: rng.choice((2, 2, 3))]
    came, went = rng.choice(
        (
            ("in", "out"),
            ("IN", "OUT"),
            ("entered", "left"),
            ("came in", "went out"),
            ("arrived", "left"),
            ("enters", "leaves"),
            ("checked in", "checked out"),
            ("borrowed", "returned"),
        )
    )
    outside = {n for n in names if rng.random() < 0.5}
    minutes, events = rng.randint(300, 900), []
    times: dict[str, str] = {}
    for n in names:
        minutes += rng.randint(1, 40)
        events.append((clock(minutes), n, came))
        times[f"{n} in"] = clock(minutes)
    for n in names:
        if n in outside:
            minutes += rng.randint(1, 50)
            events.append((clock(minutes), n, went))
            times[f"{n} out"] = clock(minutes)
    form = rng.choice(("{t} {n} {e}", "{t} {n} {e}", "{t}: {n} {e}", "{n} {e} {t}", "{n} {e} at {t}", "[{t}] {n} {e}"))
    text = rng.choice(("\n", ", ", "; ", ". ")).join(form.format(t=t, n=n, e=e) for t, n, e in events)
    stayed = [n for n in names if n not in outside]
    who = rng.choice(names)
    roll = rng.random()
    still = "still out" if came == "borrowed" else "still inside"
    if roll < 0.3:
        answer = f"{capital(listing(stayed))}." if stayed else "Nobody."
        if came == "borrowed":
            return (
                text,
                _ask(
                    rng,
                    "inside-who",
                    (
                        "(Which|What) is still out?",
                        "What has not been returned?",
                        "Which one is missing?",
                        "What did not come back?",
                    ),
                    f"{capital(listing(stayed))}." if stayed else "Nothing.",
                    "log",
                ),
                [],
                False,
            )
        return (
            text,
            _ask(
                rng,
                "inside-who",
                (
                    "Who is still (inside|in|there|here)?",
                    "Who has not left[ yet]?",
                    "Which one is still inside?",
                    "Who remains inside?",
                    "Who did not leave?",
                    "still inside?",
                ),
                answer,
                "log",
            ),
            [],
            False,
        )
    if roll < 0.55:
        gone = who in outside
        ask_gone = rng.random() < 0.5
        done = ["been returned", "been brought back"] if came == "borrowed" else ["left", "gone", "left already"]
        question = (
            _ask(
                rng,
                "inside-gone",
                (f"Has {who} {rng.choice(done)}[ already| yet|]?", f"{who} {rng.choice(done)}?"),
                "",
                "log",
            )
            if ask_gone
            else Question("inside-still", polar(rng, "is", who, still), "", "log")
        )
        reason = (
            f"{who} {went} at {times[f'{who} out']}"
            if gone and went in {"left", "went out", "checked out"}
            else f"{who} is out since {times[f'{who} out']}"
            if gone
            else f"{who} is {still}"
        )
        if gone and came == "borrowed":
            reason = f"{who} was returned at {times[f'{who} out']}"
        return (
            text,
            Question(question.kind, question.text, f"{'Yes' if gone == ask_gone else 'No'}, {reason}.", "log"),
            [],
            False,
        )
    if roll < 0.8:
        kind = "out" if who in outside and rng.random() < 0.5 else "in"
        verbs: dict[str, tuple[str, ...]] = {
            "in": ("come in", "enter", "arrive"),
            "out": ("leave", "go out", "get out"),
        }
        verb = verbs[kind]
        if came == "borrowed":
            verb = ("get borrowed",) if kind == "in" else ("come back",)
        return (
            text,
            _ask(
                rng,
                "inside-when",
                (
                    "When did {w} {v}?",
                    "At what time did {w} {v}?",
                    "What time did {w} {v}?",
                    "(Tell me|Say) when {w} did {v}.",
                ),
                f"At {times[f'{who} {kind}']}.",
                "log",
                w=who,
                v=rng.choice(verb),
            ),
            [],
            False,
        )
    t, n, e = events[0] if rng.random() < 0.5 else events[-1]
    return (
        text,
        _ask(
            rng,
            "inside-event",
            ("Who {e} at {t}?", "What happened at {t}?", "{t}: who?")
            if e not in {"in", "out", "IN", "OUT"}
            else ("Who was it at {t}?", "{t}: who?"),
            f"{capital(n)}." if e in {"in", "out", "IN", "OUT"} else f"{capital(n)} {e}.",
            "log",
            e=e,
            t=t,
        ),
        [],
        False,
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
            _ask(
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
            _ask(
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
        _ask(
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
    part = rng.randint(0, everything)
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
            _ask(
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
            _ask(
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
            _ask(
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
        _ask(
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


def status(rng: Random) -> Situation:
    """Two of a kind in different states: each has its own."""
    kind = rng.choice(("order", "batch", "slot", "lane", "room", "door", "order", words.thing(rng), words.thing(rng)))
    start = rng.choice((rng.randint(1, 40), rng.randint(1000, 90000)))
    one, two = (f"{kind} {start + i}" for i in range(2))
    on, off = rng.choice(FLAGS)
    if rng.random() < 0.4:
        on, off = rng.sample([words.done(rng) for _ in range(4)], 2)
    if rng.random() < 0.5:
        one, two = two, one
    stamp = f" at {clock(rng.randrange(1440))}" if rng.random() < 0.4 else ""
    text = one_of(
        rng,
        (
            "{a} {x}{s}, {b} {y}",
            "{a} {x}{s}, {b} still {y}",
            "{a}: {x}{s}; {b}: {y}",
            "{a} is {x}{s} and {b} is {y}",
            "{a} is {x}{s}, {b} is {y}",
            "{a}={x}{s}, {b}={y}",
            "{a} {x}{s}\n{b} {y}",
            "{a} {x}{s}. {b} {y}",
            "{a} -> {x}{s}, {b} -> {y}",
        ),
        a=one,
        b=two,
        x=on,
        y=off,
        s=stamp,
    )
    fields = [
        Field((key_style(rng, one), key_style(rng, f"{one} status")), "string", on),
        Field((key_style(rng, two), key_style(rng, f"{two} status")), "string", off),
        Field((key_style(rng, f"{one} {on}"),), "boolean", value=True),
        Field((key_style(rng, f"{two} {on}"),), "boolean", value=False),
        Field(
            (key_style(rng, f"{on} {kind}"),),
            "integer" if one.split()[-1].isdigit() else "string",
            int(one.split()[-1]),
        ),
    ]
    who, has = rng.choice(((one, on), (two, off)))
    roll = rng.random()
    if roll < 0.5:
        asked = rng.choice((on, off))
        return (
            text,
            Question(
                "status-is", polar(rng, "is", who, asked), f"{'Yes' if asked == has else 'No'}, {who} is {has}.", kind
            ),
            fields,
            False,
        )
    if roll < 0.8:
        return (
            text,
            _ask(
                rng,
                "status-which",
                (
                    "(Which|What) {k} is {h}?",
                    "Which one is {h}?",
                    "Which is {h}?",
                    "Name the {k} that is {h}.",
                    "{h}: which {k}?",
                ),
                f"{capital(who)}.",
                kind,
                k=kind,
                h=has,
            ),
            fields,
            False,
        )
    return (
        text,
        _ask(
            rng,
            "status-of",
            (
                "(What|How) is the (state|status) of {w}?" if roll < 0.9 else "What about {w}?",
                "{w}?",
                "How is {w}?",
                "State of {w}?",
            ),
            f"{capital(who)} is {has}.",
            kind,
            w=who,
        ),
        fields,
        False,
    )


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
            _ask(
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
            _ask(
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
        _ask(
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


def written(rng: Random) -> Situation:
    """Words on a thing, lists of what is allowed: copy them, or find whether one is there."""
    if rng.random() < 0.5:
        bare, the = named(rng)
        said = " ".join(rng.choice((words.word(rng), attributes.code(rng))) for _ in range(rng.randint(1, 4)))
        said = said.upper() if rng.random() < 0.5 else said
        mark = rng.choice(('"{s}"', "'{s}'", "{s}", '"{s}"')).format(s=said)
        noun = rng.choice(("label", "sign", "sticker", "text", "qr", "inscription", "note", "display", "code", "tag"))
        text = one_of(
            rng,
            (
                "{b}, {n} {m}",
                "{n} on {t}: {m}",
                "{n} on {t} (says|reads|shows) {m}",
                "{b} {n}: {m}",
                "{b} with {n} {m}",
            ),
            b=bare,
            t=the,
            n=noun,
            m=mark,
        )
        return (
            text,
            _ask(
                rng,
                "written",
                (
                    "What is (written|printed|shown) on {t}?",
                    "What does the {n} (say|read|show)?",
                    "What (text|words) can be read?",
                    "What does it say on {t}?",
                    "The {n}?",
                    "Read me the {n}.",
                ),
                f"{said}.",
                bare,
                t=the,
                n=noun,
            ),
            [Field((noun, f"{noun}_text"), "string", said)],
            False,
        )
    codes = [attributes.code(rng) for _ in range(rng.randint(2, 4))]
    what = rng.choice(
        (
            "allowed",
            "seen",
            "allow list",
            "in the shop",
            "expected",
            "on the list",
            "registered",
            "offline",
            "known",
            "blocked",
            "open orders",
            "done",
            "missing",
        )
    )
    there = rng.random() < 0.5
    asked = rng.choice(codes) if there else attributes.code(rng)
    there = asked in codes
    text = f"{what}{rng.choice((': ', ' = ', ' - '))}{rng.choice((', ', ' ', ' / ')).join(codes)}"
    texts = (
        "Is {a} (on the list|among them|one of them|listed|there|mentioned)?",
        "Is {a} in there?",
        "{a} on the list?",
        "Does the list have {a}?",
        "Do you find {a}?",
    )
    return (
        text,
        _ask(
            rng,
            "listed",
            texts,
            f"Yes, {asked} is listed." if there else f"No, only {listing(codes)} are listed.",
            what,
            a=asked,
        ),
        [Field((key_style(rng, what),), "string", list(codes))],
        False,
    )


def switches(rng: Random) -> Situation:
    """`belt_run=TRUE, estop=FALSE`: flags of a program."""
    truths: tuple[tuple[str, str], ...] = (
        ("TRUE", "FALSE"),
        ("true", "false"),
        ("yes", "no"),
        ("1", "0"),
        ("on", "off"),
        ("OK", "NOK"),
        ("ON", "OFF"),
        ("active", "inactive"),
    )
    true, false = rng.choice(truths)
    names = list(dict.fromkeys(words.thing(rng) for _ in range(rng.randint(2, 5))))
    values: dict[str, bool] = {n: rng.random() < 0.5 for n in names}
    joint, gap = rng.choice(("=", ": ", " ", "=")), rng.choice((", ", " ", "; ", "\n", " | "))
    text = gap.join(f"{n.replace(' ', '_')}{joint}{true if v else false}" for n, v in values.items())
    fields = [
        Field((n.replace(" ", "_"), f"{n.replace(' ', '_')}_{rng.choice(('on', 'active', 'set'))}"), "boolean", v)
        for n, v in values.items()
    ]
    who = rng.choice(names)
    if rng.random() < 0.65:
        if true in {"OK", "active"}:
            text_q = polar(rng, "is", f"the {who}", true.lower())
        elif true in {"on", "ON"}:
            text_q = polar(rng, "is", f"the {who}", "on")
        else:
            text_q = polar(rng, "is", f"the {who}", rng.choice(("on", "active", "true", "set")))
        return (
            text,
            Question(
                "switch-is",
                text_q,
                f"{'Yes' if values[who] else 'No'}, the {who} is {true if values[who] else false}.",
                who,
            ),
            fields,
            False,
        )
    which = rng.random() < 0.5
    found = [n for n, v in values.items() if v == which]
    return (
        text,
        _ask(
            rng,
            "switch-which",
            ("(Which|What) (is|are) {v}?", "Which ones are {v}?", "List what is {v}."),
            f"{capital(listing([f'the {n}' for n in found]))}." if found else "Nothing.",
            "switches",
            v=true if which else false,
        ),
        fields,
        False,
    )


def duo(rng: Random) -> Situation:
    """Two people or things, each with its own: who has which."""
    first, second = (words.role(rng) if rng.random() < 0.6 else rng.choice(lexicon.ANIMALS).one for _ in range(2))
    if first == second:
        return duo(rng)
    a, b = f"{lexicon.article(first)} {first}", f"{lexicon.article(second)} {second}"
    roll = rng.random()
    verb = rng.choice(("carrying", "holding", "pushing", "wearing", words.deed(rng)))
    x, y = (f"{lexicon.article(t)} {t}" for t in (f"{words.quality(rng)} {words.thing(rng)}" for _ in range(2)))
    if x == y:
        return duo(rng)
    text = one_of(
        rng,
        (
            "{a} {v} {x} and {b} {v} {y}",
            "{a} is {v} {x}, {b} is {v} {y}",
            "{a} is {v} {x} while {b} is {v} {y}",
            "{a} with {x}, {b} with {y}",
            "{f}: {x}; {s}: {y}",
            "{a} {v} {x}; {b} {v} {y}",
        ),
        a=a,
        b=b,
        v=verb,
        x=x,
        y=y,
        f=first,
        s=second,
    )
    linked = verb if verb in text else "having"
    who, has, other = rng.choice(((first, x, y), (second, y, x)))
    fields = [
        Field((key_style(rng, first), key_style(rng, f"{first} {linked}")), "string", x.partition(" ")[2]),
        Field((key_style(rng, second), key_style(rng, f"{second} {linked}")), "string", y.partition(" ")[2]),
    ]
    if roll < 0.35:
        return (
            text,
            _ask(
                rng,
                "duo-who",
                (
                    "Who (has|is {v}) {h}?",
                    "Who is it that (has|is {v}) {h}?",
                    "{h}: who?",
                    "Which one (has|is {v}) {h}?",
                ),
                f"The {who}.",
                who,
                v=linked,
                h=has,
            ),
            fields,
            False,
        )
    if roll < 0.7:
        return (
            text,
            _ask(
                rng,
                "duo-what",
                ("What (is the {w} {v}|does the {w} have)?", "And the {w}?", "The {w}: what?", "What about the {w}?"),
                f"{capital(has)}.",
                who,
                w=who,
                v=linked,
            ),
            fields,
            False,
        )
    yes = rng.random() < 0.5
    return (
        text,
        Question(
            "duo-is",
            polar(rng, "is", f"the {who}", f"{linked} {has if yes else other}"),
            f"{'Yes' if yes else 'No'}, the {who} is {linked} {has}.",
            who,
        ),
        fields,
        False,
    )


_ALL: tuple[Callable[[Random], Situation], ...] = (
    limit,
    limit,
    limit,
    inside,
    inside,
    total,
    share,
    share,
    status,
    status,
    span,
    written,
    switches,
    duo,
    duo,
)


def situation(rng: Random) -> Situation:
    """Facts, a question with its answer, what can be extracted, and whether it is telemetry."""
    return rng.choice(_ALL)(rng)
