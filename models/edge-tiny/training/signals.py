# ruff: noqa: E501, FBT003, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""Signals and shares: smoke or none, two of five open, a confidence each, how long already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from language import capital, listing, number, one_of, say
from pieces import Field, Piece, Question, key, threshold_question, yes_no
from things import distinct_things

if TYPE_CHECKING:
    from random import Random

_SIGNALS = "smoke fire motion movement gas water leak noise glass-breakage flame sound activity traffic light-change vibration heat steam fog congestion damage spill intrusion ice dust sparks tampering crowding loitering oil-leak water-leak flooding snow rain obstacle".split()
_NONE = ("none", "NONE", "no", "not detected", "0", "negative", "nothing", "absent")
_SOME = ("detected", "yes", "DETECTED", "present", "positive", "seen", "YES", "1")


def signal_piece(rng: Random, used: set[str]) -> Piece | None:
    """Whether something was detected: `smoke none`, `motion detected`, `no fire`."""
    name = rng.choice(_SIGNALS).replace("-", " ")
    if name in used or any(w in used for w in name.split(" ")):
        return None
    used.add(name)
    there = rng.random() < 0.45
    value = rng.choice(_SOME if there else _NONE)
    fragment = say(rng, "({n} {v}|{n}: {v}|{n} = {v}|{n} {v})", n=name, v=value)
    if rng.random() < 0.4:
        fragment = (f"{name} detected" if rng.random() < 0.6 else f"there is {name}") if there else f"no {name}"
    clause = f"{name} is detected" if there else f"there is no {name}"
    answer = f"Yes, there is {name}." if there else f"No, there is no {name}."

    def ask(r: Random) -> Question:
        return Question(
            "signal",
            one_of(
                r,
                (
                    "Is there [any ]{n}?",
                    "Is there [any ]{n}?",
                    "Is there [any ]{n}?",
                    "Any {n}?",
                    "Was [any ]{n} (detected|seen|noticed|found|reported)?",
                    "Is {n} (present|detected|visible)?",
                    "Do you see [any ]{n}?",
                    "Has {n} been (detected|found|reported)?",
                    "{n}?",
                    "(Tell me|Say|Check) (if|whether) there is [any ]{n}.",
                    "Did (it|the camera|the sensor|the sensors) (detect|find|see|report) [any ]{n}?",
                    "any sign of {n}?",
                    "Do the sensors report {n}?",
                    "Should I worry about {n}? Is there any?",
                ),
                n=name,
            ),
            answer,
            name,
        )

    def free(r: Random) -> Question:
        return Question(
            "signal-free",
            one_of(r, ("Is (it|the scene|the place) free of {n}?", "Is there no {n}?"), n=name),
            f"{'No, there is' if there else 'Yes, there is no'} {name}.",
            name,
        )

    snake = name.replace(" ", "_")
    pair = (key(rng, name), there if rng.random() < 0.35 else value)
    return Piece(
        fragment,
        capital(clause) + ".",
        [pair],
        clause,
        "tail",
        frozenset({name, *name.split(" ")}),
        [ask, ask, ask, free],
        [Field((snake, f"{snake}_detected", f"has_{snake}", f"{snake}_present"), "boolean", there)],
    )


_SHARED = (
    ("box", "boxes", ("open", "closed", "damaged", "sealed", "empty", "wet")),
    ("seat", "seats", ("free", "occupied", "taken")),
    ("parking spot", "parking spots", ("free", "occupied", "taken")),
    ("door", "doors", ("open", "closed", "locked")),
    ("window", "windows", ("open", "closed", "broken")),
    (
        "worker",
        "workers",
        ("wearing a helmet", "without a helmet", "wearing a vest", "without a vest", "sitting", "resting"),
    ),
    ("light", "lights", ("on", "off", "broken")),
    ("machine", "machines", ("running", "stopped", "broken")),
    ("checkout", "checkouts", ("open", "closed")),
    ("lane", "lanes", ("open", "closed", "blocked")),
    ("pallet", "pallets", ("empty", "wrapped", "damaged")),
    ("bottle", "bottles", ("empty", "broken", "upright")),
    ("car", "cars", ("parked", "moving", "red", "white")),
    ("chair", "chairs", ("free", "broken", "occupied")),
    ("person", "people", ("sitting", "standing", "wearing a mask", "without a mask")),
    ("child", "children", ("playing", "crying", "wearing a helmet")),
    ("cow", "cows", ("lying", "standing", "eating")),
    ("bin", "bins", ("full", "empty")),
    ("camera", "cameras", ("online", "offline")),
    ("till", "tills", ("open", "closed")),
    ("table", "tables", ("free", "occupied", "dirty")),
    ("truck", "trucks", ("loaded", "waiting", "empty")),
    ("charger", "chargers", ("free", "in use", "broken")),
    ("parcel", "parcels", ("damaged", "open", "scanned")),
    ("desk", "desks", ("free", "occupied")),
    ("gate", "gates", ("open", "closed")),
    ("locker", "lockers", ("open", "empty", "locked")),
)


