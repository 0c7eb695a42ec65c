# ruff: noqa: C901, E501, FBT003, PLR0912, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""One subject told in detail, and several things each in its own place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from language import capital, listing, one_of, say
from pieces import Ask, Field, Piece, Question, Value, yes_no
from things import (
    Thing,
    alone_question,
    colour_question,
    count_question,
    distinct_things,
    doing_for,
    doing_question,
    exists_question,
    make_thing,
    there,
    untold_question,
    what_question,
    where_question,
)

if TYPE_CHECKING:
    from random import Random

    from lexicon import Noun, Place

_GARMENTS = "helmet|hard hat|vest|safety vest|jacket|cap|hat|coat|hoodie|shirt|raincoat|scarf|uniform|mask|backpack|T-shirt|sweater|dress|apron|hood|suit|beanie".split(
    "|"
)
_RIDES = "scooter bicycle bike horse skateboard motorcycle moped wheelchair tractor e-bike".split()
_WAYS = (
    "moving left",
    "moving right",
    "moving east",
    "moving west",
    "moving north",
    "moving south",
    "going in",
    "going out",
    "walking left",
    "walking right",
    "running left",
    "running right",
    "heading north",
    "heading south",
    "heading east",
    "heading west",
    "moving left to right",
    "moving right to left",
    "moving towards the door",
    "moving towards the gate",
    "coming from the left",
    "coming from the right",
    "going towards the exit",
    "heading for the stairs",
    "walking away from the camera",
    "moving towards the camera",
    "going up",
    "going down",
    "going upstairs",
    "going downstairs",
    "heading out",
    "heading in",
    "walking out of the store",
    "walking into the office",
    "coming out of the garage",
    "going into the barn",
    "moving away from the fence",
    "leaving through the back door",
    "entering through the main gate",
)


def _direction_of(way: str) -> str:
    for verb in ("moving ", "going ", "walking ", "running ", "heading ", "coming "):
        if way.startswith(verb):
            return way.removeprefix(verb)
    return way


def subject_piece(rng: Random) -> Piece:
    """A person, an animal, a vehicle or an object with several details."""
    roll = rng.random()
    noun = (
        lexicon.PERSON
        if roll < 0.08
        else rng.choice(lexicon.PEOPLE)
        if roll < 0.55
        else rng.choice(lexicon.ANIMALS)
        if roll < 0.68
        else rng.choice(lexicon.VEHICLES)
        if roll < 0.88
        else rng.choice(lexicon.OBJECTS)
    )
    thing = make_thing(rng, noun)
    thing.count = 1 if rng.random() < 0.88 else rng.randint(2, 4)
    thing.size = (
        rng.choice(("", "", "", "tall", "old", "young", "elderly", "small")) if thing.is_a("person") else thing.size
    )
    if noun.one.startswith((thing.size or "#", "elderly", "young")):
        thing.size = ""
    if thing.is_a("vehicle") and rng.random() < 0.6:
        thing.colour = rng.choice(lexicon.COLOURS)
    if rng.random() < 0.7:
        thing.place = lexicon.place(rng)
    if thing.is_a("person"):
        _dress(rng, thing)
    if rng.random() < 0.3:
        thing.direction = rng.choice(_WAYS)
    if not thing.direction and rng.random() < 0.55:
        thing.doing = doing_for(rng, noun)
        if thing.carrying and thing.doing.startswith(("carrying", "holding", "pushing")):
            thing.doing = ""
    return _subject(rng, thing)


def _dress(rng: Random, thing: Thing) -> None:
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2))):
        garment = rng.choice(_GARMENTS)
        if all(garment not in g and g not in garment for _, g in thing.wearing):
            thing.wearing.append((rng.choice(lexicon.COLOURS) if rng.random() < 0.7 else "", garment))
    if rng.random() < 0.15:
        garment = rng.choice(("helmet", "hard hat", "vest", "safety vest", "mask", "badge", "jacket"))
        if all(garment not in g and g not in garment for _, g in thing.wearing):
            thing.lacking = garment
    if rng.random() < 0.3:
        item = rng.choice(lexicon.OBJECTS)
        thing.carrying = (
            f"{item.article} {item.one}"
            if rng.random() < 0.75
            else say(rng, "{a} {c} {n}", a="a", c=rng.choice(("large", "small", "black", "brown", "heavy")), n=item.one)
        )
    if rng.random() < 0.12:
        thing.riding = rng.choice(_RIDES)


