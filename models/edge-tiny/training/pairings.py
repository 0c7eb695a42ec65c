# ruff: noqa: PLR2004 - phrase tables and the shares of a random choice are data
"""Situations of this and that: who is still inside, two of a kind, flags, what is written, who has which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attributes
import lexicon
import vocabulary as words
from asking import polar
from attributes import key_style
from labels import FLAGS
from language import capital, clock, listing, one_of
from measures import Situation, ask
from notes import named
from pieces import Field, Question

if TYPE_CHECKING:
    from random import Random


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
                ask(
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
            ask(
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
            ask(
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
            ask(
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
        ask(
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
            ask(
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
        ask(
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
            ask(
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
        ask(
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
        ask(
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
            ask(
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
            ask(
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