def share_piece(rng: Random) -> Piece:
    """Some of several: `four boxes on the conveyor, one of them is open`."""
    one, many, states = rng.choice(_SHARED)
    total = rng.randint(2, 14)
    some = rng.randint(1, total - 1) if rng.random() < 0.85 else rng.choice((0, total))
    state = rng.choice(states)
    place = lexicon.place(rng) if rng.random() < 0.5 else None
    at = f" {place.phrase}" if place else ""
    t, s = (number(total), number(some)) if rng.random() < 0.5 else (str(total), str(some))
    s = {0: "none", total: "all"}.get(some, s)
    be = "is" if some == 1 else "are"
    fragment = say(
        rng,
        "({t} {m}{at}, {s} of them {v}|{t} {m}{at}, {s} of them {b} {v}|{t} {m}{at}, {s} {v}|{s} of {t} {m}{at} {v}|{s} of the {t} {m}{at} {b} {v}|{m}: {t}{at}, {v}: {s})"
        if 0 < some < total
        else "({t} {m}{at}, {s} of them {v}|{t} {m}{at}, {s} of them {b} {v}|{t} {m}{at}, {s} {v})",
        t=t,
        m=many,
        s=s,
        v=state,
        b=be,
        at=at,
    )
    told = {0: "none", total: "all"}.get(some, number(some))
    clause = f"{number(total)} {many} are{at or ' there'} and {told} of them {be} {state}"
    reason = f"{told} of the {number(total)} {many} {be} {state}"

    def how_many(r: Random) -> Question:
        return Question(
            "share-count",
            one_of(
                r,
                (
                    "How many {m} are {v}?",
                    "How many are {v}?",
                    "How many of them are {v}?",
                    "(What is the|Give me the) number of {v} {m}?"
                    if " " not in state
                    else "How many of the {m} are {v}?",
                    "{v}: how many?",
                ),
                m=many,
                v=state,
            ),
            f"{capital(number(some)) if some else 'None'}.",
            many,
        )

    def all_of(r: Random) -> Question:
        return Question(
            "share-all",
            one_of(r, ("Are (all|all of them|all the {m}|all {m}) {v}?", "Is every {o} {v}?"), m=many, v=state, o=one),
            f"{'Yes' if some == total else 'No'}, {reason}.",
            many,
        )

    def any_of(r: Random) -> Question:
        return Question(
            "share-any",
            one_of(
                r,
                (
                    "Is any [of the {m}|of them] {v}?",
                    "Are any {m} {v}?",
                    "Is at least one {o} {v}?",
                    "Is there a {o} that is {v}?",
                ),
                m=many,
                v=state,
                o=one,
            ),
            f"{'Yes' if some else 'No'}, {reason}.",
            many,
        )

    def overall(r: Random) -> Question:
        return Question(
            "share-total",
            one_of(
                r,
                (
                    "How many {m} are there[{w}| in total| altogether|]?",
                    "How many {m}[ in all]?",
                    "What is the total number of {m}?",
                ),
                m=many,
                w=at,
            ),
            f"{capital(number(total))} {many}.",
            many,
        )

    def rest(r: Random) -> Question:
        return Question(
            "share-rest",
            one_of(
                r,
                ("How many {m} are not {v}?", "How many are not {v}?", "How many of them are not {v}?"),
                m=many,
                v=state,
            ),
            f"{capital(number(total - some)) if total - some else 'None'}.",
            many,
        )

    def over(r: Random) -> Question:
        limit = max(0, some + r.choice((-2, -1, 0, 1, 2)))
        truth = some > limit
        return Question(
            "share-over",
            yes_no(r, f"more than {limit} {many} are {state}", f"are more than {limit} {many} {state}"),
            f"{'Yes' if truth else 'No'}, {reason}.",
            many,
        )

    snake, state_key = many.replace(" ", "_"), state.replace(" ", "_")
    fields = [
        Field((snake, f"total_{snake}", f"{snake}_total"), "integer", total),
        Field((f"{state_key}_{snake}", state_key, f"{snake}_{state_key}"), "integer", some),
    ]
    return Piece(
        fragment,
        capital(clause) + ".",
        [(snake, total), (state_key, some)]
        if not place
        else [(snake, total), (state_key, some), ("place", place.plain)],
        clause,
        "main",
        frozenset({"things", one, many, "people", "person"}),
        [how_many, how_many, all_of, any_of, overall, rest, over],
        fields,
    )


