# ruff: noqa: C901, E501, FBT003, PERF401, PLR2004 - phrase tables and the shares of a random choice are data
"""Things in the picture: people, animals, vehicles and objects, how many, where, and what they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import lexicon
from language import capital, listing, number, one_of, say
from pieces import Ask, Field, Piece, Question, Value, key, yes_no

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from lexicon import Noun, Place


@dataclass(slots=True)
class Thing:
    """Some things of one kind."""

    noun: Noun
    count: int
    colour: str = ""
    size: str = ""
    doing: str = ""
    place: Place | None = None
    wearing: list[tuple[str, str]] = field(default_factory=list)  # colour or "", garment
    lacking: str = ""
    carrying: str = ""
    riding: str = ""
    direction: str = ""

    @property
    def word(self) -> str:
        """The noun in its number."""
        return self.noun.one if self.count == 1 else self.noun.many

    @property
    def adjectives(self) -> str:
        """`big red `, or nothing."""
        return "".join(f"{a} " for a in (self.size, self.colour) if a)

    @property
    def phrase(self) -> str:
        """`a red car`, `two people`."""
        bare = f"{self.adjectives}{self.word}"
        return f"{lexicon.article(bare)} {bare}" if self.count == 1 else f"{number(self.count)} {bare}"

    @property
    def the(self) -> str:
        """`the car`."""
        return f"the {self.word}"

    @property
    def be(self) -> str:
        """`is` or `are`."""
        return "is" if self.count == 1 else "are"

    @property
    def pronoun(self) -> str:
        """`he`, `she`, `it` or `they`."""
        if self.count != 1:
            return "they"
        kinds = self.noun.kinds
        if "person" not in kinds:
            return "it"
        if kinds & {"man", "boy"}:
            return "he"
        return "she" if kinds & {"woman", "girl"} else "they"

    def is_a(self, kind: str) -> bool:
        """Whether it falls under a kind."""
        return kind in self.noun.kinds


def _colour_for(rng: Random, noun: Noun) -> str:
    if noun.kinds & {"vehicle", "object"} or (noun.kinds & {"animal"} and rng.random() < 0.7):
        return rng.choice(lexicon.COLOURS)
    return ""


def make_thing(rng: Random, noun: Noun | None = None) -> Thing:
    """A thing with a count, now and then with a colour or a size."""
    noun = noun or lexicon.noun(rng)
    roll = rng.random()
    count = (
        1
        if roll < 0.5
        else rng.randint(2, 5)
        if roll < 0.85
        else rng.randint(2, 14)
        if roll < 0.96
        else rng.randint(15, 250)
    )
    thing = Thing(noun, count)
    if rng.random() < 0.22:
        thing.colour = _colour_for(rng, noun)
    if rng.random() < 0.08:
        thing.size = (
            rng.choice(lexicon.SIZES)
            if not noun.kinds & {"person"}
            else rng.choice(("tall", "old", "young", "elderly", "short"))
        )
        if thing.size == noun.one.split(" ")[0]:
            thing.size = ""
    return thing


def doing_for(rng: Random, noun: Noun) -> str:
    """Something that a thing of this kind may do."""
    if noun.kinds & {"person"}:
        return rng.choice(lexicon.PERSON_DOING)
    if noun.kinds & {"animal"}:
        return rng.choice(lexicon.ANIMAL_DOING)
    if noun.kinds & {"vehicle"}:
        return rng.choice(lexicon.VEHICLE_DOING)
    return rng.choice(lexicon.OBJECT_DOING)


def distinct_things(rng: Random, how_many: int) -> list[Thing]:
    """Things of different kinds, none of which could be taken for another by name."""
    things: list[Thing] = []
    while len(things) < how_many:
        thing = make_thing(rng)
        one = thing.noun.one
        if any(
            one == o.noun.one
            or one in o.noun.kinds
            or o.noun.one in thing.noun.kinds
            or one in o.noun.one
            or o.noun.one in one
            for o in things
        ):
            continue
        things.append(thing)
    return things


# What is there ------------------------------------------------------------------------------------


def total(things: Sequence[Thing]) -> int:
    """How many in all."""
    return sum(t.count for t in things)


def there(things: Sequence[Thing], only: str = "") -> str:
    """`there is only a dog`."""
    be = things[0].be if len(things) == 1 else "are"
    return f"there {be} {only}{listing([t.phrase for t in things])}"


def _no_reason(rng: Random, things: Sequence[Thing], asked: str) -> str:
    present = [t for t in things if t.count]
    if not present:
        return f"No, there {'are' if asked.startswith('no ') else 'is'} {asked if asked.startswith('no ') else 'no ' + asked}."
    if len(present) > 3:
        return f"No, there is no {asked}."
    del rng
    return f"No, {there(present, 'only ')}."


def exists_question(rng: Random, things: Sequence[Thing], where: str) -> Question:
    """Is there such a thing: by its name, by what it is called otherwise, by its kind; or something else."""
    present = [t for t in things if t.count]
    roll = rng.random()
    if things and roll < 0.6:
        thing = rng.choice(things)
        kinds = [k for k in thing.noun.kinds if k in lexicon.HYPERNYMS and k != thing.noun.one]
        if kinds and rng.random() < 0.6:
            kind = rng.choice(sorted(kinds))
            one, many = rng.choice(lexicon.HYPERNYMS[kind])
            hits = [t for t in things if t.is_a(kind)]
        else:
            one, many = (
                lexicon.SYNONYMS[thing.noun.one]
                if thing.noun.one in lexicon.SYNONYMS and rng.random() < 0.3
                else (thing.noun.one, thing.noun.many)
            )
            hits = [thing]
            kind = thing.noun.one
    elif roll < 0.85:
        kind = rng.choice(list(lexicon.HYPERNYMS))
        one, many = rng.choice(lexicon.HYPERNYMS[kind])
        hits = [t for t in things if t.is_a(kind)]
    else:
        other = lexicon.noun(rng)
        kind, one, many = other.one, other.one, other.many
        hits = [t for t in things if other.one in t.noun.kinds or t.noun.one == other.one]
        if not hits and _may_be(other, present):
            return Question("exists", _exists_text(rng, one, many, where), "Not stated.", one)
    if (
        not hits
        and kind in lexicon.HYPERNYMS
        and any(t.noun is lexicon.GENERIC.get(t.noun.one) and kind in _BELOW.get(t.noun.one, ()) for t in present)
    ):
        return Question("exists", _exists_text(rng, one, many, where), "Not stated.", one)
    found = [t for t in hits if t.count]
    if kind == "person" and rng.random() < 0.5:
        text = _anyone_text(rng, where)
        answer = f"Yes, {there(found)}." if found else _no_reason(rng, things, "one")
        return Question("exists", text, answer.replace("there is no one", "nobody is there"), "person")
    answer = f"Yes, {there(found)}." if found else _no_reason(rng, things, one)
    return Question("exists", _exists_text(rng, one, many, where), answer, one)


_BELOW = {
    "person": ("child", "worker"),
    "animal": ("pet", "bird", "dog", "cat", "livestock", "mammal", "reptile"),
    "vehicle": ("car", "truck", "bike", "motorbike", "boat", "motor"),
    "bird": (),
}


def _may_be(asked: Noun, present: Sequence[Thing]) -> bool:
    """Whether a present thing could be the asked one under a vaguer name."""
    if asked.kinds & {"person"}:
        return any(t.is_a("person") for t in present)
    return any(t.noun.one in asked.kinds for t in present)


_EXISTS = (
    "is there (a|any) {one}?",
    "Is there {a} {one}[ {w}]?",
    "Is there {a} {one}[ {w}]?",
    "Is there {a} {one}[ {w}]?",
    "Are there any {many}[ {w}]?",
    "Are there {many}[ {w}]?",
    "Any {many}[ {w}]?",
    "Do you see {a} {one}[ {w}]?",
    "Do you see any {many}?",
    "(Can|Could) you (see|spot|make out) (any {many}|{a} {one})?",
    "(Tell me|Say|Check|Let me know|Decide) (if|whether) there is {a} {one}[ {w}].",
    "(Tell me|Say|Check) (if|whether) there are any {many}[ {w}].",
    "Does the (camera|scene|picture|image|frame|report) (show|contain|include|mention) (any {many}|{a} {one})?",
    "(Is|Was) {a} {one} (visible|present|seen|detected|there|in view|in the picture|in sight|around|mentioned|in the scene|on camera)?",
    "Was there {a} {one}?",
    "Were there any {many}?",
    "Did the camera (see|detect|catch|spot|record|notice) (any {many}|{a} {one})?",
    "I (want|need) to know (if|whether) there is {a} {one}.",
    "{a} {one}?",
    "Has {a} {one} been (seen|detected|spotted)?",
    "Have any {many} been (seen|detected|spotted)?",
    "Is at least one {one} (there|visible|present)?",
    "Do we have (any {many}|{a} {one})[ {w}]?",
    "is any {one} to be seen?",
    "Can {a} {one} be seen[ {w}]?",
    "any sign of {a} {one}?",
    "Is one of them {a} {one}?",
    "Any {one} in (the picture|view|sight)?",
    "anything like {a} {one}?",
    "Does anything there count as {a} {one}?",
    "Is {a} {one} among them?",
    "Is there some kind of {one}[ {w}]?",
    "Should I expect {a} {one}[ {w}]?",
    "Did any {one} show up?",
    "Is there so much as one {one}?",
    "Can we see {many}?",
    "yes or no: is there {a} {one}?",
    "Is there {a} {one} or not?",
    "is there {a} {one}, (yes or no|please)?",
    "do the facts mention {a} {one}?",
    "Was any {one} (noticed|recorded|reported)?",
)
_ANYONE = (
    "Is (anyone|anybody|someone|somebody) there?",
    "Is (anyone|anybody|someone|somebody) (there|{w}|around|present|in view|in the picture|to be seen|visible)?",
    "Can you see (anyone|anybody)?",
    "Is there (anyone|anybody)[ {w}]?",
    "anybody (there|{w})?",
    "anyone (there|{w}|around)?",
    "Do you see (anyone|anybody|somebody)?",
    "Is the place deserted or is (someone|somebody) there?",
    "Did the camera see (anyone|anybody)?",
    "Was (anyone|anybody|someone) (seen|there|detected|around)?",
    "Are there (any |)(people|persons|humans)[ {w}]?",
    "Is a (person|human) (there|visible|present|in view)?",
    "Is anyone (in|at home|in the picture|on site)? I mean a person",
    "Does somebody appear in the picture?",
    "Any people[ {w}]?",
    "Any humans (around|there)?",
    "is someone standing (there|{w})?",
    "Have you seen anyone?",
)


def _exists_text(rng: Random, one: str, many: str, where: str) -> str:
    text = one_of(rng, _EXISTS, one=one, many=many, a=lexicon.article(one), w=where or "there")
    return capital(text) if rng.random() < 0.7 else text


def _anyone_text(rng: Random, where: str) -> str:
    return one_of(rng, _ANYONE, w=where or "there")


def count_question(rng: Random, things: Sequence[Thing], where: str) -> Question:
    """How many of one thing, of a kind, or in all."""
    present = [t for t in things if t.count]
    roll = rng.random()
    if present and roll < 0.5:
        thing = rng.choice(things)
        many = (
            lexicon.SYNONYMS[thing.noun.one][1]
            if thing.noun.one in lexicon.SYNONYMS and rng.random() < 0.25
            else thing.noun.many
        )
        if thing.colour and rng.random() < 0.4:
            many = f"{thing.colour} {many}"
        hits = [thing]
        shown = thing
    elif roll < 0.85 or not present:
        kinds = [k for t in present for k in t.noun.kinds if k in lexicon.HYPERNYMS]
        kind = rng.choice(sorted(kinds)) if kinds and rng.random() < 0.85 else rng.choice(list(lexicon.HYPERNYMS))
        _, many = rng.choice(lexicon.HYPERNYMS[kind])
        hits = [t for t in things if t.is_a(kind)]
        generic = lexicon.Noun(*lexicon.HYPERNYMS[kind][0], frozenset())
        shown = Thing(generic, total(hits))
        if len([t for t in hits if t.count]) == 1:
            shown = next(t for t in hits if t.count)
        if not hits and any(
            t.noun is lexicon.GENERIC.get(t.noun.one) and kind in _BELOW.get(t.noun.one, ()) for t in present
        ):
            return Question("count", _count_text(rng, many, where), "Not stated.", many)
    else:
        kinds_all = set.intersection(*(set(t.noun.kinds) for t in present))
        word = (
            "people"
            if "person" in kinds_all
            else "animals"
            if "animal" in kinds_all
            else "vehicles"
            if "vehicle" in kinds_all
            else rng.choice(("things", "objects", "items"))
        )
        one = {
            "people": "person",
            "animals": "animal",
            "vehicles": "vehicle",
            "things": "thing",
            "objects": "object",
            "items": "item",
        }[word]
        shown = Thing(lexicon.Noun(one, word, frozenset()), total(present))
        text = one_of(
            rng,
            (
                "How many {m} are (there|listed|mentioned|visible)[ in (all|total)| altogether]?",
                "How many {m} altogether?",
                "What is the total number of {m}?",
                "Count (all the|the) {m}.",
                "(What is|Give me) the total[ count]?",
                "How many {m} in (total|all)?",
                "Altogether how many {m}?",
            ),
            m=word,
        )
        return Question(
            "count-all",
            text,
            f"{capital(shown.phrase.replace('a ', 'one ', 1) if shown.count == 1 and shown.phrase.startswith('a ') else shown.phrase.replace('an ', 'one ', 1) if shown.count == 1 else shown.phrase)}.",
            word,
        )
    sum_of = total(hits)
    if sum_of == 0:
        return Question("count", _count_text(rng, many, where), "None.", many)
    bare = f"{shown.adjectives}{shown.word}"
    return Question("count", _count_text(rng, many, where), f"{capital(number(sum_of))} {bare}.", many)


_COUNT = (
    "How many {m}?",
    "How many {m}[ are there| are {w}| can you see| do you see| were seen| are visible| are mentioned| are present| were counted| did the camera see|]?",
    "How many {m} are there[ {w}|]?",
    "How many {m} are there[ {w}]?",
    "how many {m}",
    "What is the number of {m}[ {w}]?",
    "(Count|Please count) the {m}.",
    "(Give me|Tell me|State) the number of {m}.",
    "Number of {m}?",
    "How many {m} (did you count|have been counted|are on camera|are in view|are in the picture|in total|altogether|do we have|have we got)?",
    "What's the count of {m}?",
    "{m}: how many?",
    "(Tell me|Say) how many {m} (there are|are {w}|you see).",
    "Can you count the {m}[ for me]?",
    "how many {m} does the camera (see|show|report)?",
    "I need the (number|count) of {m}.",
    "How many {m} is that?",
    "{m} count?",
    "Do you know how many {m} are {w}?",
)


def _count_text(rng: Random, many: str, where: str) -> str:
    return (
        capital(one_of(rng, _COUNT, m=many, w=where or "there"))
        if rng.random() < 0.75
        else one_of(rng, _COUNT, m=many, w=where or "there")
    )


def amount_question(rng: Random, things: Sequence[Thing], where: str) -> Question:
    """More or fewer than a number, or than another thing."""
    thing = rng.choice(things)
    others = [t for t in things if t is not thing]
    name = thing.noun.many
    if others and rng.random() < 0.5:
        other = rng.choice(others)
        more = rng.random() < 0.6
        word = "more" if more else "fewer"
        if rng.random() < 0.4:
            text = one_of(
                rng,
                (
                    "(What|Which) (is|are) there {x} of, {a} or {b}?",
                    "Are there {x} {a} or {x} {b}?",
                    "Which (group|kind) is {y}, {a} or {b}?",
                    "{X}: {a} or {b}?",
                ),
                x=word,
                X=capital(word),
                y="larger" if more else "smaller",
                a=name,
                b=other.noun.many,
            )
            if thing.count == other.count:
                return Question("amount", text, f"Neither, there {thing.be} {thing.phrase} and {other.phrase}.", name)
            win = max(thing, other, key=lambda t: t.count if more else -t.count)
            return Question("amount", text, f"{capital(win.noun.many)}.", name)
        statement = f"there are {word} {name} than {other.noun.many}"
        truth = thing.count > other.count if more else thing.count < other.count
        return Question(
            "amount",
            yes_no(rng, statement, statement.replace("there are", "are there")),
            f"{'Yes' if truth else 'No'}, {there([thing, other])}.",
            name,
        )
    limit = max(0, thing.count + rng.choice((-3, -2, -1, -1, 0, 0, 1, 1, 2, 4)))
    shown = number(limit) if rng.random() < 0.5 else str(limit)
    word, truth = rng.choice(
        (
            ("more than", thing.count > limit),
            ("over", thing.count > limit),
            ("fewer than", thing.count < limit),
            ("less than", thing.count < limit),
            ("at least", thing.count >= limit),
            ("exactly", thing.count == limit),
            ("at most", thing.count <= limit),
        )
    )
    statement = f"there are {word} {shown} {name}" + (f" {where}" if where and rng.random() < 0.5 else "")
    text = yes_no(rng, statement, statement.replace("there are", "are there", 1))
    if rng.random() < 0.2:
        text = one_of(
            rng,
            ("Do we have {s}?", "Do you see {s}?", "{S}?", "Did the camera count {s}?"),
            s=f"{word} {shown} {name}",
            S=capital(f"{word} {shown} {name}"),
        )
    return Question("amount", text, f"{'Yes' if truth else 'No'}, {there([thing])}.", name)


def what_question(rng: Random, things: Sequence[Thing], where: str) -> Question:
    """What is there, or which animal, vehicle or person."""
    present = [t for t in things if t.count]
    if not present:
        return Question("what", one_of(rng, _WHAT, w=where or "there"), "Nothing.", "what")
    kinds = sorted(
        {
            k
            for t in present
            for k in t.noun.kinds
            if k in {"animal", "vehicle", "person", "bird", "pet", "tool"} and k != t.noun.one
        }
    )
    if kinds and rng.random() < 0.55:
        kind = rng.choice(kinds)
        hits = [t for t in present if t.is_a(kind)]
        one, many = lexicon.HYPERNYMS[kind][0]
        if kind == "person":
            text = one_of(
                rng,
                (
                    "Who (is|was) (there|{w}|seen|it|in the picture)?",
                    "Who (is|was) (there|{w})?",
                    "Who do you see?",
                    "Who did the camera see?",
                    "Who can be seen?",
                    "(Tell me|Say) who is there.",
                    "who?",
                ),
                w=where or "there",
            )
        else:
            text = one_of(
                rng,
                (
                    "(What|Which) {k} (is|was) (it|that|there|seen|{w})?",
                    "What (kind|sort|type) of {k}[ is it| was it| is there]?",
                    "(Which|What) {ks} are (there|{w}|mentioned|visible)?",
                    "(Name|List) the {ks}.",
                    "Which {k}?",
                    "What {k} do you see?",
                    "(Tell me|Say) which {k} it is.",
                ),
                w=where or "there",
                k=one,
                ks=many,
            )
        return Question("which", text, capital(listing([t.phrase for t in hits])) + ".", kind)
    return Question(
        "what", one_of(rng, _WHAT, w=where or "there"), capital(listing([t.phrase for t in present])) + ".", "what"
    )


_WHAT = (
    "What (is|was) (there|{w}|seen|in the picture|visible|detected|in view)?",
    "What (is|was) {w}?",
    "What is (there|{w})?",
    "What do you see[ {w}]?",
    "What (does|did) the camera (see|detect|spot)[ {w}]? List it.",
    "(List|Name) (everything|what is there|the objects|what you see|all objects|the things).",
    "What can be seen[ {w}]?",
    "What things are (mentioned|there|{w})?",
    "What (was|has been) detected?",
    "What objects are there?",
)


def where_question(rng: Random, things: Sequence[Thing], place: Place | None) -> Question:
    """Where is a thing."""
    thing = rng.choice([t for t in things if t.count] or things)
    at = thing.place or place
    text = one_of(
        rng,
        (
            "Where {b} {t}?",
            "Where {b} {t}[ now| right now| exactly]?",
            "Where (can I find|do I find|do you see) {t}?",
            "(Tell me|Say) where {t} {b}.",
            "In which place {b} {t}?",
            "(What|Which) place {b} {t} (at|in)?",
            "Where {v} {t} (seen|spotted|detected)?",
            "Where did the camera see {t}?",
            "{T}, where?",
            "What is the (location|position|whereabouts) of {t}?",
            "where abouts {b} {t}?",
            "At which place was {t} seen?",
            "I am looking for {t}, where {b} {p}?",
            "Where should I look for {t}?",
        ),
        t=thing.the,
        T=capital(thing.the),
        b=thing.be,
        v="was" if thing.count == 1 else "were",
        p="it" if thing.count == 1 else "they",
    )
    if at is None or not thing.count:
        return Question("where", text, "Not stated.", thing.noun.one)
    return Question("where", text, f"{capital(at.phrase)}.", thing.noun.one)


def empty_question(rng: Random, things: Sequence[Thing], where: str, place: Place | None) -> Question:
    """Is the place empty."""
    present = [t for t in things if t.count]
    the = place.bare if place else "the place"
    text = (
        yes_no(rng, f"{the} is empty", f"is {the} empty")
        if rng.random() < 0.6
        else one_of(
            rng,
            (
                "Is (there nobody|nobody there|the scene empty|it empty|the picture empty|anything there|there anything to see)?",
                "Is there anything {w}?",
                "anything {w}?",
                "Is there nothing {w}?",
            ),
            w=where or "there",
        )
    )
    positive = "anything" in text
    if present:
        return Question("empty", text, f"{'Yes' if positive else 'No'}, {there(present[:4])}.", "empty")
    return Question("empty", text, f"{'No' if positive else 'Yes'}, {the} is empty.", "empty")


def alone_question(rng: Random, things: Sequence[Thing]) -> Question | None:
    """Is somebody alone."""
    people = [t for t in things if t.is_a("person") and t.count]
    if not people:
        return None
    thing = rng.choice(people)
    if thing.count > 1:
        return None
    others = [t for t in things if t is not thing and t.count]
    text = yes_no(rng, f"{thing.the} is alone", f"is {thing.the} alone")
    return Question(
        "alone",
        text,
        f"No, {there(others, 'also ')}." if others else f"Yes, there is only {thing.phrase}.",
        thing.noun.one,
    )


# Colours, doings, clothes -------------------------------------------------------------------------


def colour_question(rng: Random, thing: Thing) -> Question:
    """What colour is it, or is it of a colour."""
    word = rng.choice(("colour", "color"))
    if rng.random() < 0.55:
        text = one_of(
            rng,
            (
                "What {c} {b} {t}?",
                "What {c} {b} {t}?",
                "Which {c} {b} {t}?",
                "What is the {c} of {t}?",
                "{c} of {t}?",
                "Which {c} (does|do) {t} have?",
                "(Tell me|Give me|Say) the {c} of {t}.",
                "What {c} did {t} have?",
                "what {c}?",
                "{T}: what {c}?",
                "In what {c} {b} {t} painted?" if thing.is_a("vehicle") else "And what {c} {b} {t}?",
            ),
            c=word,
            b=thing.be,
            t=thing.the,
            T=capital(thing.the),
        )
        return Question("colour", text, f"{capital(thing.colour)}." if thing.colour else "Not stated.", thing.noun.one)
    asked = thing.colour if thing.colour and rng.random() < 0.5 else rng.choice(lexicon.COLOURS)
    text = yes_no(rng, f"{thing.the} {thing.be} {asked}", f"{thing.be} {thing.the} {asked}")
    if not thing.colour:
        return Question("is-colour", text, "Not stated.", thing.noun.one)
    return Question(
        "is-colour",
        text,
        f"{'Yes' if asked == thing.colour else 'No'}, {thing.the} {thing.be} {thing.colour}.",
        thing.noun.one,
    )


# Deeds that may be one and the same: a stopped truck may be waiting, or not.
_STANDING = frozenset(
    {"parked", "stopped", "waiting", "idling", "broken down", "standing", "resting", "sitting", "charging"}
)


def doing_question(rng: Random, thing: Thing) -> Question:
    """What is it doing, or is it doing something."""
    subject = thing.pronoun if rng.random() < 0.3 else thing.the
    be = "are" if subject == "they" else thing.be
    if rng.random() < 0.55:
        text = one_of(
            rng,
            (
                "What {b} {t} doing?",
                "What {b} {t} doing[ there| now| right now]?",
                "What (does|do) {t} do?",
                "What {b} {t} up to?",
                "(Tell me|Say|Describe) what {t} {b} doing.",
                "What {b} {t} busy with?",
                "doing what?",
                "what's happening with {o}?",
            ),
            b=be,
            t=subject,
            o=thing.the,
        )
        return Question(
            "doing",
            text,
            f"{capital(thing.the)} {thing.be} {thing.doing}." if thing.doing else "Not stated.",
            thing.noun.one,
        )
    asked = thing.doing if thing.doing and rng.random() < 0.5 else doing_for(rng, thing.noun)
    while {asked, thing.doing} <= _STANDING and asked != thing.doing:
        asked = doing_for(rng, thing.noun)
    text = yes_no(rng, f"{subject} {be} {asked}", f"{be} {subject} {asked}")
    if not thing.doing:
        return Question("is-doing", text, "Not stated.", thing.noun.one)
    return Question(
        "is-doing",
        text,
        f"{'Yes' if asked == thing.doing else 'No'}, {thing.the} {thing.be} {thing.doing}.",
        thing.noun.one,
    )


_UNTOLD_OF: dict[str, tuple[str, ...]] = {
    "person": (
        "How (old|tall) (is|are) {t}?",
        "What is the name of {t}?",
        "What (is|are) {t} called?",
        "What is the nationality of {t}?",
        "Who (is|are) {t}? Give me the name.",
        "Why (is|are) {t} there?",
        "What does {t} want?",
        "Where (does|do) {t} come from?",
        "What (is|was) {t} thinking?",
        "Does {t} have a (ticket|badge|permit|phone|key)?",
        "What is the phone number of {t}?",
        "Is {t} (angry|happy|married|tired|armed|dangerous|drunk|hungry|a doctor|a student)?",
        "What colour (is|are) the (shoes|hair|eyes|trousers) of {t}?",
        "How much does {t} weigh?",
        "What language does {t} speak?",
        "Who sent {t}?",
        "How long (has|have) {t} been there?",
        "When did {t} (arrive|come|leave)?",
        "What is {t}'s (name|age|job|address|height)?",
        "Which company does {t} work for?",
        "Did {t} (ring the bell|say anything|pay|sign)?",
        "how many children does {t} have?",
        "who (is|are) {t} talking to?",
        "Is {t} allowed to be there?",
        "What is {t} looking for?",
    ),
    "animal": (
        "How old (is|are) {t}?",
        "What is the name of {t}?",
        "Whose {n} is it?",
        "Who owns {t}?",
        "What breed (is|are) {t}?",
        "(Is|Are) {t} (hungry|dangerous|vaccinated|ill|male|female|on a leash|pregnant)?",
        "How much does {t} weigh?",
        "What does {t} eat?",
        "When did {t} (arrive|come|leave)?",
        "How long (has|have) {t} been there?",
        "Where did {t} come from?",
        "Is {t} wearing a collar?",
        "What is {t} called?",
        "Who does {t} belong to?",
    ),
    "vehicle": (
        "Who (is|was) driving {t}?",
        "Who (owns|drives|parked) {t}?",
        "What is the (licence plate|license plate|plate|number plate|registration) of {t}?",
        "(What|Which) (brand|make|model) (is|are) {t}?",
        "How fast (is|was) {t}[ going]?",
        "How many (seats|doors|passengers|wheels) does {t} have?",
        "When did {t} (arrive|leave|come)?",
        "when did it arrive?",
        "How long (has|have) {t} been (there|parked)?",
        "Where (is|was) {t} going?",
        "(Is|Are) {t} (insured|electric|stolen|locked|loaded|new)?",
        "How old (is|are) {t}?",
        "Who does {t} belong to?",
        "What is in {t}?",
        "What does {t} weigh?",
        "How much fuel is in {t}?",
        "how many people are in {t}?",
        "Who was at the wheel?",
    ),
    "object": (
        "Who (owns|left|lost|put|brought|delivered) {t}[ there]?",
        "What is (in|inside) {t}?",
        "How heavy (is|are) {t}?",
        "What (does|do) {t} weigh?",
        "How much did {t} cost?",
        "Who does {t} belong to?",
        "Whose {n} is it?",
        "What is {t} made of?",
        "(Is|Are) {t} (new|broken|heavy|expensive|locked|wet|fragile|full|empty)?",
        "How (big|long|old) (is|are) {t}?",
        "When was {t} (left|put) there?",
        "Who is {t} for?",
        "Where did {t} come from?",
        "How long (has|have) {t} been there?",
        "What is written on {t}?",
        "What brand (is|are) {t}?",
    ),
}


def untold_question(rng: Random, thing: Thing) -> Question:
    """Something about a thing that the facts do not say."""
    kind = next((k for k in _UNTOLD_OF if thing.is_a(k)), "object")
    text = one_of(rng, _UNTOLD_OF[kind], t=thing.the, n=thing.noun.one)
    if thing.count > 1:
        text = text.replace(" does the", " do the").replace("Does the", "Do the").replace("has the", "have the")
    return Question("untold", text, "Not stated.", thing.noun.one)


# The piece ----------------------------------------------------------------------------------------


def crowd_piece(rng: Random) -> Piece:
    """One to five kinds of things, mostly at one place; now and then nothing, or things told to be missing."""
    roll = rng.random()
    things = [] if roll < 0.07 else distinct_things(rng, rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 5)))
    place = lexicon.place(rng) if rng.random() < 0.75 else None
    missing: list[Thing] = []
    if not things or rng.random() < 0.17:
        noun = rng.choice((lexicon.PERSON, lexicon.PERSON, lexicon.VEHICLE, lexicon.ANIMAL, lexicon.noun(rng)))
        if not any(noun.one in t.noun.kinds or noun.one == t.noun.one for t in things):
            missing = [Thing(noun, 0)]
    if not things and not missing:
        missing = [Thing(lexicon.PERSON, 0)]
    return _crowd(rng, things, missing, place)


def _crowd(rng: Random, things: list[Thing], missing: list[Thing], place: Place | None) -> Piece:
    where = place.phrase if place else ""
    at = f" {where}" if where else ""
    everything = [*things, *missing]
    if things and rng.random() < 0.18 and things[-1].count:
        things[-1].doing = doing_for(rng, things[-1].noun)
        if things[-1].doing.startswith(("carrying", "blocking")):
            things[-1].doing = ""
    names = [t.phrase if rng.random() < 0.7 else f"{t.count} {t.adjectives}{t.word}" for t in things]
    if things and things[-1].doing:
        names[-1] += f" {things[-1].doing}"
    absent = [
        say(
            rng,
            "(no {m}|no {m}|0 {m}|without any {m})",
            m=t.noun.many if t.noun.many != "people" or rng.random() < 0.7 else "person",
        )
        for t in missing
    ]
    nobody = [t for t in missing if t.noun is lexicon.PERSON]
    if nobody and rng.random() < 0.6:
        absent = [rng.choice(("nobody", "no one", "no people", "nobody there", "nobody around"))]
    joiner = rng.random()
    parts = [*names, *absent]
    text = listing(parts) if joiner < 0.6 else ", ".join(parts) if joiner < 0.9 else " + ".join(parts)
    if not things and not where:
        text = absent[0]
    shape = say(
        rng,
        "({t}{at}|{t}{at}|{t}{at}|{t}{at}|{at}{t}|{t}, {place}|seen: {t}{at}|{t} seen{at})"
        if where
        else "({t}|{t}|{t}|seen: {t}|{t} seen|detected: {t})",
        t=text,
        at=at,
        place=place.plain if place else "",
    )
    shape = f"{where.strip()}: {text}" if shape.startswith(at + text) and where else shape
    if not things and nobody and place and place.prep in {"at", "in", "on"} and rng.random() < 0.4:
        shape = say(rng, "({p} is empty|empty {n}|{p} empty|{p} is deserted)", p=place.bare, n=place.name)
    elif things and place and rng.random() < 0.05:
        shape = f"{place.bare} {rng.choice(('holds', 'has', 'contains', 'shows'))} {text}"
    clause = _crowd_clause(things, missing, where)
    sentence = (
        capital(
            say(
                rng,
                "({c}|{c}|there {b} {t}{at})" if things and not things[-1].doing else "{c}",
                c=clause,
                b="is" if total(things) == 1 else "are",
                t=listing(parts),
                at=at,
            )
        )
        + "."
    )
    if not things and nobody and place and place.prep in {"at", "in", "on"} and rng.random() < 0.4:
        sentence = f"{capital(place.bare)} is empty."
    pairs = _crowd_pairs(rng, things, missing, place)
    labels = {k for k, _ in pairs if k in {"camera", "cam", "zone"}}
    piece = Piece(
        shape,
        sentence,
        pairs,
        clause,
        "main",
        frozenset(
            {"things"}
            | ({"camera", "zone"} if labels else set())
            | ({"place"} if place else set())
            | {w for t in everything for w in (t.noun.one, t.noun.many)}
        ),
    )
    piece.asks = _crowd_asks(everything, things, where, place)
    piece.fields = _crowd_fields(things, missing, place)
    return piece


def _crowd_clause(things: Sequence[Thing], missing: Sequence[Thing], where: str) -> str:
    none = " and ".join("nobody" if t.noun is lexicon.PERSON else f"no {t.noun.one}" for t in missing)
    if not things:
        return f"{none} is {where or 'there'}"
    be = things[0].be if len(things) == 1 else "are"
    verb = f"{be} {where or 'there'}"
    if things[-1].doing:
        verb = (
            f"{be} {things[-1].doing} {where}".strip()
            if len(things) == 1
            else f"{be} {where or 'there'} and {things[-1].the} {things[-1].be} {things[-1].doing}"
        )
    tail = f", with {'no people' if missing[0].noun is lexicon.PERSON else none}" if missing else ""
    return f"{listing([t.phrase for t in things])} {verb}{tail}"


_PLACE_KEYS = ("place", "place", "location", "location", "where", "camera", "cam", "area", "position", "zone", "at")


def _crowd_pairs(
    rng: Random, things: Sequence[Thing], missing: Sequence[Thing], place: Place | None
) -> list[tuple[str, Value]]:
    pairs: list[tuple[str, Value]] = []
    roll = rng.random()
    if roll < 0.4:
        for t in things:
            pairs.append(
                (
                    key(rng, f"{t.adjectives}{t.noun.many if t.count != 1 or rng.random() < 0.3 else t.noun.one}"),
                    t.count,
                )
            )
        pairs += [
            (key(rng, t.noun.many if rng.random() < 0.5 else t.noun.one), rng.choice((0, 0, "none", "no")))
            for t in missing
        ]
    elif roll < 0.7:
        style = rng.randrange(4)
        items = [
            (
                f"{t.adjectives}{t.noun.one} x{t.count}",
                f"{t.count} {t.adjectives}{t.word}",
                t.phrase,
                f"{t.count}x {t.adjectives}{t.noun.one}",
            )[style]
            for t in things
        ]
        items += [f"no {t.noun.many}" for t in missing]
        pairs.append(
            (
                rng.choice(("objects", "seen", "detections", "detected", "scene", "contents", "visible", "items")),
                ", ".join(items) if things or missing else "none",
            )
        )
    else:
        labels = (
            [f"{t.adjectives}{t.noun.one}" for t in things for _ in range(min(t.count, 4))]
            if total(things) < 9 and all(t.count <= 4 for t in things)
            else [f"{t.count} {t.adjectives}{t.word}" for t in things]
        )
        pairs.append((rng.choice(("objects", "detections", "labels", "seen")), labels))
        pairs += [(key(rng, t.noun.many), 0) for t in missing]
    if things and things[-1].doing:
        pairs.append(
            (
                rng.choice(("action", "activity", "doing", "state")),
                f"{things[-1].the} {things[-1].be} {things[-1].doing}" if len(things) > 1 else things[-1].doing,
            )
        )
    if place:
        pairs.insert(
            0 if rng.random() < 0.5 else len(pairs),
            (rng.choice(_PLACE_KEYS), place.plain if rng.random() < 0.85 else place.phrase),
        )
    return pairs


def _crowd_asks(everything: Sequence[Thing], things: Sequence[Thing], where: str, place: Place | None) -> list[Ask]:
    asks: list[Ask] = [
        lambda r: exists_question(r, everything, where),
        lambda r: exists_question(r, everything, where),
        lambda r: exists_question(r, everything, where),
        lambda r: count_question(r, everything, where),
        lambda r: count_question(r, everything, where),
        lambda r: what_question(r, everything, where),
        lambda r: empty_question(r, everything, where, place),
    ]
    if things:
        asks += [
            lambda r: amount_question(r, things, where),
            lambda r: where_question(r, things, place),
            lambda r: colour_question(r, r.choice(things)),
            lambda r: untold_question(r, r.choice(things)),
            lambda r: doing_question(r, things[-1]),
            lambda r: alone_question(r, things) or count_question(r, everything, where),
        ]
        coloured = [t for t in things if t.colour]
        if coloured:
            asks += [lambda r: colour_question(r, r.choice(coloured))] * 2
    return asks


def _crowd_fields(things: Sequence[Thing], missing: Sequence[Thing], place: Place | None) -> list[Field]:
    fields: list[Field] = []
    for t in (*things, *missing):
        one, many = t.noun.one.replace(" ", "_").replace("-", "_"), t.noun.many.replace(" ", "_").replace("-", "_")
        fields.append(
            Field(
                (
                    many,
                    many,
                    many,
                    f"number_of_{many}",
                    f"{one}_count",
                    f"n_{many}",
                    f"{many}_count",
                    f"num_{many}",
                    one,
                ),
                "integer",
                t.count,
            )
        )
        fields.append(
            Field(
                (one, one, f"has_{one}", f"{one}_present", f"{one}_visible", f"is_{one}_there", many, f"{one}_seen"),
                "boolean",
                t.count > 0,
            )
        )
        if t.colour:
            fields.append(
                Field(
                    (
                        f"{one}_colour",
                        f"{one}_color",
                        *(("colour", "color", "colour") if len([x for x in things if x.colour]) == 1 else ()),
                    ),
                    "string",
                    t.colour,
                )
            )
        if t.doing:
            fields.append(Field(("action", "activity", "doing", f"{one}_action"), "string", t.doing))
    for kind in ("person", "animal", "vehicle"):
        hits = [t for t in things if t.is_a(kind)]
        one, many = lexicon.HYPERNYMS[kind][0]
        if hits and all(h.noun.one != one for h in hits):
            if len(hits) == 1:
                fields.append(Field((one, one, f"{one}_type", f"kind_of_{one}"), "string", hits[0].noun.one))
            fields.append(Field((many, f"{one}_count", f"number_of_{many}", f"total_{many}"), "integer", total(hits)))
            fields.append(Field((one, f"{one}_present", f"has_{one}", f"any_{one}"), "boolean", True))
        elif not hits and not any(m.noun.one == one for m in missing) and len(things) > 0:
            fields.append(Field((one, f"{one}_present", f"has_{one}"), "boolean", False))
    if len(things) == 1 and not missing and things[0].count == 1:
        fields.append(Field(("object", "what", "subject", "seen"), "string", things[0].noun.one))
    if place:
        fields.append(Field(("place", "location", "place", "location", "where", "position"), "string", place.name))
        word, _, label = place.name.partition(" ")
        if not place.the and label.isdigit():
            fields += [Field((word, word, f"{word}_number", f"{word}_no"), "integer", int(label))] * 2
    return fields
