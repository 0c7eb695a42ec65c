# ruff: noqa: C901, E501, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""What happened and when: one event, or a log of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import lexicon
from language import capital, clock, listing, one_of, say
from pieces import Ask, Field, Piece, Question, yes_no

if TYPE_CHECKING:
    from random import Random

# past | base | -ing; {o} an object with its article, {p} a place
_PERSON_VERBS = (
    "arrived {p}|arrive {p}|arriving {p}",
    "left through the {d}|leave through the {d}|leaving through the {d}",
    "opened the {d}|open the {d}|opening the {d}",
    "closed the {d}|close the {d}|closing the {d}",
    "entered the {r}|enter the {r}|entering the {r}",
    "rang the bell|ring the bell|ringing the bell",
    "put {o} {p}|put {o} {p}|putting {o} {p}",
    "left {o} {p}|leave {o} {p}|leaving {o} {p}",
    "took {o}|take {o}|taking {o}",
    "dropped {o} {p}|drop {o} {p}|dropping {o} {p}",
    "picked up {o}|pick up {o}|picking up {o}",
    "climbed over the fence|climb over the fence|climbing over the fence",
    "waited {p}|wait {p}|waiting {p}",
    "delivered {o}|deliver {o}|delivering {o}",
    "stopped {p}|stop {p}|stopping {p}",
    "fell {p}|fall {p}|falling {p}",
    "ran across the {r}|run across the {r}|running across the {r}",
    "turned on the lights|turn on the lights|turning on the lights",
    "turned off the machine|turn off the machine|turning off the machine",
    "locked the {d}|lock the {d}|locking the {d}",
    "unlocked the {d}|unlock the {d}|unlocking the {d}",
    "walked past the {d}|walk past the {d}|walking past the {d}",
    "knocked on the {d}|knock on the {d}|knocking on the {d}",
    "brought {o}|bring {o}|bringing {o}",
    "parked {p}|park {p}|parking {p}",
    "cleaned the {r}|clean the {r}|cleaning the {r}",
    "started the machine|start the machine|starting the machine",
    "pressed the alarm button|press the alarm button|pressing the alarm button",
    "moved {o}|move {o}|moving {o}",
    "repaired {o}|repair {o}|repairing {o}",
    "fed the animals|feed the animals|feeding the animals",
    "left the {r}|leave the {r}|leaving the {r}",
    "went into the {r}|go into the {r}|going into the {r}",
    "came out of the {r}|come out of the {r}|coming out of the {r}",
    "scanned {o}|scan {o}|scanning {o}",
    "loaded {o}|load {o}|loading {o}",
    "unloaded {o}|unload {o}|unloading {o}",
    "stole {o}|steal {o}|stealing {o}",
    "showed a badge|show a badge|showing a badge",
    "broke the window|break the window|breaking the window",
    "handed over {o}|hand over {o}|handing over {o}",
    "threw {o} over the fence|throw {o} over the fence|throwing {o} over the fence",
    "sat down {p}|sit down {p}|sitting down {p}",
)
_MOVER_VERBS = (
    "arrived {p}|arrive {p}|arriving {p}",
    "left the {r}|leave the {r}|leaving the {r}",
    "entered the {r}|enter the {r}|entering the {r}",
    "passed the {d}|pass the {d}|passing the {d}",
    "stopped {p}|stop {p}|stopping {p}",
    "crossed the {r}|cross the {r}|crossing the {r}",
    "appeared {p}|appear {p}|appearing {p}",
    "disappeared|disappear|disappearing",
    "hit the {d}|hit the {d}|hitting the {d}",
    "turned around {p}|turn around {p}|turning around {p}",
    "moved to the left|move to the left|moving to the left",
    "moved to the right|move to the right|moving to the right",
    "drove off|drive off|driving off",
)
_SYSTEM = (
    "the motion sensor in the {r}|fired|fire|firing",
    "the alarm in the {r}|went off|go off|going off",
    "the smoke sensor in the {r}|triggered|trigger|triggering",
    "the light in the {r}|went on|go on|going on",
    "the light in the {r}|went off|go off|going off",
    "the {d}|opened|open|opening",
    "the {d}|closed|close|closing",
    "the conveyor|stopped|stop|stopping",
    "the conveyor|started|start|starting",
    "the power|failed|fail|failing",
    "the camera in the {r}|went offline|go offline|going offline",
    "the lens of camera {n}|was covered|be covered|being covered",
    "the pump|started|start|starting",
    "the siren|sounded|sound|sounding",
    "the door contact in the {r}|opened|open|opening",
    "machine {n}|stopped|stop|stopping",
    "machine {n}|started|start|starting",
    "camera {n}|lost the picture|lose the picture|losing the picture",
    "a motion|was detected|be detected|being detected",
)
_DOORS = "front door, back door, side door, gate, main gate, garage door, window, barrier, cabinet, fire door, safe, office door, cellar door, shop door, barn door".split(
    ", "
)
_ROOMS = "yard, garage, warehouse, hall, kitchen, office, workshop, barn, stable, cellar, lobby, corridor, shop, garden, parking lot, street, courtyard, server room, storage room, driveway, road, field, lift, basement, attic, hallway".split(
    ", "
)


