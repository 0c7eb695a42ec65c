# ruff: noqa: E501, PLR2004 - phrase tables and the shares of a random choice are data
"""Notes as strangers write them: a heading, some fragments about anything at all, a time.

Every fragment has its full clause, so that a description keeps each of them nearly word for word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asking
import attributes
import lexicon
import pieces as atoms
import vocabulary as words
from attributes import key_style, pair_key
from labels import FLAGS
from language import capital, number, one_of
from pieces import Ask, Field, Piece, Question

if TYPE_CHECKING:
    from random import Random

LABELS = "ABCDEFGHKLMNPS"


def named(rng: Random) -> tuple[str, str]:
    """A thing of a note and how a sentence calls it: `guard door`, `mixer 2`, `mixer 2 lid`, `AGV 17`."""
    roll = rng.random()
    base = words.thing(rng) if rng.random() < 0.62 else rng.choice(lexicon.OBJECTS + lexicon.VEHICLES).one
    if roll < 0.1:
        base = rng.choice(lexicon.PLACES).name
    if roll < 0.5:
        return base, f"the {base}"
    label = str(rng.randint(1, 40)) if rng.random() < 0.6 else rng.choice(LABELS)
    if rng.random() < 0.15:
        label = (
            rng.choice(LABELS) + str(rng.randint(1, 99))
            if rng.random() < 0.5
            else str(rng.randint(1, 30)) + rng.choice(LABELS)
        )
    if roll < 0.56:
        letters = "".join(rng.choice("ABCDEFGLMPRSTV") for _ in range(rng.choice((2, 3))))
        base = f"{letters} {label}" if rng.random() < 0.5 else f"{letters}-{label}"
        return base, base
    if roll < 0.64:
        whole = f"{base} {label} {rng.choice(words.THINGS)}"
        return whole, f"the {whole}"
    return f"{base} {label}", f"{base} {label}"


def state(rng: Random) -> Piece:
    """`guard door open`, `exit B blocked by two pallets`, `robot stuck at the kerb`."""
    bare, the = named(rng)
    pair = rng.choice(FLAGS)
    if rng.random() < 0.15:
        done = words.done(rng) if rng.random() < 0.5 else rng.choice(pair).removeprefix("not ")
        pair = (done, f"not {done}")
    on = rng.randrange(2)
    told, other = pair[on], pair[1 - on]
    flag = rng.random() < 0.58
    if not flag:
        told, other = (_condition(rng, roll) for roll in (rng.random(),) * 2)
    more = rng.choice((" still", "", "", "", "", "", "")) if flag else ""
    lasting = (
        f" for {rng.randint(2, 90)} {rng.choice(('min', 'minutes', 'h', 's', 'seconds', 'hours', 'days'))}"
        if rng.random() < 0.1
        else ""
    )
    be = "has been" if lasting else "is"
    clause = f"{the} {be}{more} {told}{lasting}"
    asks: list[Ask] = [
        lambda r: _is_it(r, the, told, other, clause),
        lambda r: _is_it(r, the, told, other, clause),
        lambda r: Question("note-state", _how(r, the, bare), f"{capital(the)} {be}{more} {told}{lasting}.", bare),
        lambda r: Question(
            "note-which",
            asking.dressed(r, f"{r.choice(('What is', 'Which one is', 'What was', 'Which thing is'))} {told}?"),
            f"{capital(the)}.",
            bare,
        ),
    ]
    if flag:
        asks.append(
            lambda r: Question(
                "note-either", asking.dressed(r, f"Is {the} {pair[0]} or {pair[1]}?"), f"{capital(clause)}.", bare
            )
        )
    if lasting:
        asks += [
            lambda r: Question(
                "note-long",
                asking.dressed(
                    r,
                    r.choice(
                        ("How long has {t} been {s}?", "For how long?", "Since how long is {t} {s}?", "How long?")
                    ),
                ).format(t=the, s=told),
                f"{capital(lasting[1:])}.",
                bare,
            )
        ] * 2
    name = key_style(rng, bare)
    fields = [Field((name, key_style(rng, f"{bare} {rng.choice(('state', 'status', 'condition'))}")), "string", told)]
    if flag:
        asked = rng.choice(pair)
        fields.append(
            Field(
                (key_style(rng, f"{bare} {asked}"), key_style(rng, f"is {bare} {asked}"), key_style(rng, asked)),
                "boolean",
                asked == told,
            )
        )
    shown = told.upper() if flag and rng.random() < 0.1 else told
    loose = rng.choice(
        (f"{bare}{more} {shown}{lasting.replace(' for', '') if rng.random() < 0.5 else lasting}",) * 4
        + (
            f"{bare}: {shown}{lasting}",
            f"{bare} = {shown}{lasting}",
            f"{bare} is{more} {shown}{lasting}",
            f"{the} {be}{more} {shown}{lasting}",
        )
    )
    return Piece(
        loose,
        f"{capital(clause)}.",
        [(pair_key(rng, bare), f"{more} {shown}{lasting}".strip())],
        clause,
        "tail",
        frozenset({bare}),
        asks,
        fields,
    )


_CAUSED = [
    "blocked",
    "covered",
    "surrounded",
    "held",
    "hidden",
    "jammed",
    "obstructed",
    "supported",
    "shaded",
    "trapped",
    "weighed-down",
]


def _condition(rng: Random, roll: float) -> str:
    if roll < 0.3:
        n = rng.randint(1, 9)
        what = words.thing(rng)
        cause = f"{number(n)} {words.plural(what)}" if n > 1 else f"{lexicon.article(what)} {what}"
        return f"{rng.choice(_CAUSED)} by {cause}"
    if roll < 0.5:
        return f"{rng.choice(('stuck', 'parked', 'stopped', 'stored', 'left', 'waiting', 'found', 'lying', 'tied up', 'standing', 'mounted'))} {words.site(rng)}"
    if roll < 0.65:
        return words.site(rng)
    if roll < 0.8:
        return f"{rng.choice(('half', 'nearly', 'fully', 'slightly', 'badly', 'completely', 'still', 'partly', 'very', 'too'))} {rng.choice(words.QUALITIES)}"
    return words.quality(rng)


def _is_it(rng: Random, the: str, told: str, other: str, clause: str) -> Question:
    yes = rng.random() < 0.5
    return Question(
        "note-is", asking.polar(rng, "is", the, told if yes else other), f"{'Yes' if yes else 'No'}, {clause}.", the
    )


def _how(rng: Random, the: str, bare: str) -> str:
    return asking.dressed(
        rng,
        rng.choice(
            (
                f"How is {the}?",
                f"What is the state of {the}?",
                f"What state is {the} in?",
                f"{bare}?",
                f"What about {the}?",
                f"What is said about {the}?",
                f"What is up with {the}?",
                f"Status of {the}?",
                f"How does {the} look?",
                f"{bare} status",
                f"What do we know about {the}?",
                f"What is wrong with {the}?",
            )
        ),
    )


def absence(rng: Random) -> Piece:
    """`no harness`, `nobody near`, `no staff at the desk`."""
    if rng.random() < 0.35:
        where = rng.choice(
            (
                "",
                " near",
                " around",
                " inside",
                " there",
                " in sight",
                " nearby",
                " on site",
                " in view",
                " close by",
                " at the controls",
            )
        )
        who = rng.choice(("nobody", "no one", "no people", "no person", "no staff"))
        be = "are" if who in {"no people", "no staff"} else "is"
        clause = f"{who} {be}{where or ' there'}"
        text = (
            f"Is (there )?(anyone|anybody|someone|somebody|any person){where}?",
            f"(Anyone|Anybody|Someone){where}?",
            f"(Are there|Do you see) (any )?people{where}?",
            f"Is {{o}} {where or ' there'}?".replace("  ", " ").replace("{o}", "(anybody|a person|anyone)"),
        )
        return Piece(
            f"{who}{where}",
            f"{capital(clause)}.",
            [("people", "none" if clause == "nobody is there" else f"{who}{where}")],
            clause,
            "tail",
            frozenset({"nobody"}),
            [lambda r: Question("note-anyone", asking.dressed(r, one_of(r, text)), f"No, {clause}.", "nobody")] * 2,
            [Field(("people", "persons", "people_count"), "integer", 0)],
        )
    what = (
        words.thing(rng)
        if rng.random() < 0.75
        else rng.choice(
            (
                "motion",
                "alarm",
                "movement",
                "smoke",
                "label",
                "helmet",
                "seat belt",
                "fire",
                "queue",
                "damage",
                "leak",
                "signature",
                "driver",
                "staff",
                "traffic",
            )
        )
    )
    clause = f"there is no {what}"
    key = key_style(rng, what)
    asks: list[Ask] = [
        lambda r: Question("note-none", asking.exists(r, what, lexicon.article(what)), f"No, there is no {what}.", what)
    ] * 2
    return Piece(
        rng.choice((f"no {what}", f"no {what}", f"no {what}", f"without {what}", f"{what}: none", f"{what} none")),
        f"There is no {what}.",
        [(pair_key(rng, what), "none")],
        clause,
        "tail",
        frozenset({what}),
        asks,
        [Field((key_style(rng, f"has {what}"), key_style(rng, f"{what} present"), key), "boolean", value=False)],
    )


def reading(rng: Random, attribute: attributes.Attribute | None = None) -> Piece:
    """`plate NV19 KLO`, `humidity 88 %`, `signed by M. Okafor`: a labelled value."""
    a = attribute or attributes.attribute(rng)
    several = a.kind == "integer" and not a.unit and a.label.endswith("s")
    clause = f"there are {a.shown} {a.label}" if several else f"the {a.label} is {a.shown}"
    if a.label.endswith((" by", " at", " to")) and a.label.count(" ") == 1:
        clause = f"it was {a.label} {a.shown}"
    asks: list[Ask] = [
        lambda r: Question(
            "note-value",
            asking.value(r, a.label),
            f"{capital(a.shown)}." if a.amount is None else f"{capital(clause)}.",
            a.label,
        ),
        lambda r: Question(
            "note-value",
            asking.value(r, a.label),
            f"{capital(a.shown)}." if a.amount is None else f"{capital(clause)}.",
            a.label,
        ),
    ]
    if a.kind == "boolean":
        asks = [
            lambda r: Question(
                "note-truth",
                asking.polar(r, "is", "it", a.label)
                if r.random() < 0.5
                else asking.polar(r, "is", f"the {a.label}", "true"),
                f"{'Yes' if a.value else 'No'}, {clause}.",
                a.label,
            )
        ]
    elif a.kind != "list":
        asks.append(lambda r: _equals(r, a, clause))
    if a.amount is not None:
        decimals = len(str(a.value).partition(".")[2])
        gap = " " if f" {a.unit}" in a.shown else ""
        shown = f"{a.value}{gap}{a.unit}"
        asks += [
            lambda r: atoms.threshold_question(r, f"the {a.label}", str(a.value), a.unit, gap, decimals, shown)
        ] * 2
    loose = rng.choice(
        (
            f"{a.label} {a.shown}",
            f"{a.label} {a.shown}",
            f"{a.label}: {a.shown}",
            f"{a.label}={a.shown}",
            f"{a.label} is {a.shown}",
            f"{a.label} = {a.shown}",
            f"{a.label} ({a.shown})",
        )
    )
    if several and rng.random() < 0.6:
        loose = f"{a.shown} {a.label}"
    return Piece(
        loose,
        f"{capital(clause)}.",
        [(pair_key(rng, a.label), a.shown)],
        clause,
        "tail",
        frozenset({a.label}),
        asks,
        a.fields(rng),
    )


def _equals(rng: Random, a: attributes.Attribute, clause: str) -> Question:
    yes = rng.random() < 0.5
    return Question(
        "note-equals",
        asking.polar(rng, "is", f"the {a.label}", a.shown if yes else attributes.again(rng, a).shown),
        f"{'Yes' if yes else 'No'}, {clause}.",
        a.label,
    )


def event(rng: Random) -> Piece:
    """`badge 40718 refused at the server room door`, `bell rung three times by a porter`."""
    bare, the = named(rng)
    past, other = (words.done(rng) for _ in range(2))
    where = rng.choice((f" {words.site(rng)}", f" {words.site(rng)}", ""))
    detail = rng.choice(
        (
            f" by {lexicon.person_name(rng)}",
            f" by the {words.role(rng)}",
            where,
            where,
            where,
            f" {rng.choice(('twice', 'three times', 'again', 'by mistake', 'by hand', 'for the second time', 'without permission', 'at first try', 'too late', 'on time'))}",
        )
    )
    be = "is" if detail == where else "was"  # short notes do not tell what is done from what is so
    clause = f"{the} {be} {past}{detail}"
    asks: list[Ask] = [
        lambda r: _happened(r, the, past, other, clause),
        lambda r: _happened(r, the, past, other, clause),
        lambda r: Question(
            "note-what-was",
            asking.dressed(r, f"{r.choice(('What was', 'Which thing was', 'What has been', 'What got'))} {past}?"),
            f"{capital(the)}.",
            bare,
        ),
        lambda r: Question(
            "note-happened",
            asking.dressed(
                r,
                r.choice(
                    ("What happened to {t}?", "What was done with {t}?", "What about {t}?", "What became of {t}?")
                ),
            ).format(t=the),
            f"{capital(clause)}.",
            bare,
        ),
    ]
    if detail.startswith(" by ") and detail.split(" ")[2] not in {"mistake", "hand"}:
        asks += [
            lambda r: Question(
                "note-by",
                asking.dressed(
                    r, r.choice(("Who {p} {t}?", "By whom was {t} {p}?", "Who was it that {p} {t}?"))
                ).format(p=past, t=the),
                f"{capital(detail[4:])}.",
                bare,
            )
        ] * 2
    fields = [
        Field((key_style(rng, bare), key_style(rng, f"{bare} status")), "string", past + detail),
        Field((key_style(rng, f"{bare} {past}"),), "boolean", value=True),
    ]
    loose = rng.choice(
        (f"{bare} {past}{detail}", f"{bare} {past}{detail}", f"{the} {be} {past}{detail}", f"{bare}: {past}{detail}")
    )
    return Piece(
        loose,
        f"{capital(clause)}.",
        [(pair_key(rng, bare), past + detail)],
        clause,
        "tail",
        frozenset({bare}),
        asks,
        fields,
    )


def _happened(rng: Random, the: str, past: str, other: str, clause: str) -> Question:
    yes = rng.random() < 0.5
    return Question(
        "note-was", asking.polar(rng, "was", the, past if yes else other), f"{'Yes' if yes else 'No'}, {clause}.", the
    )


def heading(rng: Random) -> Piece:
    """Where the note is from: `Robot cell 4`, `cam: roof`, `fire exit B`."""
    if rng.random() < 0.4:
        place = lexicon.place(rng)
        bare, phrase = place.plain, place.phrase
    elif rng.random() < 0.35:
        name = rng.choice(words.SITE_NAMES)
        bare, phrase = name, f"{lexicon.usual_preposition(name)} the {name}"
    else:
        bare, the = named(rng)
        phrase = f"{lexicon.usual_preposition(bare)} {the}"
    label = rng.choice(("place", "location", "where", "area", "site", "zone", "position", "cam", "camera", "at"))
    asks: list[Ask] = [
        lambda r: Question(
            "note-place", asking.where(r, r.choice(("this", "that", "it"))), f"{capital(phrase)}.", "place"
        )
    ]
    return Piece(
        rng.choice((bare, bare, phrase, f"{label}: {bare}")),
        f"This is {phrase}.",
        [(label, bare)],
        phrase,
        "where",
        frozenset({"place", bare}),
        asks,
        [Field(("place", "location", "where", "area"), "string", bare)],
    )
