# ruff: noqa: E501, PERF401, PLR0911, PLR0913, PLR0917, PLR2004 - phrase tables and the shares of a random choice are data
"""Pieces of a scene: one fact each, in every shape it can be written, with what can be asked about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import lexicon
from language import capital, clock, clock12, one_of, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Value: TypeAlias = "str | int | float | bool | list[str] | None"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its answer, and what it is about (for the hold-out rule)."""

    kind: str
    text: str
    answer: str
    topic: str = ""


Ask: TypeAlias = "Callable[[Random], Question]"


@dataclass(frozen=True, slots=True)
class Field:
    """A value that can be extracted, under any of several key names."""

    keys: tuple[str, ...]
    kind: str  # integer, number, boolean, string
    value: Value


@dataclass(slots=True)
class Piece:
    """One fact.

    Attributes:
        fragment: As a part of a list: `gate open`.
        sentence: On its own: `The gate is open.`
        pairs: As keys and values: `gate: open`.
        clause: Its part of a description; how it is joined depends on `role`.
        role: main (the subject), time, tail (a clause after the subject) or where.
        topics: What it tells, so that a question for something untold can be chosen.
        seen: Who or what is there, as an answer lists it: `a hen`; empty when it is no thing.
    """

    fragment: str
    sentence: str
    pairs: list[tuple[str, Value]]
    clause: str
    role: str = "tail"
    topics: frozenset[str] = frozenset()
    asks: list[Ask] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    seen: str = ""


def key(rng: Random, text: str) -> str:
    """A key name of some words: snake case, camel case, spaces, dashes."""
    words = text.split(" ")
    roll = rng.random()
    if roll < 0.7 or len(words) == 1:
        return "_".join(words).replace("-", "_")
    if roll < 0.8:
        return words[0] + "".join(map(capital, words[1:]))
    return text if roll < 0.92 else "-".join(words)


# Time ---------------------------------------------------------------------------------------------

_LATE, _DAWN = 21 * 60, 6 * 60


def time_piece(rng: Random, twelve: float = 0.15) -> Piece:
    """The time of the picture, now and then with a date, seconds, or since when."""
    minutes = rng.randrange(1440)
    if rng.random() >= twelve:
        text = clock(minutes) + (f":{rng.randrange(60):02d}" if rng.random() < 0.08 else "")
    else:
        text = clock12(minutes)
    fields = [
        Field(
            ("time", "time", "time", "clock", "timestamp", "at", "time_of_day", "hour", "seen_at", "when"),
            "string",
            text,
        )
    ]
    asks: list[Ask] = [
        lambda r: Question("time", one_of(r, WHAT_TIME), one_of(r, ("At {t}.",), t=text)),
        lambda r: _before_after(r, minutes, text),
        lambda r: _day_night(r, minutes, text),
    ]
    topics = {"time"}
    date = ""
    if rng.random() < 0.15:
        return _since(text, fields, asks)
    fragment = say(
        rng, "({t}|{t}|{t}|{t}|at {t}|time {t}|time: {t}|it is {t}|clock {t}|time={t}|{t} h|seen at {t})", t=text
    )
    pairs: list[tuple[str, Value]] = [
        (rng.choice(("time", "time", "time", "t", "at", "clock", "timestamp", "Time", "ts")), text)
    ]
    if rng.random() < 0.12:
        date = a_date(rng)
        fields.append(Field(("date", "date", "day"), "string", date))
        topics.add("date")
        asks.append(
            lambda r: Question(
                "date",
                one_of(
                    r,
                    (
                        "(What|Which) (date|day) (is|was) it?",
                        "What is the date [of the picture]?",
                        "On (which|what) (date|day) was (this|it)[ seen]?",
                        "date?",
                    ),
                ),
                f"On {date}.",
            )
        )
        fragment = f"{date} {text}" if rng.random() < 0.7 else f"{fragment}, {date}"
        pairs = [("date", date), *pairs] if rng.random() < 0.6 else [("timestamp", f"{date} {text}")]
    sentence = say(
        rng,
        "(It is|It was|The time is|The time was|The clock shows|Time:|Seen at|Recorded at|The picture was taken at) {t}.",
        t=text,
    )
    clause = f"at {text} on {date}" if date else f"at {text}"
    return Piece(
        fragment,
        f"{sentence[:-1]} on {date}." if date else sentence,
        pairs,
        clause,
        "time",
        frozenset(topics),
        asks,
        fields,
    )


def _since(text: str, fields: list[Field], asks: list[Ask]) -> Piece:
    fields = [Field(("since", "since", "time", "start", "since_when"), "string", text)]
    asks = [
        lambda r: Question(
            "since",
            one_of(
                r,
                (
                    "Since when[ is that so|]?",
                    "(Since|From) what time?",
                    "How long has it been like that? Since when?",
                    "When did (it|this) (start|begin)?",
                    "since when is this the case?",
                ),
            ),
            f"Since {text}.",
        )
    ]
    return Piece(
        f"since {text}",
        f"This has been so since {text}.",
        [("since", text)],
        f"since {text}",
        "time",
        frozenset({"time", "since"}),
        asks,
        fields,
    )