@dataclass(frozen=True, slots=True)
class Event:
    """Who did what, in three verb forms, and when."""

    who: str  # with article
    the: str  # definite
    past: str
    base: str
    doing: str
    time: str


def make_event(rng: Random, time: str) -> Event:
    """One event with an actor of its own."""
    slots = {
        "p": lexicon.place(rng).phrase,
        "d": rng.choice(_DOORS),
        "r": rng.choice(_ROOMS),
        "n": str(rng.randint(1, 20)),
        "o": "",
    }
    item = rng.choice(lexicon.OBJECTS)
    adjective = rng.choice(("", "", "", "small ", "large ", "heavy ", "black ", "red ", "brown "))
    slots["o"] = (
        f"{lexicon.article(adjective + item.one)} {adjective}{item.one}" if rng.random() < 0.85 else f"two {item.many}"
    )
    roll = rng.random()
    if roll < 0.2:
        who, past, base, doing = (say(rng, part, **slots) for part in rng.choice(_SYSTEM).split("|"))
        return Event(who, who.replace("a motion", "the motion"), past, base, doing, time)
    if roll < 0.75:
        noun = rng.choice(lexicon.PEOPLE)
        name = lexicon.person_name(rng)
        who, the = (f"{noun.article} {noun.one}", f"the {noun.one}") if rng.random() < 0.7 else (name, name)
        verb = rng.choice(_PERSON_VERBS)
    else:
        noun = rng.choice((lexicon.ANIMALS, lexicon.VEHICLES)[rng.random() < 0.5])
        colour = rng.choice(lexicon.COLOURS) + " " if rng.random() < 0.3 else ""
        who, the = f"{lexicon.article(colour + noun.one)} {colour}{noun.one}", f"the {noun.one}"
        verb = rng.choice(_MOVER_VERBS if noun.kinds & {"vehicle"} else _MOVER_VERBS[:-1])
    past, base, doing = (say(rng, part, **slots) for part in verb.split("|"))
    return Event(who, the, past, base, doing, time)


def events_piece(rng: Random, how_many: int | None = None) -> Piece:
    """A log of one to six events in the order of time."""
    count = how_many or rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6))
    times = sorted(rng.sample(range(1440), count)) if rng.random() < 0.4 else _close_times(rng, count)
    events: list[Event] = []
    while len(events) < count:
        event = make_event(rng, clock(times[len(events)]))
        if all(
            event.the != e.the and event.past != e.past and e.the not in event.the and event.the not in e.the
            for e in events
        ):
            events.append(event)
    timed = count > 1 or rng.random() < 0.75
    lines = [_line(rng, e, timed) for e in events]
    style = rng.random()
    text = (
        "\n".join(lines)
        if style < 0.3 and count > 1
        else ", ".join(lines)
        if style < 0.7
        else "; ".join(lines)
        if style < 0.8
        else ". ".join(capital(x) for x in lines)
    )
    clause = listing([f"{e.who} {e.past}" + (f" at {e.time}" if timed else "") for e in events])
    piece = Piece(
        text,
        capital(clause) + ".",
        [(e.time if timed else "event", f"{e.who} {e.past}") for e in events],
        clause,
        "main",
        frozenset({"events", "things", "place", "person", "people"} | ({"time"} if timed else set())),
    )
    piece.asks = [lambda r: _ask(r, events, times, timed)]
    if count == 1:
        piece.fields = [Field(("event", "what"), "string", f"{events[0].who} {events[0].past}")] + (
            [Field(("time", "at", "when"), "string", events[0].time)] if timed else []
        )
        actor = events[0].the.removeprefix("the ")
        if not events[0].past.startswith(("was", "fired", "went")):
            piece.fields.append(Field(("who", "actor", "subject"), "string", actor))
    else:
        piece.fields = [
            Field(("first_time", "start_time"), "string", events[0].time),
            Field(("last_time", "end_time"), "string", events[-1].time),
            Field(("events", "event_count", "number_of_events"), "integer", count),
        ]
    return piece


