# ruff: noqa: C901, E501, PLR0912, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""Plain sentences about somebody doing something: `an old man feeds pigeons in the park at 09:10`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import lexicon
from language import capital, clock, number, one_of, say
from pieces import Field, Piece, Question, Value, yes_no
from things import Thing, exists_question, untold_question

if TYPE_CHECKING:
    from random import Random

_IRREGULAR = {
    "bind": "bound",
    "freeze": "froze",
    "grind": "ground",
    "shake": "shook",
    "spin": "spun",
    "swing": "swung",
    "tear": "tore",
    "wind": "wound",
    "feed": "fed",
    "put": "put",
    "leave": "left",
    "take": "took",
    "bring": "brought",
    "hold": "held",
    "throw": "threw",
    "drive": "drove",
    "ride": "rode",
    "push": "pushed",
    "read": "read",
    "write": "wrote",
    "eat": "ate",
    "drink": "drank",
    "sell": "sold",
    "buy": "bought",
    "break": "broke",
    "cut": "cut",
    "dig": "dug",
    "hang": "hung",
    "hide": "hid",
    "lead": "led",
    "lose": "lost",
    "find": "found",
    "shut": "shut",
    "steal": "stole",
    "sweep": "swept",
    "wear": "wore",
    "win": "won",
    "build": "built",
    "catch": "caught",
    "draw": "drew",
    "show": "showed",
    "give": "gave",
    "keep": "kept",
    "come": "came",
    "go": "went",
    "run": "ran",
    "sit": "sat",
    "stand": "stood",
    "lie": "lay",
    "sleep": "slept",
    "fall": "fell",
    "get": "got",
    "swim": "swam",
    "speak": "spoke",
    "fly": "flew",
    "wait": "waited",
    "set": "set",
    "pay": "paid",
    "lay": "laid",
    "bend": "bent",
    "bite": "bit",
    "blow": "blew",
    "climb": "climbed",
    "see": "saw",
    "meet": "met",
    "leap": "leapt",
    "kneel": "knelt",
    "lean": "leaned",
}
_DOUBLED = {
    "dip",
    "shred",
    "unwrap",
    "clip",
    "flip",
    "grip",
    "pat",
    "prop",
    "rub",
    "scrub",
    "slam",
    "snap",
    "spin",
    "stir",
    "strap",
    "swap",
    "transfer",
    "trim",
    "tug",
    "unplug",
    "whip",
    "put",
    "cut",
    "dig",
    "hit",
    "shut",
    "run",
    "sit",
    "get",
    "swim",
    "stop",
    "drop",
    "drag",
    "grab",
    "mop",
    "scan",
    "chat",
    "jog",
    "step",
    "tap",
    "trip",
    "set",
    "wrap",
    "skip",
    "slip",
    "win",
    "pet",
    "plan",
    "ram",
}
_TRANSITIVE = (
    "feed|$animals",
    "carry|$object",
    "carry|$object",
    "push|$object",
    "pull|$object",
    "repair|$object",
    "clean|$object",
    "wash|$vehicle",
    "paint|$object",
    "move|$object",
    "open|$object",
    "load|$vehicle",
    "unload|$vehicle",
    "drive|$vehicle",
    "ride|$ride",
    "park|$vehicle",
    "inspect|$object",
    "photograph|$any",
    "watch|$any",
    "hold|$object",
    "drop|$object",
    "lift|$object",
    "throw|$object",
    "steal|$object",
    "deliver|$object",
    "sweep|the floor",
    "mop|the floor",
    "water|the plants",
    "mow|the lawn",
    "chase|$animal",
    "walk|$pet",
    "lead|$animal",
    "pet|$pet",
    "milk|the cows",
    "brush|the horse",
    "count|$objects",
    "stack|$objects",
    "scan|$objects",
    "pack|$objects",
    "sort|$objects",
    "read|a newspaper",
    "read|a book",
    "eat|a sandwich",
    "eat|an apple",
    "drink|coffee",
    "smoke|a cigarette",
    "use|a phone",
    "use|a laptop",
    "operate|a crane",
    "operate|the press",
    "weld|a pipe",
    "drill|a hole",
    "dig|a hole",
    "cut|the hedge",
    "cut|the grass",
    "fix|$object",
    "check|$object",
    "wrap|$object",
    "sell|ice cream",
    "sell|flowers",
    "wear|a mask",
    "push|a stroller",
    "pull|a trolley",
    "climb|a ladder",
    "climb|the fence",
    "lock|the door",
    "unlock|the door",
    "close|the window",
    "ring|the bell",
    "press|a button",
    "sign|a form",
    "take|$object",
    "bring|$object",
    "leave|$object",
    "put down|$object",
    "pick up|$object",
    "hand over|$object",
    "look at|$any",
    "talk to|$person",
    "follow|$person",
    "wait for|$person",
    "help|$person",
    "speak to|$person",
    "hug|$person",
    "block|the exit",
    "block|the gate",
    "block|the driveway",
    "cross|the road",
    "cross|the yard",
    "shovel|snow",
    "fill|the tank",
    "refuel|$vehicle",
    "change|a tyre",
    "tow|$vehicle",
    "guard|the entrance",
    "install|$object",
    "remove|$object",
    "search|the room",
    "kick|a ball",
    "film|the scene",
    "film|$any",
)
_ANIMAL_TRANSITIVE = (
    "chase|$animal",
    "eat|grass",
    "eat|a mouse",
    "drink|water",
    "bite|$person",
    "follow|$person",
    "watch|$any",
    "sniff at|$object",
    "knock over|$object",
    "drag|$object",
    "bark at|$person",
    "dig up|the lawn",
    "carry|a stick",
    "cross|the road",
    "scratch|the door",
    "jump over|the fence",
    "block|the path",
)
_INTRANSITIVE = (
    "walk",
    "run",
    "stand",
    "sit",
    "wait",
    "lie",
    "sleep",
    "jump",
    "fall",
    "work",
    "kneel",
    "play",
    "dance",
    "shout",
    "smoke",
    "rest",
    "hide",
    "lean on the wall",
    "limp",
    "swim",
    "stretch",
    "talk on the phone",
    "look around",
    "walk past",
    "crouch",
    "jog",
    "come in",
    "go out",
    "leave",
    "arrive",
    "enter",
    "queue",
    "slip",
    "wave",
    "step back",
    "turn around",
    "sit down",
    "stand up",
    "walk back and forth",
    "loiter",
    "cycle past",
    "drive past",
)
_VEHICLE_VERBS = (
    "stand",
    "wait",
    "arrive",
    "leave",
    "reverse",
    "turn left",
    "turn right",
    "stop",
    "drive past",
    "pass",
    "break down",
    "drive off",
    "pull in",
    "come in",
    "go out",
    "park",
    "slow down",
    "speed up",
    "drive in",
    "block the gate|",
    "roll back",
    "idle",
)
_PATHS = (
    ("from the left", "from", "left"),
    ("from the right", "from", "right"),
    ("from the north", "from", "north"),
    ("from the south", "from", "south"),
    ("out of the {d}", "out", "out"),
    ("into the {r}", "in", "in"),
    ("toward the {d}", "to", ""),
    ("towards the {p}", "to", ""),
    ("through the {d}", "via", ""),
    ("to the left", "way", "left"),
    ("to the right", "way", "right"),
    ("away from the {d}", "off", ""),
    ("along the {p}", "via", ""),
    ("across the {r}", "via", ""),
    ("past the {d}", "via", ""),
    ("up the stairs", "way", "up"),
    ("down the stairs", "way", "down"),
    ("over the fence", "via", ""),
    ("from the {r} to the {p}", "to", ""),
)
_NAMES_OF_PLACES = [p.name for p in lexicon.PLACES if p.the]
_DOORS = "front door, back door, side door, gate, main gate, garage door, window, entrance, exit, barn door, shop door, cellar door, office door, service door, north gate, hotel door, stable door".split(
    ", "
)