def _details(rng: Random, thing: Thing) -> list[str]:
    """The details as fragments of a list."""
    out: list[str] = []
    for colour, garment in thing.wearing:
        bare = f"{colour} {garment}".strip()
        out.append(say(rng, "({g}|{g}|wearing {a} {g}|with {a} {g}|in {a} {g})", g=bare, a=lexicon.article(bare)))
    if thing.lacking:
        out.append(
            say(
                rng,
                "(no {g}|without {a} {g}|not wearing {a} {g}|no {g})",
                g=thing.lacking,
                a=lexicon.article(thing.lacking),
            )
        )
    if thing.carrying:
        out.append(say(rng, "(carrying {c}|carrying {c}|with {c}|holding {c})", c=thing.carrying))
    if thing.doing:
        out.append(thing.doing)
    if thing.direction:
        out.append(thing.direction)
    return out


def _subject(rng: Random, thing: Thing) -> Piece:
    details = _details(rng, thing)
    riding = f" on {lexicon.article(thing.riding)} {thing.riding}" if thing.riding else ""
    head = (
        thing.phrase if rng.random() < 0.6 else f"{thing.adjectives}{thing.word}" if thing.count == 1 else thing.phrase
    ) + riding
    if thing.colour and rng.random() < 0.2 and not riding:
        head = f"{thing.size + ' ' if thing.size else ''}{thing.word}, {thing.colour}" if thing.count == 1 else head
    place = [] if thing.place is None else [rng.choice((thing.place.phrase, thing.place.phrase, thing.place.plain))]
    shape = rng.random()
    if shape < 0.5:
        rest = [*details, *place]
        if rng.random() < 0.4:
            rng.shuffle(rest)
        fragment = ", ".join([head, *rest])
    elif shape < 0.75:
        fragment = " ".join([head, *([thing.place.phrase] if thing.place else []), *_clothed(thing)]) + (
            f", {thing.direction}" if thing.direction else ""
        )
    else:
        fragment = " ".join(
            [
                head,
                *_clothed(thing),
                *([thing.direction] if thing.direction else []),
                *([thing.place.phrase] if thing.place else []),
            ]
        )
    clause = _clause(thing)
    piece = Piece(
        fragment,
        capital(clause) + ".",
        _pairs(rng, thing),
        clause,
        "main",
        frozenset(
            {
                "things",
                "place" if thing.place else "things",
                "direction" if thing.direction else "things",
                thing.noun.one,
                thing.noun.many,
            }
        ),
    )
    piece.asks = _asks(thing)
    piece.fields = _fields(rng, thing)
    return piece


def _clothed(thing: Thing) -> list[str]:
    out = []
    if thing.wearing:
        out.append(
            "wearing "
            + listing([f"{lexicon.article(f'{c} {g}'.strip())} {f'{c} {g}'.strip()}" for c, g in thing.wearing])
        )
    if thing.lacking:
        out.append(f"without {lexicon.article(thing.lacking)} {thing.lacking}")
    if thing.carrying:
        out.append(f"{'with' if len(thing.carrying) % 3 == 0 else 'carrying'} {thing.carrying}")
    if thing.doing:
        out.append(thing.doing)
    return out


def _clause(thing: Thing) -> str:
    head = thing.phrase + (f" on {lexicon.article(thing.riding)} {thing.riding}" if thing.riding else "")
    if thing.wearing:
        head += " with " + listing(
            [f"{lexicon.article(f'{c} {g}'.strip())} {f'{c} {g}'.strip()}" for c, g in thing.wearing]
        )
    if thing.lacking:
        head += f" without {lexicon.article(thing.lacking)} {thing.lacking}"
    acts = [a for a in (f"carrying {thing.carrying}" if thing.carrying else "", thing.doing, thing.direction) if a]
    where = f" {thing.place.phrase}" if thing.place else ""
    if acts:
        return f"{head} {thing.be} {listing(acts)}{where}"
    return f"{head} {thing.be}{where or ' there'}"