def _close_times(rng: Random, count: int) -> list[int]:
    start = rng.randrange(1300)
    times = [start]
    while len(times) < count:
        times.append(min(1439, times[-1] + rng.randint(1, 20)))
    return times if len(set(times)) == count else sorted(rng.sample(range(1440), count))


def _line(rng: Random, event: Event, timed: bool) -> str:  # noqa: FBT001 - one private switch
    if not timed:
        return f"{event.who} {event.past}"
    return say(
        rng,
        "({t} {w} {v}|{t}: {w} {v}|at {t} {w} {v}|{w} {v} at {t}|{t} - {w} {v}|[{t}] {w} {v})".replace("[", "").replace(
            "]", ""
        ),
        t=event.time,
        w=event.who,
        v=event.past,
    )


def _ask(rng: Random, events: list[Event], times: list[int], timed: bool) -> Question:  # noqa: FBT001, PLR0911 - one kind of question each
    e = rng.choice(events)
    did = {"w": e.the, "b": e.base, "v": e.past, "t": e.time, "W": capital(e.the)}
    at = f" at {e.time}" if timed else ""
    person = (
        " " not in e.the
        or e.the.startswith(("Mr", "Mrs", "Ms", "Dr"))
        or any(e.the == f"the {n.one}" for n in lexicon.PEOPLE)
        or e.the[:1].isupper()
    )
    roll = rng.random()
    passive = e.base.startswith("be ")
    if roll < 0.22:
        text = one_of(
            rng,
            (
                "(When|At what time|At which time) did {w} {b}?",
                "(When|What time) was it when {w} {v}?",
                "When exactly did {w} {b}?",
                "(Tell me|Say) when {w} {v}.",
                "(What|Which) time did {w} {b}?",
                "When was that with {w}?",
                "since when",
            )
            if not passive
            else ("(When|At what time) {w} {v}?".replace("{w} {v}", "was {w} " + e.past.removeprefix("was ")),),
            **did,
        )
        if text == "since when":
            text = f"When did {e.the} {e.base}?"
        return Question("when", text, f"At {e.time}." if timed else "Not stated.", e.base)
    if roll < 0.37 and not passive:
        word = "Who" if person else "What"
        text = one_of(
            rng,
            ("{q} {v}?", "{q} {v}?", "{q} was it that {v}?", "(Tell me|Say) (who|what) {v}.", "Which (person|one) {v}?")
            if person
            else ("{q} {v}?", "(Tell me|Say) what {v}."),
            q=word,
            **did,
        )
        text = (
            text.replace("Tell me who", "Tell me who" if person else "Tell me what")
            .replace("Say what", "Say who" if person else "Say what")
            .replace("Tell me what", "Tell me who" if person else "Tell me what")
        )
        return Question("who-did", text, f"{capital(e.who)}.", e.base)
    if roll < 0.52:
        text = one_of(
            rng,
            (
                "What did {w} do?",
                "What did {w} do?",
                "What happened with {w}?",
                "What (about|was it with) {w}?",
                "(Tell me|Say) what {w} did.",
                "What was {w} doing?",
                "{W} did what?",
            ),
            **did,
        )
        return Question("did", text, f"{capital(e.the)} {e.past}{at}.", e.the)
    if roll < 0.64 and timed:
        text = one_of(
            rng,
            (
                "What happened at {t}?",
                "What happened at {t}?",
                "What (was|went) on at {t}?",
                "(Tell me|Say) what happened at {t}.",
                "What (is|was) (recorded|noted|logged|reported) (at|for) {t}?",
                "{t}: what happened?",
                "what was there at {t}",
            ),
            **did,
        )
        return Question("at-time", text, f"{capital(e.who)} {e.past}.", e.base)
    if roll < 0.8:
        other = make_event(rng, "")
        asked = e if rng.random() < 0.55 or passive else other
        if asked is other and (other.base.startswith("be ") or any(other.base == x.base for x in events)):
            asked = e
        text = (
            yes_no(rng, f"{e.the} {asked.past}", f"did {e.the} {asked.base}")
            if not passive
            else yes_no(rng, f"{e.the} {e.past}", f"was {e.the} {e.past.removeprefix('was ')}")
        )
        if asked is e:
            return Question("did-it", text, f"Yes, {e.the} {e.past}{at}.", e.base)
        return Question("did-it", text, "Not stated.", asked.base)
    if len(events) > 1 and roll < 0.93:
        return _order(rng, events, times)
    if roll < 0.96 and len(events) > 1:
        from language import number  # noqa: PLC0415

        return Question(
            "count-events",
            one_of(
                rng,
                (
                    "How many (events|entries|lines|things) (are there|are listed|happened|were logged)?",
                    "How many things happened?",
                    "How many (events|entries) does the log have?",
                ),
            ),
            f"{capital(number(len(events)))}.",
            "events",
        )
    text = one_of(
        rng,
        (
            "Why did {w} {b}?",
            "Who (saw|told|sent|helped) {w}?",
            "How long did it take {w} to {b}?",
            "What (colour|color) was the (jacket|hat|bag) of {w}?",
            "What (did|does) {w} (say|want|think)?",
            "How old is {w}?",
            "Where did {w} go after that?",
            "What did it cost?",
            "how many people were there?",
        )
        if person and not passive
        else ("Why did {w} {b}?", "Who caused it?", "How long did it last?", "Who repaired it?", "What was the cause?")
        if not passive
        else ("Who caused it?", "What was the cause?"),
        **did,
    )
    return Question("untold-event", text, "Not stated.", e.base)


