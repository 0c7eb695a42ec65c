# ruff: noqa: C901, PLR2004 - phrase tables and the shares of a random choice are data
"""Several instances of one thing with a value each: which is fuller, which is open, what does B have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from language import capital, listing, number, one_of, say
from pieces import Field, Piece, Question, shown, yes_no

if TYPE_CHECKING:
    from random import Random

# instance word, verb, unit noun (or unit), low, high, decimals, comparatives for more and less
_COUNTED = (
    ("pallet", "has", "boxes"),
    ("shelf", "holds", "bottles"),
    ("queue", "has", "people"),
    ("bus", "carries", "passengers"),
    ("room", "has", "chairs"),
    ("lane", "has", "cars"),
    ("zone", "has", "workers"),
    ("truck", "carries", "crates"),
    ("table", "has", "guests"),
    ("parking deck", "has", "cars"),
    ("checkout", "has", "customers"),
    ("container", "holds", "parcels"),
    ("field", "has", "cows"),
    ("pen", "has", "sheep"),
    ("hall", "has", "visitors"),
    ("dock", "has", "trucks"),
    ("bin", "holds", "bags"),
    ("floor", "has", "people"),
    ("rack", "holds", "bicycles"),
    ("box", "contains", "apples"),
    ("line", "made", "parts"),
    ("gate", "counted", "visitors"),
    ("machine", "made", "pieces"),
    ("camera", "sees", "people"),
    ("station", "has", "bikes"),
    ("door", "counted", "entries"),
)
_MEASURED = (
    ("tank", "level", "%", 0, 100, 0, "fuller", "emptier"),
    ("room", "temperature", "°C", 5, 40, 1, "warmer", "colder"),
    ("sensor", "reading", "°C", -10, 90, 1, "hotter", "cooler"),
    ("belt", "speed", "m/s", 0, 4, 1, "faster", "slower"),
    ("machine", "noise", "dB", 40, 110, 0, "louder", "quieter"),
    ("oven", "temperature", "°C", 80, 250, 0, "hotter", "cooler"),
    ("parcel", "weight", "kg", 1, 60, 1, "heavier", "lighter"),
    ("pump", "pressure", "bar", 0, 12, 1, "higher", "lower"),
    ("silo", "level", "%", 0, 100, 0, "fuller", "emptier"),
    ("car", "speed", "km/h", 5, 130, 0, "faster", "slower"),
    ("battery", "charge", "%", 0, 100, 0, "fuller", "emptier"),
    ("box", "weight", "kg", 1, 90, 0, "heavier", "lighter"),
    ("camera", "brightness", "lux", 1, 900, 0, "brighter", "darker"),
    ("ladder", "height", "m", 1, 9, 1, "taller", "shorter"),
)
_STATEFUL = (
    ("gate", ("open", "closed")),
    ("door", ("open", "closed")),
    ("window", ("open", "closed")),
    ("light", ("on", "off")),
    ("machine", ("running", "stopped")),
    ("pump", ("on", "off")),
    ("seat", ("free", "occupied")),
    ("lens of cam", ("clean", "dirty")),
    ("camera", ("online", "offline")),
    ("barrier", ("up", "down")),
    ("bay", ("free", "occupied")),
    ("exit", ("blocked", "clear")),
    ("valve", ("open", "closed")),
    ("lane", ("open", "closed")),
    ("lock", ("locked", "unlocked")),
    ("bin", ("full", "empty")),
    ("checkout", ("open", "closed")),
    ("lens of camera", ("covered", "clear")),
    ("charger", ("in use", "free")),
    ("door of room", ("locked", "unlocked")),
    ("signal", ("red", "green")),
    ("tank", ("full", "empty")),
    ("camera", ("blurred", "sharp")),
    ("alarm", ("armed", "disarmed")),
)


def _names(rng: Random, word: str, count: int) -> list[str]:
    if rng.random() < 0.12 and not word.endswith(("cam", "camera", "room")):
        return [
            f"the {a} {word}"
            for a in rng.sample(
                (
                    "left",
                    "right",
                    "middle",
                    "north",
                    "south",
                    "east",
                    "west",
                    "upper",
                    "lower",
                    "front",
                    "rear",
                    "old",
                    "new",
                ),
                count,
            )
        ]
    labels = rng.sample("ABCDEFGH", count) if rng.random() < 0.5 else [str(n) for n in rng.sample(range(1, 20), count)]
    if rng.random() < 0.8:
        labels.sort(key=lambda x: (len(x), x))
    return [f"{word} {label}" for label in labels]


def instances_piece(rng: Random) -> Piece:
    """Two to four instances with counts, measured values or states."""
    count = rng.choice((2, 2, 2, 3, 3, 4))
    roll = rng.random()
    if roll < 0.38:
        return _counted(rng, count)
    return _measured(rng, count) if roll < 0.66 else _stateful(rng, count)


def _the(name: str) -> str:
    return name if not name.startswith(("lens", "door of")) else f"the {name}"


def _piece(
    fragments: list[str],
    clause: list[str],
    pairs: list[tuple[str, str | int | float | bool | list[str] | None]],
    words: set[str],
    rng: Random,
) -> Piece:
    text = rng.choice((", ", ", ", "; ", " and ")).join(fragments)
    told = listing(clause)
    return Piece(text, capital(told) + ".", pairs, told, "main", frozenset(words | {"things", "people", "person"}))


def _counted(rng: Random, count: int) -> Piece:
    word, verb, many = rng.choice(_COUNTED)
    if rng.random() < 0.08:
        word = lexicon.pseudo_word(rng)
    if rng.random() < 0.35:
        many, verb = lexicon.noun(rng).many, "has"
    names = _names(rng, word, count)
    values = (
        rng.sample(range(0 if rng.random() < 0.2 else 2, 30), count)
        if rng.random() < 0.8
        else [rng.randint(2, 400) for _ in range(count)]
    )
    while len(set(values)) < count:
        values = [rng.randint(2, 500) for _ in range(count)]
    digits = rng.random() < 0.7
    say_n = [str(v) if digits else number(v) for v in values]
    style = rng.choice(("{n} {v} {k} {m}", "{n} {v} {k} {m}", "{n}: {k} {m}", "{n} {k} {m}", "{k} {m} in {n}"))
    if " and " in many:
        style = "{n} {v} {k} {m}"
    fragments = [style.format(n=n, v=verb, k=k, m=many) for n, k in zip(names, say_n, strict=True)]
    clause = [f"{n} {verb} {number(v)} {many}" for n, v in zip(names, values, strict=True)]
    piece = _piece(
        fragments, clause, [(n, f"{v} {many}") for n, v in zip(names, values, strict=True)], {word, many}, rng
    )

    def phrase(i: int) -> str:
        return f"{number(values[i])} {many}"

    def which(r: Random) -> Question:
        more = r.random() < 0.5
        best = max(range(count), key=lambda i: values[i] if more else -values[i])
        comparative = (
            ("more" if more else "fewer")
            if count == 2
            else ("the most" if more else r.choice(("the fewest", "the least")))
        )
        text = one_of(
            r,
            (
                "(Which|What) {w} (has|holds) {c} {m}?",
                "Where are {c} {m}?",
                "(Tell me|Say) which {w} has {c} {m}.",
                "In which {w} are there {c} {m}?",
                "Which one has {c} {m}?",
                "which {w} has {c}?",
            ),
            w=word,
            c=comparative,
            m=many,
        )
        return Question("which-most", text, f"{capital(names[best])}, with {phrase(best)}.", many)

    def how_many(r: Random) -> Question:
        i = r.randrange(count)
        text = one_of(
            r,
            (
                "How many {m} does {n} have?",
                "How many {m} are (in|at|on) {n}?",
                "{n}: how many {m}?",
                "How many (are in|has) {n}?",
                "(Tell me|Give me) the number of {m} (in|of|for) {n}.",
                "What about {n}?",
                "And {n}, how many {m}?",
            ),
            m=many,
            n=names[i],
        )
        return Question("how-many-in", text, f"{capital(phrase(i))}.", many)

    def together(r: Random) -> Question:
        text = one_of(
            r,
            (
                "How many {m} (altogether|in total|in all|are there in total)?",
                "What is the total number of {m}?",
                "How many {m} are there[ together]?",
                "Sum of all {m}?",
                "Give me the total of {m}.",
            ),
            m=many,
        )
        return Question("sum", text, f"{capital(number(sum(values)))} {many}.", many)

    def compare(r: Random) -> Question:
        i, j = r.sample(range(count), 2)
        more = r.random() < 0.5
        statement = f"{names[i]} has {'more' if more else 'fewer'} {many} than {names[j]}"
        text = yes_no(r, statement, f"does {statement.replace(' has ', ' have ', 1)}")
        truth = values[i] > values[j] if more else values[i] < values[j]
        return Question(
            "compare-in",
            text,
            f"{'Yes' if truth else 'No'}, {names[i]} {verb} {phrase(i)} and {names[j]} {verb} {phrase(j)}.",
            many,
        )

    def difference(r: Random) -> Question:
        i, j = r.sample(range(count), 2)
        text = one_of(
            r,
            (
                "How many more {m} (does {a} have|has {a}) than {b}?",
                "What is the difference between {a} and {b}?",
                "By how much do {a} and {b} differ?",
            ),
            m=many,
            a=names[i] if values[i] > values[j] else names[j],
            b=names[j] if values[i] > values[j] else names[i],
        )
        return Question("difference", text, f"{capital(number(abs(values[i] - values[j])))}.", many)

    def over(r: Random) -> Question:
        i = r.randrange(count)
        limit = max(0, values[i] + r.choice((-3, -2, -1, 0, 1, 2, 3)))
        word_, truth = r.choice(
            (("more than", values[i] > limit), ("fewer than", values[i] < limit), ("at least", values[i] >= limit))
        )
        text = yes_no(r, f"{names[i]} has {word_} {limit} {many}", f"does {names[i]} have {word_} {limit} {many}")
        return Question("over-in", text, f"{'Yes' if truth else 'No'}, {names[i]} {verb} {phrase(i)}.", many)

    piece.asks = [which, which, which, how_many, how_many, together, compare, compare, difference, over, over]
    for n, v in zip(names, values, strict=True):
        snake = n.removeprefix("the ").replace(" ", "_").lower()
        piece.fields.append(
            Field(
                (snake, f"{snake}_{many.replace(' ', '_')}", f"{snake}_count", f"{many.replace(' ', '_')}_{snake}"),
                "integer",
                v,
            )
        )
    piece.fields.append(Field((f"total_{many.replace(' ', '_')}", "total"), "integer", sum(values)))
    return piece


def _measured(rng: Random, count: int) -> Piece:
    word, quantity, unit, low, high, decimals, more_word, less_word = rng.choice(_MEASURED)
    names = _names(rng, word, count)
    values = [shown(rng.uniform(low, high), decimals) for _ in range(count)]
    while len({float(v) for v in values}) < count:
        values = [shown(rng.uniform(low, high), decimals) for _ in range(count)]
    style = rng.choice(("{n} {v} {u}", "{n}: {v} {u}", "{n} {q} {v} {u}", "{n} at {v} {u}", "{n} = {v} {u}"))
    fragments = [style.format(n=n, v=v, u=unit, q=quantity) for n, v in zip(names, values, strict=True)]
    clause = [f"{n} is at {v} {unit}" for n, v in zip(names, values, strict=True)]
    piece = _piece(
        fragments, clause, [(n, f"{v} {unit}") for n, v in zip(names, values, strict=True)], {word, quantity}, rng
    )

    def which(r: Random) -> Question:
        more = r.random() < 0.5
        best = max(range(count), key=lambda i: float(values[i]) if more else -float(values[i]))
        superlative = (
            (more_word if more else less_word)
            if count == 2
            else {"fuller": "fullest", "warmer": "warmest"}.get(
                more_word if more else less_word, (more_word if more else less_word).removesuffix("er") + "est"
            )
        )
        text = one_of(
            r,
            (
                "(Which|What) {w} is [the ]{c}?",
                "Which (one|of them) is [the ]{c}?",
                "Which {w} has the {x} {q}?",
                "(Tell me|Say) which {w} is {c}.",
                "where is the {q} {y}?",
                "which one has the {x} {q}",
            ),
            w=word,
            c=superlative,
            q=quantity,
            x="highest" if more else "lowest",
            y="highest" if more else "lowest",
        )
        return Question("which-most", text, f"{capital(names[best])}, at {values[best]} {unit}.", quantity)

    def read(r: Random) -> Question:
        i = r.randrange(count)
        text = one_of(
            r,
            (
                "What is the {q} of {n}?",
                "What does {n} (read|show|have)?",
                "{n}?",
                "{q} of {n}?",
                "(Tell me|Give me) the {q} of {n}.",
                "How much is {n}?",
                "What about {n}?",
                "And {n}?",
            ),
            q=quantity,
            n=names[i],
        )
        return Question("value-of", text, f"{capital(names[i])} is at {values[i]} {unit}.", quantity)

    def compare(r: Random) -> Question:
        i, j = r.sample(range(count), 2)
        more = r.random() < 0.5
        statement = f"{names[i]} is {more_word if more else less_word} than {names[j]}"
        text = yes_no(r, statement, f"is {names[i]} {more_word if more else less_word} than {names[j]}")
        truth = float(values[i]) > float(values[j]) if more else float(values[i]) < float(values[j])
        return Question(
            "compare-in",
            text,
            f"{'Yes' if truth else 'No'}, {names[i]} is at {values[i]} {unit} and {names[j]} at {values[j]} {unit}.",
            quantity,
        )

    piece.asks = [which, which, which, read, read, compare, compare]
    for n, v in zip(names, values, strict=True):
        snake = n.removeprefix("the ").replace(" ", "_").lower()
        piece.fields.append(Field((snake, f"{snake}_{quantity}"), "number", float(v) if decimals else int(v)))
    return piece


def _stateful(rng: Random, count: int) -> Piece:
    word, states = rng.choice(_STATEFUL)
    names = _names(rng, word, count)
    values = [rng.choice(states) for _ in names]
    if len(set(values)) == 1 and rng.random() < 0.8:
        values[rng.randrange(count)] = states[0] if values[0] == states[1] else states[1]
    style = rng.choice(("{n} {v}", "{n} is {v}", "{n}: {v}", "{n} is {v}", "{n} = {v}"))
    fragments = [style.format(n=_the(n) if " is " in style else n, v=v) for n, v in zip(names, values, strict=True)]
    clause = [f"{_the(n)} is {v}" for n, v in zip(names, values, strict=True)]
    piece = _piece(fragments, clause, [(n, v) for n, v in zip(names, values, strict=True)], {word}, rng)

    def is_it(r: Random) -> Question:
        i = r.randrange(count)
        asked = r.choice(states)
        text = yes_no(r, f"{_the(names[i])} is {asked}", f"is {_the(names[i])} {asked}")
        return Question(
            "is-state-of", text, f"{'Yes' if asked == values[i] else 'No'}, {_the(names[i])} is {values[i]}.", word
        )

    def which(r: Random) -> Question:
        asked = r.choice(states)
        hits = [n for n, v in zip(names, values, strict=True) if v == asked]
        text = one_of(
            r,
            (
                "(Which|What) {w} is {s}?",
                "Which (one|of them) is {s}?",
                "(Tell me|Say|List) which {w} is {s}.",
                "Which ones are {s}?",
                "Is any {w} {s}, and which one?" if hits else "Which {w} is {s}?",
            ),
            w=word,
            s=asked,
        )
        return Question("which-state", text, f"{capital(listing([_the(n) for n in hits]))}." if hits else "None.", word)

    def state_of(r: Random) -> Question:
        i = r.randrange(count)
        text = one_of(
            r,
            (
                "What is the (state|status) of {n}?",
                "(How|What) about {n}?",
                "And {n}?",
                "What state is {n} in?",
                "{n}: {a} or {b}?",
                "Is {n} {a} or {b}?",
            ),
            n=_the(names[i]),
            a=states[0],
            b=states[1],
        )
        return Question("state-of", text, f"{capital(_the(names[i]))} is {values[i]}.", word)

    def how_many(r: Random) -> Question:
        asked = r.choice(states)
        hits = sum(v == asked for v in values)
        text = one_of(r, ("How many are {s}?", "How many of them are {s}?", "(Count|Number of) {s} ones?"), s=asked)
        return Question("count-state", text, f"{capital(say(r, '{n}', n=number(hits)) if hits else 'none')}.", word)

    def all_of(r: Random) -> Question:
        asked = r.choice(states)
        every = r.random() < 0.5
        text = one_of(
            r,
            ("Are (all of them|they all|all) {s}?",)
            if every
            else ("Is (any|at least one) of them {s}?", "Are any of them {s}?"),
            s=asked,
        )
        truth = all(v == asked for v in values) if every else asked in values
        reason = [n for n, v in zip(names, values, strict=True) if (v != asked) == every] or names
        state = next(v for n, v in zip(names, values, strict=True) if n == reason[0])
        if (not every and not truth) or (every and truth):
            return Question("all-state", text, f"{'Yes' if truth else 'No'}, all are {values[0]}.", word)
        return Question("all-state", text, f"{'Yes' if truth else 'No'}, {_the(reason[0])} is {state}.", word)

    piece.asks = [is_it, is_it, which, which, state_of, how_many, all_of]
    for n, v in zip(names, values, strict=True):
        snake = n.replace("the ", "").replace(" ", "_").lower()
        piece.fields.append(Field((snake, f"{snake}_state"), "string", v))
        if " " not in states[0]:
            piece.fields.append(Field((f"{snake}_{states[0]}", f"is_{snake}_{states[0]}"), "boolean", v == states[0]))
    return piece