def _pairs(rng: Random, thing: Thing) -> list[tuple[str, Value]]:
    kind = next((k for k in ("person", "animal", "vehicle") if thing.is_a(k)), "object")
    label = rng.choice((kind, kind, "subject", "object", "seen", "who" if kind == "person" else "what"))
    pairs: list[tuple[str, Value]] = [
        (
            label,
            f"{thing.size + ' ' if thing.size else ''}{thing.noun.one}"
            if thing.count == 1
            else f"{thing.count} {thing.noun.many}",
        )
    ]
    if thing.lacking and rng.random() < 0.4:
        pairs[0] = (
            rng.choice((label, "seen", "detected")),
            f"{pairs[0][1] if thing.count > 1 or rng.random() < 0.5 else f'1 {pairs[0][1]}'}, no {thing.lacking}",
        )
        if thing.colour:
            pairs.append(("colour", thing.colour))
    elif thing.colour:
        pairs.append((rng.choice(("colour", "color")), thing.colour))
    for colour, garment in thing.wearing:
        pairs.append(
            (garment.replace(" ", "_"), colour or "yes")
            if rng.random() < 0.6
            else ("wearing", f"{colour} {garment}".strip())
        )
    if thing.lacking and ", no " not in str(pairs[0][1]):
        pairs.append((thing.lacking.replace(" ", "_"), rng.choice(("no", "none", False))))
    if thing.carrying:
        pairs.append(("carrying", thing.carrying.split(" ", 1)[1] if rng.random() < 0.5 else thing.carrying))
    if thing.riding:
        pairs.append(("riding", thing.riding))
    if thing.doing:
        pairs.append((rng.choice(("action", "activity", "doing")), thing.doing))
    if thing.direction:
        pairs.append(
            ("direction", _direction_of(thing.direction)) if rng.random() < 0.6 else ("movement", thing.direction)
        )
    if thing.place:
        pairs.insert(
            rng.choice((0, len(pairs))),
            (rng.choice(("place", "location", "where", "area", "camera")), thing.place.plain),
        )
    return pairs


def _asks(thing: Thing) -> list[Ask]:
    where = thing.place.phrase if thing.place else ""
    asks: list[Ask] = [
        lambda r: exists_question(r, [thing], where),
        lambda r: exists_question(r, [thing], where),
        lambda r: count_question(r, [thing], where),
        lambda r: where_question(r, [thing], None),
        lambda r: colour_question(r, thing) if not thing.is_a("person") else what_question(r, [thing], where),
        lambda r: (
            doing_question(r, thing) if not thing.direction and not thing.carrying else what_question(r, [thing], where)
        ),
        lambda r: untold_question(r, thing),
        lambda r: what_question(r, [thing], where),
        lambda r: _direction_question(r, thing),
    ]
    if thing.is_a("person"):
        asks += [
            lambda r: _wearing_question(r, thing),
            lambda r: _wears_question(r, thing),
            lambda r: _garment_question(r, thing),
            lambda r: _carrying_question(r, thing),
            lambda r: alone_question(r, [thing]) or count_question(r, [thing], where),
        ]
    if thing.riding:
        asks.append(
            lambda r: Question(
                "riding",
                one_of(
                    r,
                    (
                        "What (is|was) {p} (riding|on)?",
                        "What does {p} ride?",
                        "On what is {p}?",
                        "Which vehicle does {p} use?",
                        "What kind of (vehicle|thing) is {p} on?",
                    ),
                    p=thing.the,
                ),
                f"{capital(lexicon.article(thing.riding))} {thing.riding}.",
                thing.noun.one,
            )
        )
    if thing.size:
        asks.append(lambda r: _size_question(r, thing))
    return asks


def _name(rng: Random, thing: Thing) -> tuple[str, str]:
    """How the question calls it, and the verb `be` for that."""
    if rng.random() < 0.35:
        return thing.pronoun, "are" if thing.pronoun == "they" else "is"
    if thing.is_a("person") and thing.count == 1 and rng.random() < 0.15:
        return rng.choice(("the person", "this person", "that person")), "is"
    return thing.the, thing.be


def _size_question(rng: Random, thing: Thing) -> Question:
    asked = thing.size if rng.random() < 0.5 else rng.choice(("tall", "old", "young", "small", "big"))
    opposite = {
        "tall": "short",
        "old": "young",
        "young": "old",
        "small": "big",
        "big": "small",
        "short": "tall",
        "elderly": "young",
    }
    if asked != thing.size and opposite.get(asked) != thing.size:
        asked = thing.size
    text = yes_no(rng, f"{thing.the} {thing.be} {asked}", f"{thing.be} {thing.the} {asked}")
    return Question(
        "is-size",
        text,
        f"{'Yes' if asked == thing.size else 'No'}, {thing.the} {thing.be} {thing.size}.",
        thing.noun.one,
    )


def _direction_question(rng: Random, thing: Thing) -> Question:
    who, be = _name(rng, thing)
    text = one_of(
        rng,
        (
            "(Which|What) (way|direction) {b} {p} (moving|going|heading|walking)[ in]?",
            "In (which|what) direction {b} {p} (moving|going|heading)?",
            "Which way {b} {p} (going|moving|headed)?",
            "Where {b} {p} (heading|going|headed)[ to]?",
            "(Tell me|Say) which way {p} {b} (moving|going).",
            "What is the direction[ of movement|]?",
            "which direction?",
        ),
        p=who,
        b=be,
    )
    return Question(
        "direction",
        text,
        f"{capital(_direction_of(thing.direction))}." if thing.direction else "Not stated.",
        thing.noun.one,
    )


