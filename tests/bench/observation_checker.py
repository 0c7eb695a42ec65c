"""Says what is wrong with a sentence about a scene. Written apart from the wording, which it does not import.

Strict: the sentence is cut into clauses, and each must be of a form that this file knows and agree with the facts.
What it does not understand counts as invented. What is left out is told apart from what is wrong.
"""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from agent.camera.values import Condition, Direction, Facts, Mover

_NUMBERS = {"a": 1, "an": 1, "one": 1} | {
    word: number
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)  # noqa: SIM905
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_ODD_PLURALS = {"people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse"}
_DIRECTIONS = {
    "left": Direction.LEFT,
    "right": Direction.RIGHT,
    "towards the camera": Direction.CLOSER,
    "closer": Direction.CLOSER,
    "away from the camera": Direction.AWAY,
    "away": Direction.AWAY,
}
_CONDITIONS = {
    Condition.COVERED: "covered",
    Condition.BLACK: "black",
    Condition.FROZEN: "frozen",
    Condition.BLURRED: "blurred",
    Condition.LOST: "lost",
}
_WAY = "|".join(_DIRECTIONS)
_SHAPES = re.compile(
    rf"(?P<n>\w+) (?:shapes?|things?|objects?) (?:is|are) moving(?: (?P<way>{_WAY}))?(?: at (?P<zone>.+))?"
)
_THINGS = re.compile(r"(?P<n>\w+) (?P<noun>[a-z ]+?)(?: (?:is|are)(?: there| seen| in the picture)?)?")
_MOTION = re.compile(r"(?:there is |the )?motion(?: is)?(?: detected)?(?: (?:at|in) (?P<zone>.+))?")
_WAY_OF_MOTION = re.compile(rf"the direction is (?P<way>{_WAY})")
_STILL = re.compile(
    r"(?:it has been |there is |there has been )?no motion(?: for (?P<n>\d+) (?P<unit>second|minute|hour|day)s?)?"
)
_LIGHT = re.compile(r"(?:the light|it) is (?P<light>dark|dim|bright)")
_NOBODY = re.compile(r"nobody is there|no people are there|nobody is seen")
_TROUBLE = re.compile(
    r"the (?:camera|picture|lens) is (?P<what>covered|black|frozen|blurred|lost)|(?P<none>there is no picture)"
)
_CLOCK = re.compile(r"(?: ?\b[Aa]t )?\b(\d\d:\d\d)\b")
_CODE_NAMES = {"QR code": "qr", "barcode": None}


@dataclass(slots=True)
class Verdict:
    """Attributes: wrong: What the facts do not say; missing: what of them is not said."""

    wrong: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Said:
    """What has been understood so far."""

    labels: set[str] = field(default_factory=set)
    shapes: int = 0
    subjects: set[str] = field(default_factory=set)
    motion_zone: str | None = None


def judge(facts: Facts, sentence: str) -> Verdict:
    """Compare a sentence with the facts."""
    verdict, said = Verdict(), _Said()
    text = sentence.strip().removesuffix(".")
    text = _without_codes(facts, text, verdict, said)
    text = _without_clock(facts, text, verdict, said)
    for clause in re.split(r", and |, | and ", text):
        words = clause.strip()
        if words:
            words = words[0].lower() + words[1:]
            problem = _judge_clause(facts, words, said)
            if problem:
                verdict.wrong.append(f"{problem}: {words}")
    _find_missing(facts, said, verdict)
    return verdict


def _without_codes(facts: Facts, text: str, verdict: Verdict, said: _Said) -> str:
    for code in facts.codes:
        name = "QR code" if code.kind == "qr" else "barcode"
        pattern = rf"(?:the |a )?{name}(?: reads| says| is)? \"?{re.escape(code.text.rstrip('.?!'))}[.?!]?\"?"
        text, found = re.subn(pattern, "", text, flags=re.IGNORECASE)
        if found:
            said.subjects.add(f"code {code.text}")
    if re.search("qr code|barcode", text, re.IGNORECASE):
        verdict.wrong.append("a code that was not read so")
    return text


