# ruff: noqa: C901, E501, PLR0912, PLR2004 - phrase tables and the shares of a random choice are data
"""Who or what a note is about: how many, what kind, with what, doing what, where, which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asking
import lexicon
import vocabulary as words
from attributes import key_style, pair_key
from language import capital, number, one_of
from pieces import Ask, Field, Piece, Question

if TYPE_CHECKING:
    from random import Random


@dataclass(slots=True)
class Actor:
    """A subject with what the note tells of it; empty is untold."""

    one: str
    many: str
    count: int = 1
    living: str = "thing"  # person, animal, vehicle, thing
    quality: str = ""
    colour: str = ""
    having: str = ""  # a pram
    wearing: str = ""  # an orange vest
    verb: str = ""  # carrying
    deed_object: str = ""  # a drum
    stance: str = ""  # leaning on the rail
    place: str = ""
    heading: str = ""

    @property
    def be(self) -> str:
        """`is` or `are`."""
        return "is" if self.count == 1 else "are"

    @property
    def plain(self) -> str:
        """The noun in its number: `woman`, `women`."""
        return self.one if self.count == 1 else self.many

    @property
    def kind(self) -> str:
        """Noun with its adjectives."""
        return " ".join(w for w in (self.quality, self.colour, self.plain) if w)

    @property
    def phrase(self) -> str:
        """`a silver tanker`, `eleven cows`."""
        return f"{lexicon.article(self.kind)} {self.kind}" if self.count == 1 else f"{number(self.count)} {self.kind}"

    @property
    def doing(self) -> str:
        """`carrying a drum`."""
        return f"{self.verb} {self.deed_object}" if self.verb else self.stance

    @property
    def subject(self) -> str:
        """The phrase with what belongs to it: `a woman with a pram in a teal parka`."""
        return (
            self.phrase
            + (f" with {self.having}" if self.having else "")
            + (f" in {self.wearing}" if self.wearing else "")
        )

    @property
    def predicate(self) -> str:
        """What follows the subject: `carrying a drum behind the granary, heading north`."""
        return " ".join(w for w in (self.doing, self.place, f"heading {self.heading}" if self.heading else "") if w)

    @property
    def clause(self) -> str:
        """The whole of it."""
        return f"{self.subject} {self.be} {self.predicate}" if self.predicate else self.subject


def an_object(rng: Random) -> str:
    """`a rusty winch`, `two kegs`, `the ledger`."""
    noun = words.thing(rng)
    if rng.random() < 0.25:
        return f"{number(rng.randint(2, 9))} {words.plural(noun)}"
    full = f"{words.quality(rng)} {noun}" if rng.random() < 0.45 else noun
    return f"{lexicon.article(full)} {full}" if rng.random() < 0.9 else f"the {full}"


def make(rng: Random) -> Actor:
    """An actor with a random choice of what is told."""
    roll = rng.random()
    if roll < 0.45:
        one = words.role(rng)
        known = next((n for n in lexicon.PEOPLE if n.one == one), None)
        actor = Actor(one, known.many if known else lexicon.plural(one), living="person")
    elif roll < 0.6:
        noun = rng.choice(lexicon.ANIMALS)
        actor = Actor(noun.one, noun.many, living="animal")
    elif roll < 0.75:
        noun = rng.choice(lexicon.VEHICLES)
        actor = Actor(noun.one, noun.many, living="vehicle")
    else:
        one = words.thing(rng)
        actor = Actor(one, words.plural(one))
        if actor.many == one:
            actor.many = one + "s" if not one.endswith("s") else one
    if rng.random() < 0.35 and actor.one != actor.many:
        actor.count = rng.randint(2, 12) if rng.random() < 0.85 else rng.randint(13, 300)
    if rng.random() < 0.22:
        actor.quality = rng.choice(
            words.QUALITIES
            if actor.living == "thing"
            else (
                "tall",
                "young",
                "old",
                "small",
                "large",
                "injured",
                "masked",
                "tired",
                "limping",
                "dirty",
                "wet",
                "new",
            )
        )
    if rng.random() < 0.3 and actor.living != "person":
        actor.colour = rng.choice(lexicon.COLOURS)
    if rng.random() < 0.2:
        actor.having = an_object(rng) if rng.random() < 0.8 else f"no {words.thing(rng)}"
    if rng.random() < 0.2 and actor.living == "person":
        actor.wearing = rng.choice(lexicon.WEARING) if rng.random() < 0.5 else _garment(rng)
    roll = rng.random()
    if roll < 0.34 and actor.living in {"person", "animal"}:
        actor.verb = (
            rng.choice(("carrying", "pushing", "pulling", "holding")) if rng.random() < 0.35 else words.deed(rng)
        )
        actor.deed_object = an_object(rng)
    elif roll < 0.55:
        actor.stance = rng.choice(words.STANCES).format(t=words.thing(rng), u=words.thing(rng))
    elif roll < 0.75:
        pool = {"person": lexicon.PERSON_DOING, "animal": lexicon.ANIMAL_DOING, "vehicle": lexicon.VEHICLE_DOING}
        actor.stance = rng.choice(pool.get(actor.living, lexicon.OBJECT_DOING))
    if rng.random() < 0.35:
        actor.place = words.site(rng)
    if rng.random() < 0.12 and actor.living != "thing":
        actor.heading = (
            rng.choice(words.DIRECTIONS)
            if rng.random() < 0.6
            else f"{rng.choice(('towards', 'for', 'to'))} the {words.thing(rng)}"
        )
    return actor


def _garment(rng: Random) -> str:
    noun = rng.choice(
        [
            "parka",
            "smock",
            "poncho",
            "cardigan",
            "cloak",
            "jersey",
            "tunic",
            "waistcoat",
            "anorak",
            "hoodie",
            "vest",
            "cap",
            "beanie",
            "bonnet",
            "robe",
            "kilt",
            "apron",
            "gown",
            "sweater",
            "tracksuit",
        ]
    )
    full = f"{words.quality(rng)} {noun}"
    return f"{lexicon.article(full)} {full}"


def _bare(text: str) -> str:
    return text.removeprefix("a ").removeprefix("an ")


def loose(rng: Random, a: Actor) -> str:
    """The actor as a fragment of a note."""
    style = rng.random()
    head = a.phrase if style < 0.4 else a.kind if a.count == 1 else f"{a.count} {a.kind}"
    if style > 0.9:
        head = rng.choice(
            (f"{a.count}x {a.kind}", f"{a.kind} x{a.count}", f"{a.kind}: {a.count}", f"{a.count} x {a.kind}")
        )
    gap = ", " if rng.random() < 0.25 else " "
    short = rng.random() < 0.4
    parts = [head]
    if a.having:
        with_word = "with" if not short else rng.choice(("w/", "+", "with"))
        parts.append(
            f"{with_word} {_bare(a.having) if short else a.having}"
            if not a.having.startswith("no ") or rng.random() < 0.6
            else a.having
        )
    if a.wearing:
        parts.append(
            f"{rng.choice(('in', 'wearing', 'in'))} {_bare(a.wearing) if short else a.wearing}"
            if rng.random() < 0.8
            else _bare(a.wearing)
        )
    if a.doing:
        doing = f"{a.verb} {_bare(a.deed_object)}" if a.verb and short else a.doing
        parts.append(f"{a.be} {doing}" if rng.random() < 0.15 and gap == " " else doing)
    if a.place:
        parts.append(a.place.replace(" the ", " ") if short else a.place)
    if a.heading:
        parts.append(
            rng.choice(("heading {h}", "heading {h}", "going {h}", "moving {h}", "direction {h}", "-> {h}")).format(
                h=a.heading
            )
        )
    return gap.join(parts)


def piece(rng: Random) -> Piece:
    """An actor as a fact of a note."""
    a = make(rng)
    the = f"the {a.plain}"
    asks: list[Ask] = [
        lambda r: Question("actor-count", asking.amount(r, a.many), f"{capital(number(a.count))} {a.plain}.", a.one),
        lambda r: _seen(r, a),
        lambda r: _seen(r, a),
    ]
    fields = [
        Field((key_style(rng, a.many), key_style(rng, f"{a.one} count")), "integer", a.count),
        Field((key_style(rng, f"has {a.one}"), key_style(rng, f"{a.one} present")), "boolean", value=True),
    ]
    if a.predicate:
        asks.append(
            lambda r: Question(
                "actor-who",
                asking.dressed(
                    r,
                    f"{r.choice(('Who is', 'Who') if a.living == 'person' else ('What is', 'What'))} {a.doing or a.place}?",
                ),
                f"{capital(a.phrase)}.",
                a.one,
            )
        )
    if a.doing:
        asks += [
            lambda r: Question(
                "actor-doing",
                asking.dressed(r, one_of(r, _DOING, b=a.be, t=the)),
                f"{capital(the)} {a.be} {a.doing}.",
                a.one,
            ),
            lambda r: _does(r, a, the),
        ]
        fields.append(Field(("activity", "action", "doing", key_style(rng, f"{a.one} activity")), "string", a.doing))
    if a.verb:
        asks.append(
            lambda r: Question(
                "actor-object",
                asking.dressed(
                    r,
                    r.choice((f"What {a.be} {the} {a.verb}?", f"{a.verb} what?", f"What thing {a.be} {the} {a.verb}?")),
                ),
                f"{capital(a.deed_object)}.",
                a.one,
            )
        )
        fields.append(Field((a.verb, "object", key_style(rng, f"{a.verb} what")), "string", _bare(a.deed_object)))
    if a.place:
        asks += [
            lambda r: Question("actor-where", asking.where(r, the, a.be), f"{capital(a.place)}.", a.one),
            lambda r: _at(r, a, the),
        ]
    if a.having and not a.having.startswith("no ") and a.count == 1:
        asks.append(
            lambda r: Question(
                "actor-with",
                asking.dressed(r, f"{r.choice(('Does', 'So does', 'And does'))} {the} have {a.having}?"),
                f"Yes, {the} has {a.having}.",
                a.one,
            )
        )
    if a.wearing:
        asks.append(
            lambda r: Question(
                "actor-wearing",
                asking.dressed(
                    r,
                    one_of(
                        r,
                        (
                            "What {b} {t} wearing?",
                            "What (clothes|outfit|clothing) {b} {t} in?",
                            "How {b} {t} dressed?",
                            "What (does|do) {t} wear?",
                            "Describe the clothes of {t}.",
                        ),
                        b=a.be,
                        t=the,
                    ),
                ),
                f"{capital(a.wearing)}.",
                a.one,
            )
        )
        fields.append(
            Field(("wearing", "clothing", "clothes", key_style(rng, f"{a.one} wearing")), "string", _bare(a.wearing))
        )
    if a.colour or (not a.quality and rng.random() < 0.15):
        asks.append(
            lambda r: Question(
                "actor-colour",
                asking.dressed(
                    r,
                    one_of(
                        r,
                        (
                            "What colo(u|)r {b} {t}?",
                            "Which colo(u|)r (does|do) {t} have?",
                            "The colo(u|)r of {t}?",
                            "{t}: what colo(u|)r?",
                        ),
                        b=a.be,
                        t=the,
                    ),
                ),
                f"{capital(a.colour)}." if a.colour else "Not stated.",
                a.one,
            )
        )
    if a.colour:
        fields.append(Field(("colour", "color", key_style(rng, f"{a.one} colour")), "string", a.colour))
    if a.heading:
        asks.append(
            lambda r: Question(
                "actor-heading",
                asking.dressed(
                    r,
                    one_of(
                        r,
                        (
                            "Where {b} {t} (going|heading|headed|moving)?",
                            "(Which|What) way {b} {t} (going|heading|moving)?",
                            "In (which|what) direction {b} {t} (going|moving|heading)?",
                            "Where to?",
                            "Which direction?",
                        ),
                        b=a.be,
                        t=the,
                    ),
                ),
                f"{capital(a.heading)}.",
                a.one,
            )
        )
        fields.append(Field(("direction", "heading", "going"), "string", a.heading))
    asks.append(
        lambda r: Question("actor-untold", asking.dressed(r, one_of(r, _UNTOLD, t=the, b=a.be)), "Not stated.", a.one)
    )
    pairs: list[tuple[str, str | int | float | bool | list[str] | None]] = [
        (pair_key(rng, " ".join(w for w in (a.quality, a.colour, a.many) if w)), a.count)
    ]
    if a.count == 1 and rng.random() < 0.6:
        pairs = [(rng.choice(("subject", "object", "who", "what", "label", "seen", "type", a.living)), a.kind)]
    for label, told in (
        ("with", a.having),
        ("wearing", a.wearing),
        ("activity", a.doing),
        ("where", a.place),
        ("direction", a.heading),
    ):
        if told:
            pairs.append((label, told))
    return Piece(
        loose(rng, a),
        f"{capital(a.clause)}." if a.predicate else f"There {a.be} {a.subject}.",
        pairs,
        a.clause,
        "main" if a.predicate else "bare",
        frozenset({a.one, a.many}),
        asks,
        fields,
        a.phrase,
    )


_DOING = (
    "What {b} {t} doing?",
    "What {b} {t} doing?",
    "What {b} {t} up to?",
    "What (does|do) {t} do?",
    "(Tell me|Say) what {t} {b} doing.",
    "{t}: doing what?",
    "What activity {b} {t} busy with?",
    "What {b} {t} (busy with|occupied with)?",
    "What can you say {t} {b} doing?",
    "what's {t} doing",
)
_UNTOLD = (
    "What is the name of {t}?",
    "How (old|heavy|tall|big|fast) {b} {t}?",
    "(Who|What) (owns|sent|called|brought) {t}?",
    "When did {t} arrive?",
    "Why {b} {t} there?",
    "How long {b} {t} going to stay?",
    "What did {t} (cost|say|eat)?",
    "What is the (serial number|phone number|age|nationality|price|brand) of {t}?",
    "Was {t} here yesterday?",
    "Who knows {t}?",
    "How did {t} get in?",
)


def _seen(rng: Random, a: Actor) -> Question:
    told = f"there {a.be} {a.phrase}"
    if rng.random() < 0.55:
        return Question("actor-exists", asking.exists(rng, a.one, lexicon.article(a.one)), f"Yes, {told}.", a.one)
    k = max(0, a.count + rng.randint(-3, 3))
    more = rng.random() < 0.5
    truth = a.count > k if more else a.count < k
    return Question(
        "actor-more",
        asking.dressed(
            rng, f"Are there {'more' if more else 'fewer'} than {number(k) if rng.random() < 0.5 else k} {a.many}?"
        ),
        f"{'Yes' if truth else 'No'}, there {a.be} {number(a.count)} {a.plain}.",
        a.one,
    )


def _does(rng: Random, a: Actor, the: str) -> Question:
    other = (
        f"{words.deed(rng)} {an_object(rng)}"
        if rng.random() < 0.5
        else rng.choice(words.STANCES).format(t=words.thing(rng), u=words.thing(rng))
    )
    yes = rng.random() < 0.5
    return Question(
        "actor-does",
        asking.polar(rng, a.be, the, a.doing if yes else other),
        f"{'Yes' if yes else 'No'}, {the} {a.be} {a.doing}.",
        a.one,
    )


def _at(rng: Random, a: Actor, the: str) -> Question:
    yes = rng.random() < 0.5
    return Question(
        "actor-at",
        asking.polar(rng, a.be, the, a.place if yes else words.site(rng)),
        f"{'Yes' if yes else 'No'}, {the} {a.be} {a.place}.",
        a.one,
    )
