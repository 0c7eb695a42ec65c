"""Facts in the words that a text model reads: `two people and a dog. The motion is at the door. ...`.

The forms are those that the shipped model was trained on and answers best, measured by `tests.bench.observations`. The
text never says more than the facts: without a detector what moves is a `thing`, and what was counted is not said to be
what moves. Pure; the same in every locale.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from agent.camera.values import Code, Condition, Direction, Facts, Mover
from agent.printable import printable
from agent.units import UnixSeconds

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PLURALS = {
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "mouse": "mice",
    "knife": "knives",
    "sheep": "sheep",
    "skis": "skis",
    "scissors": "scissors",
}
_HISSING = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"
_WHATEVER_MOVES = "thing"
_MOVING = {
    None: "moving",
    Direction.LEFT: "moving left",
    Direction.RIGHT: "moving right",
    Direction.CLOSER: "moving towards the camera",
    Direction.AWAY: "moving away from the camera",
}
_TOWARDS = {
    Direction.LEFT: "left",
    Direction.RIGHT: "right",
    Direction.CLOSER: "towards the camera",
    Direction.AWAY: "away from the camera",
}
_TROUBLES = {
    Condition.COVERED: "the camera is covered",
    Condition.BLACK: "the picture is black",
    Condition.FROZEN: "the picture is frozen",
    Condition.BLURRED: "the picture is blurred",
    Condition.LOST: "the camera is lost and there is no picture",
}
_MOST_GROUPS = 2
"""Of movers that differ in place or direction. Told of more, the model mixes them up."""
_MOST_CODE_CHARACTERS = 80
_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))
"""Each is used from two of it on: the model has no singular."""


def describe_facts(facts: Facts) -> str:
    """What is known, in words.

    Args:
        facts: Of one moment.

    Returns:
        Sentences and fragments without a line break, which end in a full stop. Of a picture with something wrong, only
        that and the time: the rest cannot be relied on.
    """
    clock = _clock(facts.taken_at)
    if facts.condition is not Condition.CLEAR:
        return f"{_TROUBLES[facts.condition]}, {clock}."
    counted = {label: number for label, number in (facts.counts or {}).items() if number > 0}
    codes = [_code(code) for code in facts.codes]
    light = f"the light is {facts.light}" if facts.light else ""
    if counted and facts.movers:
        return _joined(
            ". ", map(_capital, [", ".join([_things(counted), *codes]), _motion(facts.movers), clock, light])
        )
    if counted:
        what = _things(counted)
    elif facts.movers:
        what = _movers(facts.movers)
    else:
        what = "" if facts.counts is None or codes else "nothing recognised"
    return _joined(", ", [what, *codes, _still(facts), clock, light])


def _joined(between: str, parts: Iterable[str]) -> str:
    return between.join(part for part in parts if part) + "."


def _things(counted: Mapping[str, int]) -> str:
    """`two people and a dog`: people first, then what there is most of."""
    ordered = sorted(counted.items(), key=lambda item: (item[0] != "person", -item[1], item[0]))
    return _listed([_how_many(number, _spaced(label)) for label, number in ordered])


def _movers(movers: Sequence[Mover]) -> str:
    """`a thing moving left at the door and two things moving at the gate`."""
    for groups in (
        Counter((mover.zone, mover.direction) for mover in movers),
        Counter((mover.zone, None) for mover in movers),
    ):
        if len(groups) <= _MOST_GROUPS:
            return _listed(
                [
                    f"{_how_many(number, _WHATEVER_MOVES)} {_MOVING[direction]}{_at(zone)}"
                    for (zone, direction), number in groups.items()
                ]
            )
    return f"{_how_many(len(movers), _WHATEVER_MOVES)} moving"


def _motion(movers: Sequence[Mover]) -> str:
    """Where there is motion, when a detector says what is there: which of it moves is not known."""
    zones = {mover.zone for mover in movers}
    directions = {mover.direction for mover in movers}
    zone = zones.pop() if len(zones) == 1 else None
    direction = directions.pop() if len(directions) == 1 else None
    motion = f"the motion is{_at(zone)}" if zone else "motion is detected"
    return f"{motion} and the direction is {_TOWARDS[direction]}" if direction else motion


def _still(facts: Facts) -> str:
    if facts.movers or facts.still is None:
        return ""
    for unit_s, name in _UNITS:
        if facts.still >= 2 * unit_s:
            return f"no motion for {int(facts.still / unit_s)} {name}"
    return "no motion"


def _code(code: Code) -> str:
    kind = "QR code" if code.kind == "qr" else "barcode"
    text = " ".join(printable(code.text).replace('"', "'").split())
    if len(text) > _MOST_CODE_CHARACTERS:
        text = f"{text[:_MOST_CODE_CHARACTERS]}..."
    return f'{kind} "{text}"'


def _how_many(number: int, noun: str) -> str:
    if number == 1:
        return f"{'an' if noun[0] in _VOWELS else 'a'} {noun}"
    return f"{_NUMBERS[number] if number < len(_NUMBERS) else number} {_plural(noun)}"


def _plural(noun: str) -> str:
    *before, last = noun.split(" ")
    if last in _PLURALS:
        plural = _PLURALS[last]
    elif last.endswith(_HISSING):
        plural = f"{last}es"
    elif last.endswith("y") and last[-2:-1] not in _VOWELS:
        plural = f"{last[:-1]}ies"
    else:
        plural = f"{last}s"
    return " ".join([*before, plural])


def _at(zone: str | None) -> str:
    """` at the door`; ` at zone 2`."""
    if zone is None:
        return ""
    name = _spaced(zone)
    return f" at {name}" if name[-1].isdigit() else f" at the {name}"


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").split()) or name


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _clock(at: UnixSeconds) -> str:
    """Local time of the day."""
    local = time.localtime(at)
    return f"{local.tm_hour:02}:{local.tm_min:02}"