def _without_clock(facts: Facts, text: str, verdict: Verdict, said: _Said) -> str:
    local = time.localtime(facts.taken_at)
    for told in _CLOCK.findall(text):
        if told == f"{local.tm_hour:02}:{local.tm_min:02}":
            said.subjects.add("time")
        else:
            verdict.wrong.append(f"wrong time: {told}")
    return _CLOCK.sub("", text)


def _judge_clause(facts: Facts, words: str, said: _Said) -> str | None:  # noqa: PLR0911 - one for each form
    if found := _TROUBLE.fullmatch(words):
        said.subjects.add("condition")
        told = "lost" if found["none"] else found["what"]
        return None if _CONDITIONS.get(facts.condition) == told else "wrong condition"
    if found := _LIGHT.fullmatch(words):
        said.subjects.add("light")
        return None if facts.light == found["light"] else "wrong light"
    if found := _STILL.fullmatch(words):
        return _judge_still(facts, found, said)
    if _NOBODY.fullmatch(words):
        said.subjects.add("nobody")
        return None if facts.counts is not None and not facts.counts.get("person") and not facts.movers else "nobody"
    if found := _SHAPES.fullmatch(words):
        return _judge_shapes(facts, found, said)
    if found := _MOTION.fullmatch(words):
        said.subjects.add("motion")
        said.motion_zone = _zone(found["zone"])
        return None if _matching(facts, said.motion_zone, None) else "no such motion"
    if found := _WAY_OF_MOTION.fullmatch(words):
        return None if _matching(facts, said.motion_zone, _DIRECTIONS[found["way"]]) else "wrong direction"
    if found := _THINGS.fullmatch(words):
        return _judge_things(facts, found, said)
    return "not in the facts"


def _judge_still(facts: Facts, found: re.Match[str], said: _Said) -> str | None:
    said.subjects.add("still")
    if facts.movers or facts.still is None:
        return "there is motion, or it is not known"
    if found["n"] is None:
        return None
    unit = _SECONDS[found["unit"]]
    return None if abs(int(found["n"]) * unit - facts.still) < unit else "wrong duration"


def _judge_shapes(facts: Facts, found: re.Match[str], said: _Said) -> str | None:
    number = _number(found["n"])
    way = _DIRECTIONS[found["way"]] if found["way"] else None
    there = _matching(facts, _zone(found["zone"]), way)
    said.subjects.add("motion")
    said.shapes += number or 0
    if number is None or number > len(there) or said.shapes > len(facts.movers):
        return "wrong number, place or direction of what moves"
    return None


def _judge_things(facts: Facts, found: re.Match[str], said: _Said) -> str | None:
    label = _label(found["noun"], facts.counts or {})
    seen = (facts.counts or {}).get(label, 0)
    if label in said.labels or not seen:
        return "a thing that is not there"
    said.labels.add(label)
    return None if _number(found["n"]) == seen else "wrong number of things"


def _matching(facts: Facts, zone: str | None, way: Direction | None) -> list[Mover]:
    return [
        mover
        for mover in facts.movers
        if (zone is None or (mover.zone is not None and _zone(mover.zone) == zone))
        and (way is None or mover.direction is way)
    ]


def _find_missing(facts: Facts, said: _Said, verdict: Verdict) -> None:
    wanted = {"time"}
    if facts.condition is not Condition.CLEAR:
        wanted |= {"condition"}
    else:
        wanted |= {"light"} | {f"code {code.text}" for code in facts.codes}
        labels = {label for label, number in (facts.counts or {}).items() if number}
        verdict.missing.extend(sorted(labels - said.labels))
        if facts.movers:
            wanted |= {"motion"}
            if said.shapes and said.shapes != len(facts.movers):
                verdict.missing.append("some of what moves")
        elif facts.still is not None:
            wanted |= {"still"}
    verdict.missing.extend(sorted(wanted - said.subjects))


def _zone(told: str | None) -> str | None:
    return None if told is None else told.removeprefix("the ").replace("_", " ").replace("-", " ")


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else _NUMBERS.get(word)


def _label(noun: str, labels: Collection[str]) -> str:
    """Which of the labels a noun is, singular or plural; the noun itself: none of them."""
    singulars = {noun, noun.removesuffix("s"), noun.removesuffix("es"), _ODD_PLURALS.get(noun, noun)}
    return next((label for label in labels if label in singulars), noun)