def confidence_piece(rng: Random) -> Piece:
    """Detections with a confidence each: `person 0.91, dog 0.62`."""
    things = distinct_things(rng, rng.choice((1, 2, 2, 3, 4)))
    for t in things:
        t.count, t.colour, t.size = 1, "", ""
    percent = rng.random() < 0.3
    raw = rng.sample(range(20, 100), len(things))
    values = [f"{v} %" if percent else f"0.{v:02d}" for v in raw]
    style = rng.choice(("{n} {v}", "{n} ({v})", "{n}: {v}", "{n} confidence {v}", "{n} @ {v}", "{n} {v}"))
    text = rng.choice(("", "", "detections: ", "detected: ")) + ", ".join(
        style.format(n=t.noun.one, v=v) for t, v in zip(things, values, strict=True)
    )
    clause = (
        listing([f"{t.phrase} with confidence {v}" for t, v in zip(things, values, strict=True)])
        + f" {'is' if len(things) == 1 else 'are'} detected"
    )

    def sure(r: Random) -> Question:
        i = r.randrange(len(things))
        return Question(
            "confidence",
            one_of(
                r,
                (
                    "How (sure|certain|confident) is (it|the detection|the camera) (about|of) {t}?",
                    "What is the confidence (of|for) {t}?",
                    "confidence of {t}?",
                    "What score does {t} have?",
                    "With what confidence was {t} detected?",
                    "How reliable is the detection of {t}?",
                ),
                t=things[i].the,
            ),
            f"{values[i]}.",
            things[i].noun.one,
        )

    def best(r: Random) -> Question:
        most = r.random() < 0.65
        i = max(range(len(things)), key=lambda k: raw[k] if most else -raw[k])
        return Question(
            "confidence-best",
            one_of(
                r,
                (
                    "(Which|What) (detection|object|one) is the {x} certain?",
                    "Which has the {y} confidence?",
                    "What is the camera {x} sure (of|about)?",
                    "Which detection has the {y} (score|confidence)?",
                ),
                x="most" if most else "least",
                y="highest" if most else "lowest",
            ),
            f"The {things[i].noun.one}, at {values[i]}.",
            "confidence",
        )

    def over(r: Random) -> Question:
        i = r.randrange(len(things))
        question = threshold_question(
            r,
            f"the confidence of {things[i].the}",
            values[i].removesuffix(" %"),
            "%" if percent else "",
            " " if percent else "",
            0 if percent else 2,
            values[i],
        )
        return Question("confidence-over", question.text, question.answer, things[i].noun.one)

    def exists(r: Random) -> Question:
        from things import exists_question  # noqa: PLC0415

        return exists_question(r, things, "")

    piece = Piece(
        text,
        text,
        [(t.noun.one, v if percent else float(v)) for t, v in zip(things, values, strict=True)],
        clause,
        "main",
        frozenset(
            {"things", "people", "person", "confidence", *(w for t in things for w in (t.noun.one, t.noun.many))}
        ),
    )
    piece.asks = [sure, sure, over, exists, exists]
    if len(things) > 1:
        piece.asks += [best, best]
    for t, v in zip(things, values, strict=True):
        snake = t.noun.one.replace(" ", "_").replace("-", "_")
        piece.fields.append(
            Field(
                (f"{snake}_confidence", f"confidence_{snake}", f"{snake}_score"),
                "number",
                int(v.split(" ")[0]) if percent else float(v),
            )
        )
        piece.fields.append(Field((snake, f"has_{snake}", f"{snake}_present"), "boolean", True))
    return piece


def duration_piece(rng: Random, used: set[str]) -> Piece | None:
    """How long already: `still for 40 s`, `waiting for 5 minutes`."""
    if "duration" in used:
        return None
    used.add("duration")
    unit = rng.choice(("s", "seconds", "min", "minutes", "h", "hours", "days"))
    value = f"{rng.randint(2, 90)} {unit}"
    state, question = rng.choice(
        (
            ("still", "still"),
            ("waiting", "waiting"),
            ("no motion", "without motion"),
            ("standing still", "standing still"),
            ("unattended", "unattended"),
            ("stopped", "stopped"),
            ("in view", "in view"),
            ("quiet", "quiet"),
            ("there", "there"),
            ("dark", "dark"),
            ("open", "open"),
            ("blocked", "blocked"),
        )
    )
    fragment = say(rng, "({s} for {v}|{s} for {v}|{s} since {v}|{s}: {v}|{s} for the last {v})", s=state, v=value)

    def ask(r: Random) -> Question:
        return Question(
            "duration",
            one_of(
                r,
                (
                    "How long [has it been|is it|was it] {q}?",
                    "For how long?",
                    "How long (already|so far)?",
                    "For how long (has it been|is it) {q}?",
                    "Since how long is it {q}?",
                    "What is the duration?",
                    "How long does (that|it|this) last (already|now)?",
                    "how long",
                ),
                q=question,
            ),
            f"For {value}.",
            "duration",
        )

    return Piece(
        fragment,
        f"It has been {state} for {value}.",
        [(rng.choice((f"{state.replace(' ', '_')}_for", "duration", f"{state}_for")), value)],
        f"it has been {state} for {value}",
        "tail",
        frozenset({"duration", state, "since"}),
        [ask],
        [Field(("duration", "how_long", f"{state.replace(' ', '_')}_for"), "string", value)],
    )