@dataclass(slots=True)
class Tale:
    """Who did what to what, where, which way and when."""

    who: Thing
    verb: str
    obj: str = ""  # with article
    obj_thing: Thing | None = None
    place: str = ""
    path: str = ""
    path_kind: str = ""
    way: str = ""
    time: str = ""
    extra: str = ""  # with a bag, in a red jacket
    extra_kind: str = ""
    and_then: str = ""
    forms: dict[str, str] = field(default_factory=dict)


def conjugate(verb: str) -> dict[str, str]:
    """Base, third person, past and -ing of a verb, its particle kept."""
    head, _, rest = verb.partition(" ")
    tail = f" {rest}" if rest else ""
    third = head + ("es" if head.endswith(("s", "sh", "ch", "x", "o")) else "s")
    if head.endswith("y") and head[-2] not in "aeiou":
        third = head[:-1] + "ies"
    past = _IRREGULAR.get(head) or (
        head + head[-1] + "ed"
        if head in _DOUBLED
        else head + "d"
        if head.endswith("e")
        else head[:-1] + "ied"
        if head.endswith("y") and head[-2] not in "aeiou"
        else head + "ed"
    )
    doing = (
        head + head[-1] + "ing"
        if head in _DOUBLED
        else head[:-2] + "ying"
        if head.endswith("ie")
        else head[:-1] + "ing"
        if head.endswith("e") and not head.endswith("ee")
        else head + "ing"
    )
    return {"base": verb, "third": third + tail, "past": past + tail, "ing": doing + tail}