def _garments(thing: Thing) -> str:
    return listing([f"{lexicon.article(f'{c} {g}'.strip())} {f'{c} {g}'.strip()}" for c, g in thing.wearing])


def _wearing_question(rng: Random, thing: Thing) -> Question:
    who, be = _name(rng, thing)
    text = one_of(
        rng,
        (
            "What {b} {p} wearing?",
            "What (clothes|clothing) {b} {p} wearing?",
            "What {v} {p} wear?",
            "How {b} {p} dressed?",
            "(Tell me|Describe) what {p} {b} wearing.",
            "What {v} {p} have on?",
            "Describe the clothes of {t}.",
        ),
        p=who,
        b=be,
        v="do" if be == "are" else "does",
        t=thing.the,
    )
    return Question(
        "wearing", text, f"{capital(_garments(thing))}." if thing.wearing else "Not stated.", thing.noun.one
    )


def _wears_question(rng: Random, thing: Thing) -> Question:
    who, be = _name(rng, thing)
    if thing.lacking and rng.random() < 0.6:
        garment = thing.lacking
    elif thing.wearing and rng.random() < 0.6:
        garment = rng.choice(thing.wearing)[1]
    else:
        garment = rng.choice(_GARMENTS)
    a = lexicon.article(garment)
    text = yes_no(rng, f"{who} {be} wearing {a} {garment}", f"{be} {who} wearing {a} {garment}")
    if rng.random() < 0.25:
        text = one_of(
            rng,
            (
                "{D} {p} (have|wear) {a} {g}[ on]?",
                "Any {g}?",
                "Is {a} {g} (worn|being worn)?",
                "{D} {p} have (any|a) {g}?",
                "{D} {p} have {a} {g} on?",
            ),
            D="Do" if be == "are" else "Does",
            p=who,
            a=a,
            g=garment,
        )
    worn = next((f"{c} {g}".strip() for c, g in thing.wearing if g == garment), "")
    has = "has" if thing.count == 1 else "have"
    if worn:
        return Question("wears", text, f"Yes, {thing.the} {has} {lexicon.article(worn)} {worn}.", garment)
    if garment == thing.lacking:
        return Question("wears", text, f"No, {thing.the} {has} no {garment}.", garment)
    return Question("wears", text, "Not stated.", garment)


def _garment_question(rng: Random, thing: Thing) -> Question:
    told = [(c, g) for c, g in thing.wearing if c]
    colour, garment = rng.choice(told) if told and rng.random() < 0.8 else ("", rng.choice(_GARMENTS))
    if not colour and any(g == garment and c for c, g in thing.wearing):
        colour = next(c for c, g in thing.wearing if g == garment)
    of = (
        f"the {garment}" if rng.random() < 0.7 else f"{thing.the}'s {garment}" if thing.count == 1 else f"the {garment}"
    )
    if rng.random() < 0.7:
        text = one_of(
            rng,
            (
                "What colou?r is {o}?".replace("colou?r", rng.choice(("colour", "color"))),
                "(What|Which) (colour|color) is {o}?",
                "What is the (colour|color) of {o}?",
                "Which (colour|color) does {o} have?",
                "(Tell me|Give me) the (colour|color) of {o}.",
            ),
            o=of,
        )
        return Question("garment-colour", text, f"{capital(colour)}." if colour else "Not stated.", garment)
    asked = colour if colour and rng.random() < 0.5 else rng.choice(lexicon.COLOURS)
    text = yes_no(rng, f"{of} is {asked}", f"is {of} {asked}")
    return Question(
        "is-garment-colour",
        text,
        f"{'Yes' if asked == colour else 'No'}, the {garment} is {colour}." if colour else "Not stated.",
        garment,
    )