WHAT_TIME = (
    "(What|Which) time (is|was) it?",
    "(What|Which) time (is|was) (this|that|it seen|it recorded|the picture taken|shown|given|reported|stated)?",
    "When (is|was) (this|that|it|the picture taken|the photo taken|this seen|this observed|this recorded)?",
    "At what time (was|is) (this|that|it)[ seen| observed| noticed| recorded|]?",
    "What is the time[ of the (picture|image|observation|report|event)]?",
    "(Tell me|Give me|I need|Show me) the time[ please].",
    "[and] the time?",
    "What does the clock (say|show|read)?",
    "When did (this|that|it) happen?",
    "What time is (on|shown in) the (picture|image|frame|photo)?",
    "Do you know what time it was?",
    "time?",
    "Can you give me the time[ of day]?",
    "at which hour did the camera see this?",
    "When exactly (was|is) (this|that)?",
    "What was the time when this was (seen|noticed|recorded|taken)?",
)


def a_date(rng: Random) -> str:
    """A date in one of the usual forms, or a weekday."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2020, 2035)
    forms = (
        f"{year}-{month:02d}-{day:02d}",
        f"{year}-{month:02d}-{day:02d}",
        f"{day} {lexicon.MONTHS[month - 1]} {year}",
        f"{lexicon.MONTHS[month - 1]} {day}",
        f"{day:02d}.{month:02d}.{year}",
        f"{day:02d}/{month:02d}/{year}",
        rng.choice(lexicon.WEEKDAYS),
    )
    return rng.choice(forms)


def _before_after(rng: Random, minutes: int, text: str) -> Question:
    limit = min(
        1439, max(0, rng.choice((round(minutes / 60) * 60, minutes + rng.randint(-90, 90), rng.randrange(24) * 60)))
    )
    if limit == minutes:
        limit = (limit + 30) % 1440
    after = rng.random() < 0.5
    shown = clock12(limit) if "m" in text else clock(limit)
    if limit == 720 and rng.random() < 0.4:
        shown = "noon"
    if limit == 0 and rng.random() < 0.5:
        shown = "midnight"
        after = True
        limit = 0 if minutes else -1
    word = rng.choice(("after", "past", "later than") if after else ("before", "earlier than"))
    question = one_of(
        rng,
        (
            "(Is|Was) (it|this|that|this seen) {w} {l}?",
            "(Did|Does) (this|that|it) happen {w} {l}?",
            "(Is|Was) the (picture|photo|observation) [taken ]{w} {l}?",
            "(Is|Was) the time {w} {l}?",
            "Is it {w} {l} [already|yet]?",
            "(Tell me|Say) (if|whether) (it|this) (is|was) {w} {l}.",
            "{w} {l}?",
        ),
        w=word,
        l=shown,
    )
    truth = minutes > limit if after else minutes < limit
    return Question("before-after", question, f"{'Yes' if truth else 'No'}, it is {text}.")


def _day_night(rng: Random, minutes: int, text: str) -> Question:
    night = minutes >= _LATE or minutes < _DAWN
    hour = minutes // 60
    parts = {
        "night": night,
        "morning": 6 <= hour < 12,
        "afternoon": 12 <= hour < 18,
        "evening": 18 <= hour < 22,
        "night-time": night,
        "nighttime": night,
        "daytime": not night,
        "day": not night,
    }
    name = rng.choice(list(parts))
    asked = {
        "morning": "in the morning",
        "afternoon": "in the afternoon",
        "evening": "in the evening",
        "night": rng.choice(("night", "at night", "during the night")),
        "day": rng.choice(("day", "during the day")),
    }.get(name, name)
    question = one_of(
        rng,
        (
            "(Is|Was) (it|this|that) {p}?",
            "(Did|Does) this happen {p}?" if " " in asked else "(Is|Was) it {p} [now|then]?",
            "(Tell me|Say) (if|whether) it (is|was) {p}.",
        ),
        p=asked,
    )
    return Question("day-night", question, f"{'Yes' if parts[name] else 'No'}, it is {text}.")


def place_piece(rng: Random) -> Piece:
    """Where it is, on its own."""
    place = lexicon.place(rng)
    asks: list[Ask] = [
        lambda r: Question(
            "where-all",
            one_of(
                r,
                (
                    "Where (is|was) (this|that|it)?",
                    "Where (is|was) (this|that|it) (seen|recorded|taken)?",
                    "(Which|What) place (is|was) (this|that|it)?",
                    "What is the (place|location)?",
                    "Where did (this|that|it) happen?",
                    "(Tell me|Give me) the (place|location).",
                    "location?",
                    "Where are we?",
                ),
            ),
            f"{capital(place.phrase)}.",
            "place",
        )
    ]
    name = rng.choice(("place", "location", "where", "place", "position", "area"))
    fields = [Field(("place", "location", "where"), "string", place.name)]
    word, _, label = place.name.partition(" ")
    if not place.the and label.isdigit():
        fields.append(Field((word, f"{word}_number"), "integer", int(label)))
    return Piece(
        rng.choice((place.plain, place.plain, place.phrase, f"{name}: {place.plain}")),
        f"This is {place.phrase}.",
        [(name, place.plain)],
        place.phrase,
        "where",
        frozenset({"place"}),
        asks,
        fields,
    )


# States -------------------------------------------------------------------------------------------

_OPEN = (("open", "opened"), ("closed", "shut"))
_STATES: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    (
        "gate door window hatch shutter valve garage-door roller-door lid skylight cupboard safe drawer fridge-door back-door front-door side-door main-gate fire-door emergency-exit cabinet counter shop office till store checkout",
        _OPEN,
    ),
    (
        "gate door front-door back-door safe cabinet office main-door cellar-door bike",
        (("locked", "locked up"), ("unlocked", "not locked")),
    ),
    ("door gate window lid", (("open", "opened"), ("closed", "shut"), ("ajar", "half open"))),
    (
        "barrier boom-gate blind crane-arm flag drawbridge bollard ramp fork boom",
        (("up", "raised", "lifted"), ("down", "lowered")),
    ),
    (
        "lights|lamps|headlights|sprinklers|street-lights|floodlights",
        (("on", "lit", "switched on", "turned on"), ("off", "out", "switched off", "turned off")),
    ),
    (
        "light lamp pump heater fan oven machine engine ventilation heating siren radio screen compressor generator stove kettle motor warning-light power",
        (("on", "switched on", "turned on"), ("off", "switched off", "turned off")),
    ),
    (
        "machine conveyor belt pump engine fan motor mixer press line robot crane escalator elevator mill saw turbine production",
        (("running", "working", "in operation"), ("stopped", "standing still", "halted")),
    ),
    ("alarm burglar-alarm fire-alarm system", (("armed", "set"), ("disarmed", "not armed"), ("ringing", "sounding"))),
    (
        "lens camera-lens",
        (("covered", "blocked"), ("clear", "not covered"), ("dirty", "soiled"), ("blurred", "out of focus")),
    ),
    ("lens camera-lens windscreen mirror floor", (("clean", "spotless"), ("dirty", "soiled"))),
    (
        "floor road street ground pavement path deck stairs",
        (("wet", "damp"), ("dry", "not wet"), ("icy", "slippery"), ("clean", "spotless")),
    ),
    (
        "exit passage aisle fire-exit escape-route road driveway lane track entrance",
        (("blocked", "obstructed"), ("clear", "free")),
    ),
    (
        "seat bed table parking-spot charging-station room desk bay berth meeting-room",
        (("occupied", "taken", "in use"), ("free", "empty", "vacant")),
    ),
    (
        "bin container tank box basket shelf bucket feeder tray trough silo hopper",
        (("full", "filled"), ("empty", "not filled"), ("half full", "half empty")),
    ),
    ("sky weather", (("clear", "cloudless"), ("cloudy", "overcast"), ("foggy", "misty"))),
    ("traffic-light signal status-light indicator", (("red", "on red"), ("green", "on green"), ("yellow", "amber"))),
    (
        "camera sensor printer network door-contact scanner intercom radar",
        (("online", "reachable"), ("offline", "not reachable")),
    ),
    (
        "image picture video frame",
        (("sharp", "in focus"), ("blurred", "blurry", "out of focus"), ("dark", "black"), ("bright", "well lit")),
    ),
    ("door-contact window-contact contact relay switch", _OPEN),
    ("water pool river", (("calm", "still"), ("frozen", "iced over"), ("high", "rising"))),
    ("seal pallet-wrap fence glass window box lock", (("intact", "undamaged"), ("broken", "damaged"))),
)


def state_piece(rng: Random, used: set[str]) -> Piece | None:
    """The state of a thing: `gate open`; None when that thing has been told already."""
    names, groups = rng.choice(_STATES)
    plural = "|" in names
    base = rng.choice(names.split("|" if plural else " ")).replace("-", " ")
    if rng.random() < 0.04:
        base = lexicon.pseudo_word(rng)
    subject = base
    if not plural and rng.random() < 0.2:
        subject = f"{base} {rng.choice('ABCDEF') if rng.random() < 0.4 else rng.randint(1, 20)}"
    if subject in used or base in used:
        return None
    used.update((subject, base))
    group = rng.choice(groups)
    state = group[0] if rng.random() < 0.85 or group[-1].startswith("not ") else rng.choice(group)
    the = subject if subject != base else f"the {subject}"
    are = "are" if plural else "is"
    asks: list[Ask] = [
        lambda r: state_question(r, the, are, groups, group, state),
        lambda r: state_question(r, the, are, groups, group, state),
        lambda r: either_question(r, the, are, groups, state),
        lambda r: Question(
            "state",
            one_of(
                r,
                (
                    "What (state|condition) {a} {s} in?",
                    "What is the (state|status) of {s}?",
                    "How {a} {s}?",
                    "{s} status?",
                    "What about {s}?",
                    "(Tell me|Give me) the state of {s}.",
                    "What do the facts say about {s}?",
                ),
                s=the,
                a=are,
            ),
            f"{capital(the)} {are} {state}.",
            base,
        ),
    ]
    name = key(rng, subject)
    fields = [Field((name, subject.replace(" ", "_"), f"{subject}_state".replace(" ", "_")), "string", state)]
    for other in groups:
        if len(other[0].split(" ")) == 1:
            fields.append(
                Field(
                    (
                        f"{subject}_{other[0]}".replace(" ", "_"),
                        f"is_{subject}_{other[0]}".replace(" ", "_"),
                        f"{other[0]}" if rng.random() < 0.3 else f"{subject}_{other[0]}".replace(" ", "_"),
                    ),
                    "boolean",
                    other is group,
                )
            )
    shown: Value = state.upper() if rng.random() < 0.08 else state
    pair: tuple[str, Value] = (name, shown)
    if rng.random() < 0.12 and len(groups) == 2:
        pair = (f"{name}_{groups[0][0]}", group is groups[0])
    fragment = say(
        rng,
        "({s} {v}|{s} {v}|{s} {v}|{t} {a} {v}|{s}: {v}|{s} is {v}|{s} = {v})"
        if not plural
        else "({s} {v}|{s} {v}|{t} {a} {v}|{s}: {v})",
        s=subject,
        t=the,
        a=are,
        v=str(shown),
    )
    return Piece(
        fragment,
        f"{capital(the)} {are} {state}.",
        [pair],
        f"{the} {are} {state}",
        "tail",
        frozenset({base, subject, "weather" if base in {"sky", "weather"} else base}),
        asks,
        fields,
    )


def state_question(
    rng: Random, the: str, are: str, groups: tuple[tuple[str, ...], ...], group: tuple[str, ...], state: str
) -> Question:
    """Is the thing in a state: the told one, another name of it, or another one."""
    asked = group if rng.random() < 0.5 else rng.choice(groups)
    word = asked[0] if rng.random() < 0.7 else rng.choice(asked)
    question = yes_no(rng, f"{the} {are} {word}", f"{are} {the} {word}")
    return Question("is-state", question, f"{'Yes' if asked is group else 'No'}, {the} {are} {state}.", the)


def either_question(rng: Random, the: str, are: str, groups: tuple[tuple[str, ...], ...], state: str) -> Question:
    """Is it this or that."""
    a, b = (g[0] for g in rng.sample(groups, 2))
    text = one_of(
        rng,
        (
            "{i} {t} {a} or {b}?",
            "{i} {t} {a} or {b}?",
            "{I} {t} {a} or is it {b}?" if are == "is" else "{I} {t} {a} or {b}?",
            "{T}: {a} or {b}?",
            "{a} or {b}?",
            "(Tell me|Say) (if|whether) {t} {i} {a} or {b}.",
        ),
        i=are,
        I=capital(are),
        t=the,
        T=capital(the),
        a=a,
        b=b,
    )
    return Question("either", text, f"{capital(the)} {are} {state}.", the)


def yes_no(rng: Random, statement: str, inverted: str) -> str:
    """A yes-no question in one of its direct and indirect forms."""
    return one_of(
        rng,
        (
            "{i}?",
            "{i}?",
            "{i}?",
            "{i}?",
            "{I}?",
            "{I}?",
            "{I}?",
            "{I}?",
            "{I}?",
            "{I} [right now|now|at the moment|currently|at this time]?",
            "(Tell me|Say|Check|Decide|Let me know|Answer|Verify) (if|whether) {s}.",
            "(Can|Could) you (tell me|say|check|see|confirm) (if|whether) {s}?",
            "I (want|need|would like) to know (if|whether) {s}.",
            "Do the facts (say|show) (that|whether) {s}?",
            "{S}, (right|correct|yes or no|true or false|is that so|true)?",
            "{S}?",
            "Is it (true|right|correct|the case) that {s}?",
            "(please|pls) check: {i}?",
            "yes or no: {i}?",
            "{I}? (Yes or no|yes/no), (and why|with the reason|and say why|with a reason).",
            "{I} or not?",
            "Just to be sure, {i}?",
            "Hey, {i}?",
            "Quick question: {i}?",
            "{I}, (please|pls)?",
            "Does it say (that|whether) {s}?",
            "so {i}?",
            "Would you say [that] {s}?",
            "and {i}?",
            "ok but {i}?",
            "Any idea whether {s}?",
        ),
        i=inverted,
        I=capital(inverted),
        s=statement,
        S=capital(statement),
    )


# Quantities ---------------------------------------------------------------------------------------

_QUANTITIES: tuple[tuple[str, str, float, float, int, str], ...] = (
    ("temperature", "°C", -20, 45, 1, "hot|warm|cold"),
    ("outside temperature", "°C", -20, 40, 0, "warm|cold"),
    ("humidity", "%", 10, 99, 0, "humid"),
    ("noise", "dB", 30, 110, 0, "loud"),
    ("noise level", "dB", 30, 110, 0, "loud"),
    ("tank level", "%", 0, 100, 0, "full"),
    ("water level", "cm", 2, 400, 0, "high"),
    ("level", "%", 0, 100, 0, "high"),
    ("belt speed", "m/s", 0.1, 4, 1, "fast"),
    ("speed", "km/h", 3, 140, 0, "fast"),
    ("wind", "km/h", 0, 90, 0, "strong"),
    ("light level", "lux", 0, 2000, 0, "bright"),
    ("weight", "kg", 1, 900, 0, "heavy"),
    ("distance", "m", 1, 80, 0, "far away"),
    ("pressure", "bar", 0.5, 12, 1, "high"),
    ("CO2", "ppm", 380, 2400, 0, "high"),
    ("oven temperature", "°C", 80, 260, 0, "hot"),
    ("fridge temperature", "°C", -5, 12, 1, "cold"),
    ("freezer temperature", "°C", -30, -5, 0, "cold"),
    ("voltage", "V", 3, 240, 1, "high"),
    ("flow", "l/min", 1, 80, 1, "strong"),
    ("height", "cm", 10, 250, 0, "tall"),
    ("width", "cm", 10, 250, 0, "wide"),
    ("fill level", "%", 0, 100, 0, "full"),
    ("sharpness", "", 5, 900, 0, "high"),
    ("motion score", "", 0.001, 0.9, 3, "high"),
    ("brightness", "", 1, 255, 0, "high"),
    ("length", "m", 1, 30, 1, "long"),
    ("vibration", "mm/s", 0.2, 12, 1, "strong"),
    ("water temperature", "°C", 2, 90, 0, "warm"),
    ("rain", "mm", 0, 60, 0, "strong"),
    ("visibility", "m", 20, 5000, 0, "good"),
    ("line speed", "units/min", 10, 400, 0, "fast"),
    ("snow depth", "cm", 0, 80, 0, "deep"),
    ("moisture", "%", 5, 80, 0, "high"),
)


def shown(value: float, decimals: int) -> str:
    """A number as it is written: with its decimals."""
    return f"{value:.{decimals}f}"


def number_value(text: str) -> int | float:
    """The JSON number of a written one."""
    return float(text) if "." in text else int(text)


def quantity_piece(rng: Random, used: set[str]) -> Piece | None:
    """A measured value: `temperature 18.5 °C`."""
    name, unit, low, high, decimals, adjectives = rng.choice(_QUANTITIES)
    if rng.random() < 0.05:
        name = lexicon.pseudo_word(rng) + rng.choice(("", " level", " rate", " index"))
    if name in used or any(name in u or u in name for u in used):
        return None
    used.add(name)
    value = shown(rng.uniform(low, high), decimals)
    space = " " if unit and rng.random() < 0.85 else ""
    full = f"{value}{space}{unit}"
    asks: list[Ask] = [
        lambda r: Question(
            "quantity",
            one_of(
                r,
                (
                    "What is the {n}?",
                    "What is the {n}?",
                    "How (high|much|large) is the {n}?",
                    "(Tell me|Give me|I need|State) the {n}[ please].",
                    "{n}?",
                    "What {n} (is|was) (measured|given|reported|shown|recorded)?",
                    "What does the {n} (read|say)?",
                    "what's the {n}?",
                    "Which {n} do we have?",
                    "Read out the {n}.",
                    "And the {n}?",
                    f"How {r.choice(adjectives.split('|'))} is it?",
                ),
                n=name,
            ),
            f"The {name} is {full}.",
            name,
        ),
        lambda r: threshold_question(r, f"the {name}", value, unit, space, decimals, full),
        lambda r: threshold_question(r, f"the {name}", value, unit, space, decimals, full),
    ]
    snake = name.replace(" ", "_")
    suffix = {
        "°C": "_c",
        "%": "_percent",
        "km/h": "_kmh",
        "kg": "_kg",
        "m": "_m",
        "cm": "_cm",
        "dB": "_db",
        "V": "_v",
    }.get(unit, "")
    short = name.split(" ", maxsplit=1)[0]
    fields = [
        Field(
            (snake, snake, snake + suffix, key(rng, name), short if len(name.split()) > 1 else snake),
            "number" if decimals else rng.choice(("number", "integer")),
            number_value(value),
        )
    ]
    pair: tuple[str, Value] = (key(rng, name) + (suffix if rng.random() < 0.3 else ""), full)
    if rng.random() < 0.3 and (space or not unit):
        pair = (snake + suffix, number_value(value))
    fragment = say(rng, "({n} {v}|{n} {v}|{n}: {v}|{n} is {v}|{n} = {v}|{n} of {v})", n=name, v=full)
    return Piece(
        fragment,
        f"The {name} is {full}.",
        [pair],
        f"the {name} is {full}",
        "tail",
        frozenset({name, *name.split(" ")}),
        asks,
        fields,
    )


def threshold_question(rng: Random, the: str, value: str, unit: str, space: str, decimals: int, full: str) -> Question:
    """Is a value above or below a limit."""
    number = float(value)
    spread = max(abs(number) * rng.choice((0.05, 0.2, 0.6)), 1 if decimals == 0 else 10**-decimals)
    limit = shown(number + rng.uniform(-1, 1) * spread, decimals)
    if rng.random() < 0.4 and abs(number) >= 10:
        limit = str(round(float(limit) / 5) * 5)
    if float(limit) == number:
        limit = shown(number + rng.choice((-1, 1)) * (10**-decimals), decimals)
    above = rng.random() < 0.55
    word = rng.choice(
        ("above", "over", "higher than", "more than", "greater than")
        if above
        else ("below", "under", "lower than", "less than")
    )
    bound = f"{limit}{space}{unit}" if rng.random() < 0.85 else limit
    question = yes_no(rng, f"{the} is {word} {bound}", f"is {the} {word} {bound}")
    if rng.random() < 0.15:
        question = one_of(
            rng,
            ("Does {t} (exceed|go over) {b}?",) if above else ("Does {t} (stay below|stay under|fall below) {b}?",),
            t=the,
            b=bound,
        )
    truth = number > float(limit) if above else number < float(limit)
    return Question("threshold", question, f"{'Yes' if truth else 'No'}, {the} is {full}.", the)


# Labels -------------------------------------------------------------------------------------------


def _code(rng: Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    match rng.randrange(8):
        case 0:
            return f"{''.join(rng.choices(letters, k=3))}-{rng.randint(100, 99999):05d}"
        case 1:
            return f"{rng.choice(('LOT', 'PKG', 'ORD', 'BOX', 'INV', 'SN', 'ID', 'REF', 'BATCH', 'PAL'))} {rng.randint(1, 999)}-{rng.choice(letters)}{rng.choice(('', '', ', FRAGILE', ', HEAVY', ', KEEP COLD', ', URGENT'))}"
        case 2:
            return f"https://{lexicon.pseudo_word(rng)}.example/{rng.choice(('', 'p/', 't/', 'item/'))}{rng.randint(1, 9999)}"
        case 3:
            return str(rng.randint(10**6, 10**13))
        case 4:
            return f"{rng.choice(('PKG', 'ORD', 'TICKET', 'WIFI', 'ASSET', 'SHELF', 'GATE', 'VISITOR'))}-{rng.randint(1, 9999)}"
        case 5:
            return "".join(rng.choices(letters + "0123456789", k=rng.randint(6, 12)))
        case 6:
            return f"{lexicon.pseudo_word(rng).upper()} {rng.randint(1, 99)}{rng.choice((', FRAGILE', ', THIS SIDE UP', '', ', KEEP DRY', ' ' + rng.choice(letters)))}"
        case _:
            return f"{lexicon.pseudo_word(rng)}:{rng.randint(1, 999)}/{rng.choice(letters.lower())}"


def _plate(rng: Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"

    def pick(k: int) -> str:
        return "".join(rng.choices(letters, k=k))

    return rng.choice(
        (
            f"{pick(rng.choice((1, 2, 3)))}-{pick(2)} {rng.randint(1, 9999)}",
            f"{pick(2)} {rng.randint(10, 99)} {pick(3)}",
            f"{pick(3)} {rng.randint(100, 9999)}",
            f"{rng.randint(1, 9)}{pick(4)} {rng.randint(100, 999)}",
            f"{pick(2)}-{rng.randint(100, 999)}-{pick(2)}",
            f"{pick(2)}{rng.randint(10, 99)} {pick(3)}",
            f"{pick(1)} {rng.randint(100, 999)} {pick(2)}",
            f"{rng.randint(1000, 9999)} {pick(3)}",
        )
    )


def _camera_name(rng: Random) -> str:
    word = rng.choice(("camera", "cam", "Cam", "camera"))
    return rng.choice(
        (
            f"{word} {rng.randint(1, 40)}",
            f"{word} {rng.choice('ABCDEF')}",
            f"cam-{rng.randint(1, 40):02d}",
            f"cam{rng.randint(1, 20)}",
            rng.choice(lexicon.PLACES).name,
            f"{lexicon.pseudo_word(rng)}-{rng.randint(1, 9)}",
            f"{rng.choice(('dock', 'gate', 'yard', 'hall', 'north', 'south', 'roof', 'barn'))}-{rng.randint(1, 9)}",
            f"{rng.choice(('north', 'south', 'east', 'west'))} {rng.choice(('gate', 'yard', 'entrance', 'fence', 'wing'))}",
            lexicon.pseudo_word(rng),
        )
    )


def _direction(rng: Random) -> str:
    return rng.choice(
        (
            "left",
            "right",
            "north",
            "south",
            "east",
            "west",
            "in",
            "out",
            "left to right",
            "right to left",
            "towards the door",
            "towards the gate",
            "away from the camera",
            "northbound",
            "southbound",
            "eastbound",
            "westbound",
            "up",
            "down",
            "inbound",
            "outbound",
            "towards the camera",
            "toward the exit",
            "north-east",
            "clockwise",
            "forward",
            "backwards",
        )
    )


_WEATHER = (
    "rain",
    "snow",
    "fog",
    "sunny",
    "cloudy",
    "heavy rain",
    "light snow",
    "drizzle",
    "storm",
    "hail",
    "clear sky",
    "mist",
    "overcast",
    "thunderstorm",
)
# name, other key names, the value, how it is described, questions
_LABELS: tuple[tuple[str, tuple[str, ...], Callable[[Random], str], str, tuple[str, ...]], ...] = (
    (
        "QR code",
        ("qr", "qr_text", "qr_code", "code"),
        _code,
        "the QR code reads {v}",
        (
            "What does the (QR|QR code|code) say?",
            "What is the (text|content) of the (QR|QR code|code)?",
            "What was read[ from the (code|QR code)]?",
            "Which (QR |)code was (read|scanned|seen)?",
            "(Read|Give me|Tell me) the (QR code|code|QR text).",
            "What is (written|encoded) in the QR[ code]?",
            "QR text?",
            "what did the scanner read",
            "What is the QR code?",
        ),
    ),
    (
        "barcode",
        ("barcode", "barcode_text", "code", "ean"),
        _code,
        "the barcode reads {v}",
        (
            "What does the barcode say?",
            "What is the barcode?",
            "Which barcode was (read|scanned)?",
            "(Give me|Read) the (barcode|code).",
            "barcode?",
            "What code is on it?",
            "What number does the barcode have?",
        ),
    ),
    (
        "plate",
        ("plate", "plate", "license_plate", "number_plate", "plate_number", "registration"),
        _plate,
        "the plate is {v}",
        (
            "What is the (plate|license plate|number plate|registration|licence plate|plate number)?",
            "Which plate (was|is) (seen|read)?",
            "What does the (number plate|plate|license plate) (say|read)?",
            "(Read|Give me|Tell me) the (number plate|plate|registration number).",
            "plate?",
            "What was the number plate?",
            "What registration does it have?",
            "whats the plate of the vehicle",
        ),
    ),
    (
        "camera",
        ("camera", "camera", "cam", "camera_name", "source"),
        _camera_name,
        "on camera {v}",
        (
            "Which camera (is|was) (it|this|that)?",
            "What is the name of the camera?",
            "(Which|What) camera (saw|recorded|reported|sent) (it|this|that)?",
            "Which camera[ is this from]?",
            "What camera took the picture?",
            "From which camera (is|was) this?",
            "camera name?",
        ),
    ),
    (
        "direction",
        ("direction", "direction", "heading", "moving_direction"),
        _direction,
        "the direction is {v}",
        (
            "(Which|What) direction[ is it going]?",
            "In (which|what) direction (is|was) it (moving|going|heading)?",
            "Which way (is|was) it (moving|going|heading)?",
            "Where is it (heading|going)?",
            "What is the direction[ of movement|]?",
            "direction?",
        ),
    ),
    (
        "weather",
        ("weather", "weather", "weather_condition", "conditions"),
        lambda rng: rng.choice(_WEATHER),
        "the weather is {v}",
        (
            "What is the weather[ like]?",
            "How is the weather?",
            "What weather (is|was) (it|there|reported|seen)?",
            "weather?",
            "(Tell me|Give me) the weather.",
        ),
    ),
    (
        "zone",
        ("zone", "zone", "zone_name", "area"),
        lambda rng: (
            rng.choice("ABCDEFGH")
            if rng.random() < 0.6
            else rng.choice(
                (
                    str(rng.randint(1, 30)),
                    lexicon.pseudo_word(rng),
                    "north",
                    "south",
                    "loading",
                    "restricted",
                    "parking",
                )
            )
        ),
        "in zone {v}",
        (
            "(Which|What) zone (is|was) (it|this|that)?",
            "In which zone (is|was) (it|this|that)[ seen]?",
            "What is the zone?",
            "zone?",
            "Which zone are we in?",
        ),
    ),
    (
        "operator",
        ("operator", "operator", "operator_name", "user"),
        lexicon.person_name,
        "the operator is {v}",
        (
            "Who is the operator?",
            "What is the (name of the operator|operator's name)?",
            "Who operates it?",
            "operator?",
            "Which operator is (on duty|there|named)?",
        ),
    ),
    (
        "driver",
        ("driver", "driver", "driver_name"),
        lexicon.person_name,
        "the driver is {v}",
        (
            "Who is the driver?",
            "Who is driving?",
            "Who was driving?",
            "What is the (name of the driver|driver's name)?",
            "(Tell me|Give me) the name of the driver.",
            "driver?",
            "Who was at the wheel?",
        ),
    ),
    (
        "company",
        ("company", "company", "company_name", "carrier"),
        lambda rng: rng.choice(lexicon.COMPANIES) if rng.random() < 0.6 else capital(lexicon.pseudo_word(rng)),
        "the company is {v}",
        (
            "(Which|What) company (is|was) (it|this|that)?",
            "What is the name of the company?",
            "Which company is it from?",
            "company?",
            "Who is the carrier?",
        ),
    ),
    (
        "order number",
        ("order_number", "order", "order_no"),
        _code,
        "the order number is {v}",
        (
            "What is the order number?",
            "Which order is (it|this)?",
            "(Give me|Tell me) the order number.",
            "order number?",
            "What order does it belong to?",
        ),
    ),
    (
        "badge",
        ("badge", "badge", "badge_id", "badge_number"),
        _code,
        "the badge is {v}",
        (
            "What is the badge[ number]?",
            "Which badge was (used|read|shown)?",
            "badge number?",
            "What does the badge say?",
            "(Read|Give me) the badge.",
        ),
    ),
    (
        "brand",
        ("brand", "brand", "make", "vehicle_brand"),
        lambda rng: rng.choice(lexicon.BRANDS),
        "the brand is {v}",
        (
            "(Which|What) (brand|make) is it?",
            "What is the (brand|make)?",
            "brand?",
            "Who makes it?",
            "Who is the manufacturer?",
        ),
    ),
    (
        "label",
        ("label", "label", "label_text"),
        _code,
        "the label reads {v}",
        (
            "What does the label say?",
            "What is (on|written on) the label?",
            "(Read|Give me) the label.",
            "label text?",
            "What is the text of the label?",
        ),
    ),
    (
        "shift",
        ("shift", "shift", "shift_name"),
        lambda rng: rng.choice(("early", "late", "night", "morning", "evening", "A", "B", "C")),
        "the shift is {v}",
        ("(Which|What) shift is it?", "What shift are we in?", "shift?", "What is the shift?"),
    ),
    (
        "sign",
        ("sign", "sign", "sign_text", "text"),
        lambda rng: rng.choice(
            (
                "NO ENTRY",
                "EXIT",
                "DANGER",
                "STOP",
                "NO PARKING",
                "STAFF ONLY",
                "CLOSED",
                "WET FLOOR",
                "HIGH VOLTAGE",
                "FIRE EXIT",
                "PRIVATE",
                "SALE",
            )
        ),
        "the sign says {v}",
        (
            "What does the sign say?",
            "What is (written|the text) on the sign?",
            "What text is on the sign?",
            "(Read|Give me) the sign.",
            "sign text?",
        ),
    ),
    (
        "trigger",
        ("trigger", "trigger", "trigger_type"),
        lambda rng: rng.choice(
            (
                "motion",
                "timer",
                "door contact",
                "button",
                "smoke sensor",
                "schedule",
                "operator",
                "line crossing",
                "glass break",
            )
        ),
        "the trigger was {v}",
        (
            "What (was|is) the trigger?",
            "What triggered (it|this|the picture|the alarm|the camera)?",
            "Why was the picture taken?",
            "trigger?",
        ),
    ),
    (
        "site",
        ("site", "site", "site_name"),
        lambda rng: capital(lexicon.pseudo_word(rng)),
        "the site is {v}",
        ("(Which|What) site is (it|this)?", "What is the name of the site?", "site?", "At which site (is|was) this?"),
    ),
)
LABEL_QUESTIONS = {name: questions for name, _, _, _, questions in _LABELS}
LABEL_KEYS = {name: keys for name, keys, *_ in _LABELS}


def label_piece(rng: Random, used: set[str]) -> Piece | None:
    """A text that has to be copied: a code, a plate, a name."""
    name, keys, make, clause, questions = rng.choice(_LABELS)
    if name in used:
        return None
    used.add(name)
    value = make(rng)
    quoted = f'"{value}"' if name in {"QR code", "barcode", "label", "sign"} and rng.random() < 0.35 else value
    answer = {
        "weather": "The weather is {v}.",
        "zone": "Zone {v}.",
        "plate": "{v}.",
        "direction": "{V}.",
        "shift": "The {v} shift.",
    }.get(name, "{V}.")
    answer = answer.replace("{v}", value).replace(
        "{V}", value if value.startswith("http") or any(c.isdigit() for c in value) else capital(value)
    )
    asks: list[Ask] = [lambda r: Question(f"label {name}", one_of(r, questions), answer, name)]
    asks.append(lambda r: _label_check(r, name, value, make))
    if name in {"QR code", "barcode", "label", "sign", "plate", "badge"}:
        asks.append(lambda r: _contains(r, name, value, make))
    described = (
        clause.replace("{v}", value) if not (name == "camera" and value.lower().startswith("cam")) else f"on {value}"
    )
    fragment = say(rng, "({n} {v}|{n} {v}|{n}: {v}|{n} = {v}|{n} is {v})", n=name, v=quoted)
    if name in {"QR code", "barcode", "label", "sign"}:
        fragment = say(
            rng,
            "({n} {v}|{n} reads {v}|{n}: {v}|{n} says {v}|{n} with text {v}|{n} read, text {v}|{n} text is {v}|the {n} says {v}|the {n} on the {w} says {v}|{n} on the {w}: {v}|read {n} {v}|{n} code {v})",
            n=name if rng.random() < 0.8 else "QR" if name == "QR code" else name,
            v=quoted,
            w=rng.choice(lexicon.OBJECTS).one,
        )
    elif name == "camera":
        fragment = (
            value
            if value.lower().startswith("cam") and rng.random() < 0.7
            else say(rng, "({n} {v}|{n}: {v}|{n} = {v})", n=rng.choice(("camera", "cam")), v=value)
        )
    elif name == "plate":
        fragment = say(
            rng,
            "(plate {v}|plate {v}|plate: {v}|plate seen at {t}: {v}|number plate {v}|license plate {v}|plate {v} seen|plate = {v}|with plate {v}|registration {v})",
            v=value,
            t=clock(rng.randrange(1440)),
        )
    elif (name == "direction" and value.endswith("bound")) or (name == "weather" and rng.random() < 0.6):
        fragment = value
    elif name == "direction" and rng.random() < 0.6:
        fragment = say(rng, "(moving|heading|going) {v}", v=value)
    sentence = {
        "camera": f"The camera is {value}.",
        "zone": f"The zone is {value}.",
        "direction": f"The direction is {value}.",
    }.get(name, capital(described) + ".")
    pair_key = rng.choice(keys) if rng.random() < 0.6 else name
    return Piece(
        fragment,
        sentence,
        [(pair_key, value)],
        described,
        "where" if name in {"camera", "zone"} else "tail",
        frozenset({name, keys[0]}),
        asks,
        [Field(keys, "string", value)],
    )


def _contains(rng: Random, name: str, value: str, make: Callable[[Random], str]) -> Question:
    own = rng.random() < 0.5
    parts = [
        w.strip(",:")
        for w in (value if own else make(rng)).replace("-", " ").replace("/", " ").split(" ")
        if len(w) > 1
    ] or [value]
    word = rng.choice(parts)
    truth = word in value
    spoken = word.lower() if rng.random() < 0.4 else word
    text = one_of(
        rng,
        (
            "Does (the {n}|it) (contain|include|say|mention|have) {w}[ in it]?",
            "Is {w} (in|on|part of) the {n}?",
            "Does the {n} (say|read|contain) {w}? yes/no and why",
            "Is there {w} in the {n}?",
            "{w} in the {n}?",
        ),
        n=name if name != "QR code" else rng.choice(("QR code", "QR", "code")),
        w=spoken,
    )
    return Question(
        "contains",
        text,
        f"{'Yes' if truth else 'No'}, the {name} {'reads' if name in {'QR code', 'barcode', 'label'} else 'says' if name == 'sign' else 'is'} {value}.",
        name,
    )


def _label_check(rng: Random, name: str, value: str, make: Callable[[Random], str]) -> Question:
    other = value if rng.random() < 0.5 else make(rng)
    question = yes_no(rng, f"the {name} is {other}", f"is the {name} {other}")
    return Question(f"is-label {name}", question, f"{'Yes' if other == value else 'No'}, the {name} is {value}.", name)