def _object(rng: Random, kind: str) -> tuple[str, Thing | None]:
    pools = {
        "$animals": lexicon.ANIMALS,
        "$animal": lexicon.ANIMALS,
        "$object": lexicon.OBJECTS,
        "$objects": lexicon.OBJECTS,
        "$vehicle": lexicon.VEHICLES,
        "$pet": lexicon.DOGS,
        "$person": lexicon.PEOPLE,
        "$ride": [*lexicon.BIKES, *lexicon.MOTORBIKES],
    }
    if not kind.startswith("$"):
        return kind, None
    pool = pools.get(kind) or rng.choice((lexicon.ANIMALS, lexicon.VEHICLES, lexicon.OBJECTS, lexicon.PEOPLE))
    noun = rng.choice(pool)
    if kind in {"$animals", "$objects"}:
        if rng.random() < 0.5:
            return noun.many, Thing(noun, 99)
        thing = Thing(noun, rng.randint(2, 12))
        return thing.phrase, thing
    thing = Thing(noun, 1 if rng.random() < 0.85 else rng.randint(2, 4))
    if rng.random() < 0.3:
        thing.colour = rng.choice(lexicon.COLOURS) if not noun.kinds & {"person", "animal"} else ""
    elif rng.random() < 0.2:
        thing.size = rng.choice(("small", "large", "heavy", "big"))
    return thing.phrase, thing