def _carrying_question(rng: Random, thing: Thing) -> Question:
    who, be = _name(rng, thing)
    has = "has" if thing.count == 1 else "have"
    roll = rng.random()
    if roll < 0.5:
        text = one_of(
            rng,
            (
                "What {b} {p} (carrying|holding)?",
                "What {v} {p} (carry|have with them|hold|have in hand)?",
                "What (object|item|thing) {b} {p} carrying?",
                "(Tell me|Say) what {p} {b} carrying.",
                "What {b} in the hands of {t}?",
                "what do they carry?",
            ),
            p=who,
            b=be,
            v="do" if be == "are" else "does",
            t=thing.the,
        )
        return Question(
            "carrying", text, f"{capital(thing.carrying)}." if thing.carrying else "Not stated.", thing.noun.one
        )
    if roll < 0.75 and thing.carrying:
        item = thing.carrying.split(" ", 1)[1]
        text = one_of(
            rng,
            (
                "What (colour|color) is the {i}?",
                "How heavy is the {i}?",
                "What is in the {i}?",
                "Who owns the {i}?",
                "What is the (colour|color) of the {i}?",
                "How big is the {i}?",
                "Is the {i} (heavy|full|new|locked|empty)?",
                "Where did the {i} come from?",
            ),
            i=item,
        )
        told = (
            [w for w in ("black", "brown") if item.startswith(w)]
            if "colo" in text.lower()
            else [w for w in ("heavy",) if item.startswith(w) and "heavy" in text and text.startswith("Is")]
        )
        if told or item.startswith(("large", "small", "heavy", "black", "brown")):
            return (
                Question("carries", text, f"{capital(told[0])}.", item)
                if told and "colo" in text.lower()
                else _carries(rng, thing, who, be, has)
            )
        return Question("carried", text, "Not stated.", item)
    return _carries(rng, thing, who, be, has)


def _carries(rng: Random, thing: Thing, who: str, be: str, has: str) -> Question:
    item = (
        thing.carrying
        if thing.carrying and rng.random() < 0.6
        else f"{(o := rng.choice(lexicon.OBJECTS)).article} {o.one}"
    )
    text = yes_no(rng, f"{who} {be} carrying {item}", f"{be} {who} carrying {item}")
    if rng.random() < 0.2:
        text = one_of(
            rng,
            ("{D} {p} have {i}[ with them]?", "{D} {p} carry {i}?"),
            D="Do" if be == "are" else "Does",
            p=who,
            i=item,
        )
    if not thing.carrying:
        return Question("carries", text, "Not stated.", item)
    return Question(
        "carries", text, f"{'Yes' if item == thing.carrying else 'No'}, {thing.the} {has} {thing.carrying}.", item
    )


def _fields(rng: Random, thing: Thing) -> list[Field]:
    one = thing.noun.one.replace(" ", "_").replace("-", "_")
    kind = next((k for k in ("person", "animal", "vehicle") if thing.is_a(k)), "object")
    fields = [
        Field(
            (kind, kind, "subject", "what" if kind != "person" else "who", f"{kind}_type", "type"),
            "string",
            thing.noun.one,
        ),
        Field(
            (
                f"{lexicon.HYPERNYMS.get(kind, (('object', 'objects'),))[0][1]}",
                thing.noun.many.replace(" ", "_"),
                "count",
                f"number_of_{thing.noun.many.replace(' ', '_')}",
            ),
            "integer",
            thing.count,
        ),
        Field((one, f"has_{one}", f"{one}_present"), "boolean", True),
    ]
    if thing.colour:
        fields.append(Field(("colour", "color", f"{one}_colour", f"{kind}_colour"), "string", thing.colour))
    for colour, garment in thing.wearing:
        snake = garment.replace(" ", "_")
        if colour:
            keys = [f"{snake}_colour", f"{snake}_color", snake]
            keys += ["clothing_colour", "clothes_colour"] if len(thing.wearing) == 1 else []
            fields.append(Field(tuple(keys), "string", colour))
        fields.append(Field((f"{snake}", f"has_{snake}", f"wearing_{snake}", f"wears_{snake}"), "boolean", True))
    if len(thing.wearing) == 1:
        fields.append(
            Field(("clothing", "wearing", "garment"), "string", f"{thing.wearing[0][0]} {thing.wearing[0][1]}".strip())
        )
    if thing.lacking:
        fields.append(
            Field(
                (
                    thing.lacking.replace(" ", "_"),
                    f"has_{thing.lacking.replace(' ', '_')}",
                    f"wearing_{thing.lacking.replace(' ', '_')}",
                ),
                "boolean",
                False,
            )
        )
    if thing.carrying:
        fields.append(
            Field(
                ("carrying", "item", "carried_object", "holding", "carries"), "string", thing.carrying.split(" ", 1)[1]
            )
        )
        fields.append(Field(("carrying_something", "is_carrying", "carrying_item"), "boolean", True))
    if thing.doing:
        fields.append(Field(("action", "activity", "doing"), "string", thing.doing))
    if thing.direction:
        fields.append(
            Field(("direction", "direction", "moving_direction", "heading"), "string", _direction_of(thing.direction))
        )
    if thing.riding:
        fields.append(Field(("riding", "rides", "on"), "string", thing.riding))
    if thing.place:
        fields.append(Field(("place", "location", "place", "where"), "string", thing.place.name))
    del rng
    return fields