def _order(rng: Random, events: list[Event], times: list[int]) -> Question:
    first = rng.random() < 0.5
    roll = rng.random()
    pick = events[0] if first else events[-1]
    if roll < 0.35:
        text = one_of(
            rng,
            (
                "What happened (first|at the beginning)?",
                "(What|Which event) (was|came) first?",
                "What was the first event?",
                "what was the earliest event",
            )
            if first
            else (
                "What happened last?",
                "(What|Which event) (was|came) last?",
                "What was the last event?",
                "What is the latest entry?",
                "What was the most recent event?",
            ),
        )
        return Question("order", text, f"{capital(pick.who)} {pick.past} at {pick.time}.", "order")
    a, b = rng.sample(range(len(events)), 2)
    if roll < 0.7:
        before = rng.random() < 0.5
        word = "before" if before else "after"
        text = (
            yes_no(
                rng,
                f"{events[a].the} {events[a].past} {word} {events[b].the} {events[b].past}",
                f"did {events[a].the} {events[a].base} {word} {events[b].the} {events[b].past}",
            )
            if not events[a].base.startswith("be ")
            else f"Was {events[a].the} {events[a].past.removeprefix('was ')} {word} {events[b].the} {events[b].past}?"
        )
        truth = (times[a] < times[b]) == before
        return Question(
            "order",
            text,
            f"{'Yes' if truth else 'No'}, {events[a].the} {events[a].past} at {events[a].time} and {events[b].the} {events[b].past} at {events[b].time}.",
            "order",
        )
    x, y = events[a].the, events[b].the
    text = one_of(
        rng,
        (
            "(Who|Which|What) (came|was|did it) {f}, {x} or {y}?",
            "(Which|Who) (was|came) {c}: {x} or {y}?",
            "Was {x} or {y} {f}?",
        ),
        f="first" if first else "last",
        c="earlier" if first else "later",
        x=x,
        y=y,
    )
    win = events[min(a, b)] if first else events[max(a, b)]
    return Question("order", text, f"{capital(win.the)}, at {win.time}.", "order")


def log_asks(events: list[Event], times: list[int]) -> list[Ask]:
    """Questions about a log."""
    return [lambda r: _ask(r, events, times, timed=True)]