def make_tale(rng: Random, *, timed: bool) -> Tale:
    """Somebody doing something."""
    roll = rng.random()
    if roll < 0.66:
        noun = rng.choice(lexicon.PEOPLE) if rng.random() < 0.85 else lexicon.PERSON
        who = Thing(noun, 1 if rng.random() < 0.8 else rng.randint(2, 4))
        if rng.random() < 0.15 and not noun.one.startswith("elderly"):
            who.size = rng.choice(("old", "young", "tall", "elderly"))
        verb = rng.choice(_TRANSITIVE) if rng.random() < 0.6 else rng.choice(_INTRANSITIVE)
    elif roll < 0.82:
        noun = rng.choice(lexicon.ANIMALS)
        who = Thing(
            noun,
            1 if rng.random() < 0.75 else rng.randint(2, 6),
            colour=rng.choice(("", "", "black", "white", "brown", "grey")),
        )
        verb = (
            rng.choice(_ANIMAL_TRANSITIVE)
            if rng.random() < 0.45
            else rng.choice(("run", "sit", "sleep", "lie", "stand", "jump", "rest", "walk", "hide", "limp"))
        )
    else:
        noun = rng.choice(lexicon.VEHICLES)
        who = Thing(
            noun, 1 if rng.random() < 0.85 else rng.randint(2, 3), colour=rng.choice(("", *lexicon.COLOURS[:12]))
        )
        verb = rng.choice(_VEHICLE_VERBS).replace("block the gate|", "block|the gate")
    name, _, kind = verb.partition("|")
    tale = Tale(who, name)
    if kind:
        tale.obj, tale.obj_thing = _object(rng, kind)
    if rng.random() < 0.55:
        tale.place = lexicon.place(rng).phrase
    moving = name.split(" ")[0] in {
        "walk",
        "run",
        "come",
        "go",
        "leave",
        "drive",
        "carry",
        "push",
        "pull",
        "jog",
        "ride",
        "drag",
        "throw",
        "enter",
        "limp",
        "cycle",
        "reverse",
        "roll",
        "chase",
        "lead",
        "move",
    }
    if moving and rng.random() < 0.6:
        shape, tale.path_kind, tale.way = rng.choice(_PATHS)
        tale.path = (
            shape.replace("{d}", rng.choice(_DOORS))
            .replace("{r}", rng.choice(_NAMES_OF_PLACES))
            .replace("{p}", rng.choice(_NAMES_OF_PLACES))
        )
        if tale.path_kind in {"in", "out", "to", "via", "off"}:
            tale.place = ""
    if timed:
        tale.time = clock(rng.randrange(1440))
    if who.is_a("person") and rng.random() < 0.35:
        item = rng.choice(lexicon.OBJECTS)
        garment = rng.choice(
            ("jacket", "helmet", "cap", "coat", "hood", "vest", "hat", "hoodie", "raincoat", "uniform", "backpack")
        )
        colour = rng.choice(lexicon.COLOURS)
        tale.extra, tale.extra_kind = rng.choice(
            (
                (f"with {item.article} {item.one}", "item"),
                (f"in {lexicon.article(colour)} {colour} {garment}", "garment"),
                (f"with {lexicon.article(colour)} {colour} {garment}", "garment"),
                (f"in {lexicon.article(colour)} {colour} {garment}", "garment"),
            )
        )
    if rng.random() < 0.08 and who.count == 1:
        tale.and_then = rng.choice(("left", "went away", "ran off", "came back", "drove off", "disappeared", "waited"))
    tale.forms = conjugate(name)
    return tale


def _verb(tale: Tale, tense: str) -> str:
    one = tale.who.count == 1
    if tense == "present":
        return tale.forms["third"] if one else tale.forms["base"]
    if tense == "past":
        return tale.forms["past"]
    return f"{tale.who.be} {tale.forms['ing']}" if tense == "progressive" else tale.forms["ing"]


def _sentence(tale: Tale, tense: str, time_first: bool, wordy: str = "") -> str:  # noqa: FBT001 - a plain switch
    then = f" and {tale.and_then}" if tale.and_then and tense == "past" else ""
    at = f" at {tale.time}" if tale.time else ""
    who = f"{tale.who.phrase} {tale.extra}".strip()
    body = " ".join(w for w in (who, _verb(tale, tense), tale.obj, tale.path, tale.place) if w)
    if time_first and at:
        return f"{at.strip()} {body}{then}"
    return f"{body}{at}{then}{wordy}"