# Things in their places ---------------------------------------------------------------------------

_VERBS = (
    "{b}",
    "{b}",
    "{b}",
    "stand{s}",
    "{b} parked",
    "lie{s}",
    "{b} standing",
    "{b} lying",
    "can be seen",
    "wait{s}",
    "rest{s}",
    "lean{s}",
    "{b} left",
    "sit{s}",
)


def placements_piece(rng: Random) -> Piece:
    """Two to four things, each in its own place: `a ladder by the shed, two cats on the roof`."""
    things = distinct_things(rng, rng.choice((2, 2, 3, 3, 4)))
    names: set[str] = set()
    numbered = rng.random() < 0.25
    same = rng.random() < 0.3
    for k, thing in enumerate(things):
        if same and k:  # the same thing in several colours
            thing.noun, thing.count, thing.size = things[0].noun, things[0].count, ""
        if same or rng.random() < 0.15:
            thing.colour = rng.choice([c for c in lexicon.COLOURS[:12] if all(c != o.colour for o in things)])
        place = lexicon.place(rng)
        while place.name in names or (numbered and place.the):
            place = lexicon.place(rng)
        names.add(place.name)
        thing.place = place
        if rng.random() < 0.15:
            thing.doing = doing_for(rng, thing.noun)
            if thing.doing.startswith(("carrying", "getting", "blocking")):
                thing.doing = ""
    verb = rng.choice(_VERBS)
    sentence_like = rng.random() < 0.5

    def one(thing: Thing) -> str:
        act = thing.doing or (
            say(rng, verb.replace("{s}", "s" if thing.count == 1 else ""), b=thing.be) if sentence_like else ""
        )
        if thing.doing and sentence_like:
            act = f"{thing.be} {thing.doing}"
        return " ".join(w for w in (thing.phrase, act, thing.place.phrase if thing.place else "") if w)

    fragment = rng.choice((", ", ", ", "; ", " and ")).join(one(t) for t in things)
    clause = listing(
        [f"{t.phrase} {t.be} {t.doing + ' ' if t.doing else ''}{t.place.phrase if t.place else ''}" for t in things]
    )
    pairs: list[tuple[str, Value]] = [
        (
            f"{t.adjectives}{t.noun.one if t.count == 1 else t.noun.many}",
            f"{t.count if t.count > 1 else ''}{', ' if t.count > 1 else ''}{t.place.phrase if t.place else ''}",
        )
        for t in things
    ]
    if rng.random() < 0.4:
        pairs = [(t.place.plain if t.place else "", f"{t.phrase} {t.doing}".strip()) for t in things]
    piece = Piece(
        fragment,
        capital(clause) + ".",
        pairs,
        clause,
        "main",
        frozenset({"things", "place", *(w for t in things for w in (t.noun.one, t.noun.many))}),
    )
    if same:
        piece.asks = [
            lambda r: _where_coloured(r, things),
            lambda r: _where_coloured(r, things),
            lambda r: _at_question(r, things),
            lambda r: _colour_at(r, things),
        ]
        for t in things:
            snake = f"{t.colour}_{t.noun.one}".replace(" ", "_")
            if t.place:
                word, _, label = t.place.name.partition(" ")
                piece.fields.append(
                    Field((f"{t.colour}_{word}".replace(" ", "_"), f"{snake}_{word}"), "integer", int(label))
                    if not t.place.the and label.isdigit()
                    else Field(
                        (f"{snake}_place", f"{snake}_location", f"{t.colour}_place".replace(" ", "_")),
                        "string",
                        t.place.name,
                    )
                )
        return piece
    piece.asks = [
        lambda r: where_question(r, things, None),
        lambda r: where_question(r, things, None),
        lambda r: where_question(r, things, None),
        lambda r: _at_question(r, things),
        lambda r: _at_question(r, things),
        lambda r: _is_at_question(r, things),
        lambda r: _is_at_question(r, things),
        lambda r: exists_question(r, things, ""),
        lambda r: count_question(r, things, ""),
        lambda r: doing_question(r, r.choice(things)),
        lambda r: colour_question(r, r.choice(things)),
        lambda r: untold_question(r, r.choice(things)),
    ]
    for t in things:
        snake = t.noun.one.replace(" ", "_").replace("-", "_")
        if t.place:
            word, _, label = t.place.name.partition(" ")
            if not t.place.the and label.isdigit():
                keys = (
                    f"{snake}_{word}",
                    f"{word}_of_{snake}",
                    f"{snake}_{word}_number",
                    *((f"{t.colour}_{word}".replace(" ", "_"),) * 3 if t.colour else ()),
                )
                piece.fields += [Field(keys, "integer", int(label))] * 3
            piece.fields.append(
                Field(
                    (f"{snake}_place", f"{snake}_location", f"where_{snake}", f"place_of_{snake}"),
                    "string",
                    t.place.name,
                )
            )
        piece.fields.append(
            Field(
                (t.noun.many.replace(" ", "_"), f"{snake}_count", f"number_of_{t.noun.many.replace(' ', '_')}"),
                "integer",
                t.count,
            )
        )
        piece.fields.append(Field((snake, f"has_{snake}", f"{snake}_present"), "boolean", True))
    return piece


