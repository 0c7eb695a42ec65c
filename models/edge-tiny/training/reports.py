# ruff: noqa: C901, PLR0915, PLR2004 - phrase tables and the shares of a random choice are data
"""Reports of many cameras or sensors, and long logs: the one asked for has to be found among the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from events import Event, make_event
from language import capital, clock, number, one_of, say
from pieces import Piece, Question, yes_no
from things import Thing, distinct_things, doing_for, make_thing, there

if TYPE_CHECKING:
    from random import Random


def _sources(rng: Random, count: int) -> list[str]:
    word = rng.choice(("camera", "camera", "cam", "Camera", "zone", "gate", "sensor", "sector", "dock"))
    if rng.random() < 0.6:
        start = rng.choice((1, 1, 1, rng.randint(2, 30)))
        sep = rng.choice((" ", " ", "-", ""))
        return [f"{word}{sep}{start + i}" for i in range(count)]
    names: list[str] = []
    while len(names) < count:
        name = rng.choice(
            (f"{word} {rng.randint(1, 3 * count + 10)}", lexicon.place(rng).name, lexicon.pseudo_word(rng))
        )
        if all(name not in n and n not in name for n in names):
            names.append(name)
    return names


def cameras_piece(rng: Random, count: int) -> Piece:
    """What each of several cameras sees; a question about one of them."""
    sources = _sources(rng, count)
    seen: list[Thing | None] = []
    for _ in sources:
        thing = None if rng.random() < 0.12 else make_thing(rng)
        if thing and rng.random() < 0.3:
            thing.doing = doing_for(rng, thing.noun)
        if thing and rng.random() < 0.25:
            thing.place = lexicon.place(rng)
        seen.append(thing)
    times = [clock(t) for t in sorted(rng.choices(range(1440), k=count))] if rng.random() < 0.4 else []
    empty = rng.choice(("nothing", "empty", "no activity", "nobody", "no motion", "clear"))

    def told(i: int) -> str:
        thing = seen[i]
        return (
            empty
            if thing is None
            else " ".join(w for w in (thing.phrase, thing.doing, thing.place.phrase if thing.place else "") if w)
        )

    style = rng.choice(("{s}: {t}", "{s}: {t}", "{s} sees {t}", "{s} - {t}", "{s} = {t}", "{s} | {t}"))
    lines = [(f"{times[i]} " if times else "") + style.format(s=s, t=told(i)) for i, s in enumerate(sources)]
    if rng.random() < 0.15 and not times:
        rng.shuffle(lines)
    text = ("\n" if count > 4 or rng.random() < 0.5 else rng.choice(("; ", ", ", ". "))).join(lines)
    piece = Piece(
        text,
        text,
        [(s, told(i)) for i, s in enumerate(sources)],
        text,
        "main",
        frozenset({"things", "person", "people", "place", "time", "camera", "zone", "direction"}),
    )

    def what(r: Random) -> Question:
        i = r.randrange(count)
        question = one_of(
            r,
            (
                "What does {s} (see|show|report)?",
                "What (is|was) (seen|visible|there) (on|at|by) {s}?",
                "What is on {s}?",
                "What about {s}?",
                "{s}?",
                "(Tell me|Say) what {s} sees.",
                "And {s}?",
                "What did {s} (see|report|record)?",
                "Read me the entry of {s}.",
            ),
            s=sources[i],
        )
        return Question("report-what", question, f"{capital(told(i))}." if seen[i] else f"Nothing.", "report")  # noqa: F541

    def which(r: Random) -> Question:
        present = [i for i, t in enumerate(seen) if t]
        if not present:
            return what(r)
        i = r.choice(present)
        thing = seen[i]
        if thing is None or sum(t is not None and t.noun is thing.noun for t in seen) > 1:
            return what(r)
        question = one_of(
            r,
            (
                "(Which|What) {w} (sees|shows|reports|saw) {t}?",
                "Where (is|was) {t}[ seen]?" if thing.count == 1 else "Where are {t}?",
                "Who (sees|reports) {t}? Name the source.",
                "On which (one|{w}) (can {t} be seen|is there {a})?",
                "(Find|Locate) {t}.",
                "Which one has {t}?",
            ),
            w=r.choice(("camera", "source", "one")),
            t=thing.the if thing.count == 1 else f"the {thing.noun.many}",
            a=thing.phrase,
        )
        answer = f"{capital(sources[i])}."
        if question.startswith("Where") and thing.place:
            answer = f"{capital(sources[i])}, {thing.place.phrase}."
        return Question("report-which", question, answer, "report")

    def is_there(r: Random) -> Question:
        i = r.randrange(count)
        thing = seen[i]
        asked = thing if thing and r.random() < 0.55 else distinct_things(r, 1)[0]
        question = yes_no(
            r,
            f"{sources[i]} sees {lexicon.article(asked.noun.one)} {asked.noun.one}",
            f"does {sources[i]} see {lexicon.article(asked.noun.one)} {asked.noun.one}",
        )
        if thing is None:
            return Question("report-exists", question, f"No, {sources[i]} sees nothing.", "report")
        if asked is thing or asked.noun.one == thing.noun.one or asked.noun.one in thing.noun.kinds:
            return Question("report-exists", question, f"Yes, {there([thing])}.", "report")
        if thing.noun.one in asked.noun.kinds or (thing.is_a("person") and asked.is_a("person")):
            return what(r)
        return Question("report-exists", question, f"No, {there([thing], 'only ')}.", "report")

    def how_many(r: Random) -> Question:
        present = [i for i, t in enumerate(seen) if t]
        if not present:
            return what(r)
        i = r.choice(present)
        thing = seen[i]
        if thing is None:
            return what(r)
        question = one_of(
            r,
            (
                "How many {m} (does {s} see|are on {s}|are there on {s}|did {s} count)?",
                "{s}: how many {m}?",
                "(Count|Number of) {m} on {s}?",
            ),
            m=thing.noun.many,
            s=sources[i],
        )
        return Question(
            "report-count", question, f"{capital(number(thing.count))} {thing.adjectives}{thing.word}.", "report"
        )

    piece.asks = [what, what, which, which, is_there, how_many]
    if times:

        def when(r: Random) -> Question:
            i = r.randrange(count)
            return Question(
                "report-time",
                one_of(
                    r,
                    (
                        "At what time did {s} report?",
                        "When did {s} report?",
                        "What is the time of {s}?",
                        "When was the entry of {s} made?",
                        "What time does {s} give?",
                    ),
                    s=sources[i],
                ),
                f"At {times[i]}.",
                "report",
            )

        piece.asks.append(when)
    return piece


def log_piece(rng: Random, count: int) -> Piece:
    """A log of many lines, each with a time and an actor of its own."""
    start = rng.randrange(max(1, 1440 - count))
    step = max(1, min(12, (1439 - start) // count))
    times = [clock(min(1439, start + i * step + rng.randrange(step))) for i in range(count)]
    entries: list[Event] = []
    actors: set[str] = set()
    acts: set[str] = set()
    while len(entries) < count:
        event = make_event(rng, times[len(entries)])
        if event.the in actors or event.past in acts:
            continue
        actors.add(event.the)
        acts.add(event.past)
        entries.append(event)
    style = rng.choice(
        ("{t} {w} {v}", "{t}: {w} {v}", "[{t}] {w} {v}", "- {t} {w} {v}", "{t} - {w} {v}", "{w} {v} at {t}")
    )
    text = "\n".join(style.format(t=e.time, w=e.who, v=e.past) for e in entries)
    piece = Piece(
        text,
        text,
        [(e.time, f"{e.who} {e.past}") for e in entries],
        text,
        "main",
        frozenset({"things", "person", "people", "place", "time", "events", "direction", "driver", "operator"}),
    )

    def ask(r: Random) -> Question:
        e = r.choice(entries)
        passive = e.base.startswith("be ")
        roll = r.random()
        if roll < 0.35:
            return Question(
                "log-at",
                one_of(
                    r,
                    (
                        "What happened at {t}?",
                        "What (was|is) (logged|recorded|noted) at {t}?",
                        "{t}?",
                        "(Tell me|Say) what happened at {t}.",
                        "What does the log say for {t}?",
                    ),
                    t=e.time,
                ),
                f"{capital(e.who)} {e.past}.",
                "log",
            )
        if roll < 0.65 and not passive:
            return Question(
                "log-when",
                one_of(
                    r,
                    (
                        "When did {w} {b}?",
                        "At what time did {w} {b}?",
                        "(Tell me|Say) when {w} {v}.",
                        "What time did {w} {b}?",
                    ),
                    w=e.the,
                    b=e.base,
                    v=e.past,
                ),
                f"At {e.time}.",
                "log",
            )
        if roll < 0.85:
            return Question(
                "log-did",
                one_of(r, ("What did {w} do?", "What happened with {w}?", "(Tell me|Say) what {w} did."), w=e.the),
                f"{capital(e.the)} {e.past} at {e.time}.",
                "log",
            )
        last = r.random() < 0.5
        e = entries[-1] if last else entries[0]
        return Question(
            "log-ends",
            say(r, "What (happened|was logged) {x}?", x="last" if last else "first"),
            f"{capital(e.who)} {e.past} at {e.time}.",
            "log",
        )

    piece.asks = [ask]
    return piece