def tale_piece(rng: Random) -> Piece:
    """One or two plain sentences and what can be asked about them."""
    timed = rng.random() < 0.5
    tales = [make_tale(rng, timed=timed)]
    if rng.random() < 0.35:
        other = make_tale(rng, timed=timed and rng.random() < 0.8)
        if (
            other.who.noun is not tales[0].who.noun
            and other.verb != tales[0].verb
            and not other.who.noun.kinds & {tales[0].who.noun.one}
        ):
            tales.append(other)
    tense = rng.choice(("present", "present", "past", "past", "progressive", "participle"))
    told = [_sentence(t, tense, time_first=rng.random() < 0.2) for t in tales]
    clauses = [_sentence(t, "progressive" if tense == "participle" else tense, time_first=False) for t in tales]
    text = rng.choice((", ", ". ", "; ", " and ", ", while ")).join(told) if len(told) > 1 else told[0]
    if ". " in text:
        text = ". ".join(capital(x) for x in told)
    clause = " and ".join(clauses)
    words = {w for t in tales for w in (t.who.noun.one, t.who.noun.many)} | {
        w for t in tales if t.obj_thing for w in (t.obj_thing.noun.one, t.obj_thing.noun.many)
    }
    pairs: list[tuple[str, Value]] = [("event" if len(tales) == 1 else f"event_{i + 1}", x) for i, x in enumerate(told)]
    piece = Piece(
        text,
        capital(clause) + ".",
        pairs,
        clause,
        "main",
        frozenset(
            words
            | {"things", "place", "person", "people", "direction", "events", "driver"}
            | ({"time"} if timed else set())
        ),
    )
    present = [t.who for t in tales] + [t.obj_thing for t in tales if t.obj_thing and t.obj_thing.count < 90]
    bare = any(t.obj_thing and t.obj_thing.count > 90 for t in tales)
    piece.asks = [lambda r: _ask(r, r.choice(tales), tense)] * 7
    if not bare:
        piece.asks += [lambda r: exists_question(r, present, "")] * 2
    for t in tales[:1]:
        kind = next((k for k in ("person", "animal", "vehicle") if t.who.is_a(k)), "who")
        piece.fields.append(Field((kind, "subject", "who"), "string", t.who.noun.one))
        if t.time:
            piece.fields.append(Field(("time", "at", "time", "when"), "string", t.time))
        if t.obj_thing and t.obj_thing.count == 1:
            piece.fields.append(
                Field(("object", "thing", "item", f"{t.verb.split(' ')[0]}_object"), "string", t.obj_thing.noun.one)
            )
            if t.obj_thing.colour:
                piece.fields.append(
                    Field(
                        (
                            f"{t.obj_thing.noun.one.replace(' ', '_')}_colour",
                            f"{t.obj_thing.noun.one.replace(' ', '_')}_color",
                        ),
                        "string",
                        t.obj_thing.colour,
                    )
                )
        if t.obj_thing and 1 < t.obj_thing.count < 90:
            piece.fields.append(
                Field(
                    (t.obj_thing.noun.many.replace(" ", "_"), f"number_of_{t.obj_thing.noun.many.replace(' ', '_')}"),
                    "integer",
                    t.obj_thing.count,
                )
            )
        if t.place:
            piece.fields.append(
                Field(
                    ("place", "location", "place", "where"),
                    "string",
                    t.place.split(" the ", 1)[-1] if " the " in t.place else t.place.split(" ", 1)[1],
                )
            )
        if t.way:
            piece.fields.append(Field(("direction", "direction"), "string", t.way))
        piece.fields.append(
            Field(
                (t.who.noun.many.replace(" ", "_"), "count", f"number_of_{t.who.noun.many.replace(' ', '_')}"),
                "integer",
                t.who.count,
            )
        )
    return piece


def _do(tale: Tale, tense: str, subject: str, one: bool) -> tuple[str, str]:  # noqa: FBT001
    """The auxiliary that a question begins with, and the verb that follows the subject."""
    del subject
    if tense == "past":
        return "did", tale.forms["base"]
    if tense == "present":
        return ("does" if one else "do"), tale.forms["base"]
    return ("is" if one else "are"), tale.forms["ing"]