def _where_coloured(rng: Random, things: list[Thing]) -> Question:
    thing = rng.choice(things)
    name = f"the {thing.colour} {thing.word}" if rng.random() < 0.75 or thing.count > 1 else f"the {thing.colour} one"
    text = one_of(
        rng,
        (
            "Where {b} {t}?",
            "Where {b} {t}?",
            "(Tell me|Say) where {t} {b}.",
            "(What|Which) place {b} {t} at?",
            "Where can I find {t}?",
            "{T}, where?",
            "Where was {t} seen?" if thing.count == 1 else "Where were {t} seen?",
        ),
        b=thing.be,
        t=name,
        T=capital(name),
    )
    return Question("where", text, f"{capital(thing.place.phrase)}." if thing.place else "Not stated.", thing.noun.one)


def _colour_at(rng: Random, things: list[Thing]) -> Question:
    thing = rng.choice(things)
    where = thing.place.phrase if thing.place else ""
    text = one_of(
        rng,
        (
            "(What|Which) (colour|color) {b} the {n} {w}?",
            "What is the (colour|color) of the {n} {w}?",
            "Which {o} is {w}?",
        ),
        b=thing.be,
        n=thing.word,
        w=where,
        o=thing.noun.one,
    )
    return Question(
        "colour-at",
        text,
        f"{capital(thing.colour)}."
        if "olo" in text
        else f"The {thing.colour} {'one' if thing.count == 1 else 'ones'}.",
        thing.noun.one,
    )


def _at_question(rng: Random, things: list[Thing]) -> Question:
    thing = rng.choice(things)
    place: Place = thing.place or lexicon.place(rng)
    hits = [t for t in things if t.place is place]
    text = one_of(
        rng,
        (
            "(What|Who) (is|was) {w}?" if thing.is_a("person") else "What (is|was) {w}?",
            "What do you see {w}?",
            "What can be seen {w}?",
            "What (stands|is found|is there) {w}?",
            "(Tell me|Say) what is {w}.",
            "Which (thing|one) is {w}?",
            "{W}: what is there?",
        ),
        w=place.phrase,
        W=capital(place.phrase),
    )
    return Question("at", text, f"{capital(listing([t.phrase for t in hits]))}.", place.name)


def _is_at_question(rng: Random, things: list[Thing]) -> Question:
    thing = rng.choice(things)
    asked = thing.place if rng.random() < 0.5 else rng.choice(things).place
    if asked is None or thing.place is None:
        return _at_question(rng, things)
    text = yes_no(rng, f"{thing.the} {thing.be} {asked.phrase}", f"{thing.be} {thing.the} {asked.phrase}")
    return Question(
        "is-at",
        text,
        f"{'Yes' if asked is thing.place else 'No'}, {thing.the} {thing.be} {thing.place.phrase}.",
        thing.noun.one,
    )


def named_piece(rng: Random) -> Piece:
    """People by name at a place, doing something."""
    names: list[str] = []
    while len(names) < rng.choice((1, 1, 2, 2, 3)):
        name = lexicon.person_name(rng)
        if all(name.split()[-1] not in n and name.split()[0] not in n for n in names):
            names.append(name)
    place = lexicon.place(rng)
    be = "is" if len(names) == 1 else "are"
    doing = rng.choice(lexicon.PERSON_DOING) if rng.random() < 0.4 else ""
    who = listing(names)
    clause = f"{who} {be} {doing + ' ' if doing else ''}{place.phrase}"
    fragment = say(
        rng, "({w} {p}|{w} {p}|{w} {b} {p}|{w} seen {p}|{w}, {p})", w=f"{who} {doing}".strip(), p=place.phrase, b=be
    )
    if doing and " is doing" in fragment:
        fragment = clause
    label = "person" if len(names) == 1 else "people"
    pairs: list[tuple[str, Value]] = [
        (
            rng.choice((label, "who", "name" if len(names) == 1 else "names")),
            names if rng.random() < 0.4 and len(names) > 1 else who,
        ),
        (rng.choice(("place", "location", "where")), place.plain),
    ]
    if doing:
        pairs.append(("action", doing))
    piece = Piece(
        fragment,
        capital(clause) + ".",
        pairs,
        clause,
        "main",
        frozenset({"things", "place", "names", "person", "people"}),
    )
    one = rng.choice(names)

    def who_question(r: Random) -> Question:
        return Question(
            "who",
            one_of(
                r,
                (
                    "Who (is|was) {p}?",
                    "Who (is|was) {p}?",
                    "Who (is|was) (there|seen|it)?",
                    "Who did the camera see?",
                    "What (is|are) the name[s] of the (person|people)[ {p}]?",
                    "(Tell me|Give me) the name[s].",
                    "Who do you see {p}?",
                    "who?",
                    "Which (person|people) (is|are) {p}?",
                    "Can you name the (person|people) {p}?",
                ),
                p=place.phrase,
            ),
            f"{who}.",
            place.name,
        )

    def is_there(r: Random) -> Question:
        other = lexicon.person_name(r)
        asked = one if r.random() < 0.5 or other in names else other
        answer = f"Yes, {asked} is {place.phrase}." if asked in names else f"No, only {who} {be} {place.phrase}."
        return Question(
            "is-there",
            yes_no(r, f"{asked} is {place.phrase}", f"is {asked} {place.phrase}")
            if r.random() < 0.7
            else one_of(
                r,
                (
                    "Is {n} there?",
                    "Did the camera see {n}?",
                    "Was {n} seen?",
                    "Do you see {n}?",
                    "Is {n} in the picture?",
                ),
                n=asked,
            ),
            answer,
            "name",
        )

    def where(r: Random) -> Question:
        return Question(
            "where",
            one_of(
                r,
                (
                    "Where is {n}?",
                    "Where can I find {n}?",
                    "(Tell me|Say) where {n} is.",
                    "Where was {n} seen?",
                    "Where is {n} (now|right now)?",
                ),
                n=one,
            ),
            f"{capital(place.phrase)}.",
            "name",
        )

    def act(r: Random) -> Question:
        return Question(
            "doing",
            one_of(
                r,
                ("What is {n} doing?", "What does {n} do?", "(Tell me|Say) what {n} is doing.", "What is {n} up to?"),
                n=one,
            ),
            f"{capital(who if doing else '')} {be} {doing}." if doing else "Not stated.",
            "name",
        )

    def untold(r: Random) -> Question:
        return Question(
            "untold",
            one_of(
                r,
                (
                    "How old is {n}?",
                    "What is {n} wearing?",
                    "Where does {n} live?",
                    "What is the (job|phone number|last name|age|badge number) of {n}?",
                    "Why is {n} there?",
                    "Is {n} (ill|married|a doctor|angry|late|allowed to be there)?",
                    "When did {n} (arrive|leave|come)?",
                    "Who came with {n}?",
                    "How tall is {n}?",
                    "What is {n} carrying?"
                    if not doing.startswith(("carrying", "holding", "pushing"))
                    else "How old is {n}?",
                ),
                n=one,
            ),
            "Not stated.",
            "name",
        )

    def count(r: Random) -> Question:
        noun = lexicon.PERSON
        from language import number  # noqa: PLC0415

        return Question(
            "count",
            one_of(
                r,
                (
                    "How many people are there[ {p}]?",
                    "How many people (are mentioned|were seen|can be seen)?",
                    "How many persons?",
                    "(Count|Number of) people?",
                ),
                p=place.phrase,
            ),
            f"{capital(number(len(names)))} {noun.one if len(names) == 1 else noun.many}.",
            "name",
        )

    piece.asks = [who_question, who_question, is_there, is_there, where, where, act, untold, count]
    piece.fields = [
        Field(
            ("name", "person", "who", "person_name") if len(names) == 1 else ("names", "people", "who"),
            "string",
            names[0],
        )
        if len(names) == 1
        else Field(("people", "number_of_people", "person_count"), "integer", len(names)),
        Field(("place", "location", "where"), "string", place.name),
    ]
    if doing:
        piece.fields.append(Field(("action", "activity", "doing"), "string", doing))
    return piece


def noun_of(thing: Thing) -> Noun:
    """The noun of a thing."""
    return thing.noun


__all__ = ["named_piece", "placements_piece", "subject_piece", "there"]