def _ask(rng: Random, tale: Tale, tense: str) -> Question:  # noqa: PLR0911 - one kind of question each
    who = tale.who
    subject = who.pronoun if rng.random() < 0.3 else who.the
    one = who.count == 1 and subject != "they"
    aux, base = _do(tale, tense, subject, one)
    full_tense = "progressive" if tense == "participle" else tense
    answer_verb = _verb(tale, full_tense)
    did = " ".join(w for w in (who.the, answer_verb, tale.obj, tale.path, tale.place) if w)
    tail = " ".join(w for w in (tale.obj, tale.path) if w)
    roll = rng.random()
    slots = {
        "s": subject,
        "S": capital(subject),
        "x": aux,
        "X": capital(aux),
        "b": base,
        "o": tale.obj,
        "v": answer_verb,
        "be": "are" if not one else "is",
    }
    if roll < 0.16:
        text = one_of(
            rng,
            (
                "What {d}?",
                "What {d}?",
                "(Tell me|Say) what {s} {w} doing.",
                "What is going on with {t}?",
            ),
            d={"did": f"did {subject} do", "does": f"does {subject} do", "do": f"do {subject} do"}.get(
                aux, f"{aux} {subject} doing"
            ),
            s=subject,
            w="was" if tense == "past" and one else "were" if tense == "past" else slots["be"],
            t=who.the,
        )
        return Question("tale-do", text, f"{capital(did)}.", tale.verb)
    if roll < 0.3:
        word = "Who" if who.is_a("person") else "What"
        verb = _verb(Tale(Thing(who.noun, 1), tale.verb, forms=tale.forms), full_tense)
        text = one_of(
            rng,
            ("{w} {v} {t}?", "{w} {v} {t}?", "{w} (is it|was it) that {v} {t}?", "(Tell me|Say) {lw} {v} {t}."),
            w=word,
            lw=word.lower(),
            v=verb,
            t=tail or tale.place or "there",
        ).replace("  ", " ")
        return Question("tale-who", text, f"{capital(who.phrase)}.", tale.verb)
    if roll < 0.42 and tale.obj:
        text = (
            one_of(
                rng,
                (
                    "What {x} {s} {b}?",
                    "What {x} {s} {b}?",
                    "(Which|What) (thing|object) {x} {s} {b}?",
                    "(Tell me|Say) what {s} {v}.",
                ),
                **slots,
            )
            if not (tale.obj_thing and tale.obj_thing.is_a("person"))
            else one_of(rng, ("Who {x} {s} {b}?", "Whom {x} {s} {b}?"), **slots)
        )
        return Question("tale-object", text, f"{capital(tale.obj)}.", tale.verb)
    if roll < 0.52:
        text = one_of(
            rng,
            (
                "Where {x} {s} {b}" + (f" {tale.obj}" if tale.obj else "") + "?",
                "Where {k} {s}?",
                "Where (did|does) (this|that|it) happen?",
                "(In which|At which|What) place (is|was) (this|it)?",
            ),
            k="was" if tense == "past" and one else "were" if tense == "past" else slots["be"],
            **slots,
        )
        return Question(
            "tale-where",
            text,
            f"{capital(tale.place or tale.path)}."
            if tale.place or tale.path_kind in {"in", "out", "via", "to", "off"}
            else "Not stated.",
            tale.verb,
        )
    if roll < 0.62:
        text = one_of(
            rng,
            (
                "When {x} {s} {b}" + (f" {tale.obj}" if tale.obj else "") + "?",
                "(What|Which) time (is|was) (it|that|this)?",
                "(At what|What) time {x} {s} {b}" + (f" {tale.obj}" if tale.obj else "") + "?",
                "When (was|is) (this|that)?",
            ),
            **slots,
        )
        return Question("tale-when", text, f"At {tale.time}." if tale.time else "Not stated.", tale.verb)
    if roll < 0.76:
        other = make_tale(rng, timed=False)
        same = rng.random() < 0.55 or not tale.obj
        asked_obj = tale.obj
        if not same:
            asked_obj = (
                other.obj
                if other.obj and other.obj != tale.obj
                else f"{(n := rng.choice(lexicon.OBJECTS)).article} {n.one}"
            )
        text = yes_no(
            rng, f"{subject} {answer_verb} {asked_obj}".strip(), f"{aux} {subject} {base} {asked_obj}".strip()
        )
        return Question("tale-yes", text, f"{'Yes' if same else 'No'}, {did}.", tale.verb)
    if roll < 0.86 and tale.path:
        if tale.way and rng.random() < 0.6:
            pair = {
                "left": "left or right",
                "right": "left or right",
                "in": "in or out",
                "out": "in or out",
                "up": "up or down",
                "down": "up or down",
                "north": "north or south",
                "south": "north or south",
            }[tale.way]
            if rng.random() < 0.3:
                pair = " or ".join(reversed(pair.split(" or ")))
            verb = "coming from the" if tale.path_kind == "from" else "going"
            text = one_of(
                rng,
                ("{A} {s} {g} {p}?", "{A} {s} {g} {p}?", "{P}?"),
                A=capital(slots["be"]),
                s=subject,
                g=verb,
                p=pair.replace(" or ", " or from the ") if tale.path_kind == "from" and rng.random() < 0.3 else pair,
                P=capital(pair),
            )
            answer = tale.path if tale.path_kind == "from" else tale.way
            return Question("tale-way", text, f"{capital(answer)}.", tale.verb)
        text = one_of(
            rng,
            (
                "(Which|What) way {x} {s} {b}?",
                "Where (to|) {x} {s} {b}?" if tale.path_kind == "to" else "(Which|What) way {x} {s} {b}?",
                "In (which|what) direction {x} {s} {b}?",
                "From (where|which side) {x} {s} {b}?" if tale.path_kind == "from" else "Which way {be} {s} going?",
            ),
            **slots,
        )
        return Question("tale-way", text, f"{capital(tale.path)}.", tale.verb)
    if roll < 0.93 and tale.extra:
        if tale.extra_kind == "garment":
            thing = tale.extra.split(" ", 1)[1]
            garment = thing.split(" ")[-1]
            if rng.random() < 0.5:
                return Question(
                    "tale-colour",
                    one_of(
                        rng,
                        (
                            "What (colour|color) is the {g}?",
                            "(Which|What) (colour|color) is the {g} of {t}?",
                            "What is the (colour|color) of the {g}?",
                        ),
                        g=garment,
                        t=who.the,
                    ),
                    f"{capital(' '.join(thing.split(' ')[1:-1]))}.",
                    garment,
                )
            return Question(
                "tale-wear",
                one_of(
                    rng,
                    (
                        "What {be} {s} wearing?",
                        "What {be} {s} dressed in?",
                        "What clothes {be} {s} wearing?",
                    ),
                    **slots,
                ),
                f"{capital(thing)}.",
                garment,
            )
        return Question(
            "tale-with",
            one_of(
                rng,
                (
                    "What {be} {s} carrying?",
                    "What {be} {s} holding?",
                    "What does {t} have with them?" if who.count == 1 else "What do {t} have with them?",
                ),
                t=who.the,
                **slots,
            ),
            f"{capital(tale.extra.split(' ', 1)[1])}.",
            "item",
        )
    if tale.obj_thing and tale.obj_thing.count < 90 and rng.random() < 0.4:
        text = one_of(rng, ("How many {m}[ are there]?", "What is the number of {m}?"), m=tale.obj_thing.noun.many)
        return Question(
            "tale-count",
            text,
            f"{capital(number(tale.obj_thing.count))} {tale.obj_thing.adjectives}{tale.obj_thing.word}.",
            "count",
        )
    if rng.random() < 0.3:
        return Question(
            "tale-count",
            one_of(
                rng,
                ("How many {m}[ are there]?", "How many {m} (do you see|were seen|are mentioned)?"),
                m=who.noun.many,
            ),
            f"{capital(number(who.count))} {who.adjectives}{who.word}.",
            "count",
        )
    for _ in range(20):
        found = untold_question(rng, who)
        if not any(
            w in found.text.replace(who.word, "")
            for w in (
                "When",
                "Where",
                "when",
                "colour",
                "talking",
                "looking",
                "arrive",
                "going",
                "driving",
                "bell",
                "allowed",
                "wheel",
                "parked",
                "thinking",
            )
        ):
            return found
    return Question("untold", f"How old {who.be} {who.the}?", "Not stated.", who.noun.one)


def tale_says(rng: Random) -> str:
    """A tale alone, as a distractor."""
    return say(rng, "{t}", t=_sentence(make_tale(rng, timed=False), "present", time_first=False))
