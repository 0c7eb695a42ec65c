"""Judge an answer of edge-tiny to a question written by hand.

Purpose: say whether an answer is right, and if not why, without a second model. Owns the item
record and the JSONL format of `tests/edge_tiny/`. Invariant: pure; a verdict depends only on the
item and the answer. Where a rule has to choose, it is strict: a yes or no without its reason, a
number that nobody gave and a thing that is not in the scene are all wrong answers.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal, TypeGuard, get_args

Job = Literal["describe", "ask", "extract", "telemetry", "about"]
JsonObject = dict[str, object]
Tokens = tuple[str, ...]

JOBS: Final = frozenset(get_args(Job))
OPENINGS: Final = frozenset({"yes", "no", "not stated"})
MAX_SENTENCES: Final[Mapping[Job, int]] = {
    "describe": 1,
    "ask": 2,
    "extract": 1,
    "telemetry": 2,
    "about": 3,
}


class ItemError(ValueError):
    """A line of an evaluation file is not a valid item."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a right answer must and must not say.

    Attributes:
        begins: The openings allowed ("yes", "no", "not stated"); empty when any will do.
        contains: Groups of alternatives; the answer has one alternative of each group.
        absent: Words and phrases that the answer must not have.
        json: The objects allowed, when the answer is JSON; empty otherwise.
        max_sentences: How many sentences the answer may have.
    """

    begins: tuple[str, ...] = ()
    contains: tuple[tuple[str, ...], ...] = ()
    absent: tuple[str, ...] = ()
    json: tuple[JsonObject, ...] = ()
    max_sentences: int = 2


@dataclass(frozen=True, slots=True)
class Item:
    """One question with what is expected of its answer.

    Attributes:
        id: Unique in its file.
        job: Which of the model's jobs it asks for.
        prompt: The whole user message.
        expect: The rules for the answer.
        gold: An answer that is right, as a careful person would write it.
        wrong: Answers that look plausible and that the judge must refuse.
    """

    id: str
    job: Job
    prompt: str
    expect: Expectation
    gold: str
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is correct, and the first rule that it broke (or "ok")."""

    correct: bool
    why: str


def judge(item: Item, answer: str) -> Verdict:
    """Judge one answer.

    Args:
        item: The question and its expectation.
        answer: The model's text, special tokens removed.

    Returns:
        The verdict; `why` names the first broken rule.
    """
    for problem in _problems(item, answer.strip()):
        return Verdict(correct=False, why=problem)
    return Verdict(correct=True, why="ok")


def _problems(item: Item, answer: str) -> Iterator[str]:
    expect = item.expect
    if not answer:
        yield "empty answer"
        return
    if expect.json:
        yield from _json_problems(expect.json, answer)
        return
    yield from _wording_problems(expect, answer)
    if item.job != "about":
        yield from _echo_problems(item, answer)
        yield from _invention_problems(item, answer)


def _wording_problems(expect: Expectation, answer: str) -> Iterator[str]:
    tokens = tokenize(answer)
    if expect.begins and not any(tokens[: len(t)] == t for t in map(tokenize, expect.begins)):
        yield f"does not begin with {' or '.join(expect.begins)}"
    for group in expect.contains:
        if not any(_has(tokens, alternative) for alternative in group):
            yield f"says none of {', '.join(group)}"
    for word in expect.absent:
        if _has(tokens, word):
            yield f"says {word}"
    if (count := _sentence_count(answer)) > expect.max_sentences:
        yield f"{count} sentences, at most {expect.max_sentences} allowed"


def _echo_problems(item: Item, answer: str) -> Iterator[str]:
    """Yield what shows that the answer is the prompt again, or a piece of its format."""
    if answer.startswith(("{", "[")):
        yield "JSON was not asked for"
    if "\n" in answer or "?" in answer:
        yield "more than an answer"
    tokens = tokenize(answer)
    if any(_has(tokens, word) for word in ("describe", "sentence", "question")):
        yield "repeats the instruction"
    if _has(tokens, item.prompt) or tokens[:1] in (("facts",), ("telemetry",)):
        yield "repeats the prompt"
    if item.job == "describe" and _VERBS.isdisjoint(tokens):
        yield "has no verb"


# A list of facts is not a sentence; a sentence of this world has one of these.
_VERBS: Final = frozenset(
    (
        *("is", "are", "was", "were", "be", "been", "has", "have", "had", "can", "cannot", "could"),
        *("stands", "stand", "sits", "sit", "lies", "lie", "waits", "wait", "walks", "walk", "walked"),
        *("runs", "run", "ran", "moves", "move", "moved", "goes", "go", "went", "comes", "come", "came"),
        *("enters", "enter", "entered", "leaves", "leave", "arrives", "arrived", "passes", "pass"),
        *("rides", "ride", "rode", "rings", "rang", "hands", "handed", "gives", "gave", "holds", "hold"),
        *("wears", "wear", "carries", "carry", "carried", "leans", "lean", "blocks", "crosses", "stays"),
        *("shows", "show", "sees", "see", "saw", "reads", "read", "detects", "detected", "stopped"),
    )
)


# Words and numbers ---------------------------------------------------------------------------

_BELOW_20: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBER_WORDS: Final[Mapping[str, int]] = {
    **{word: value for value, word in enumerate(_BELOW_20)},
    **{word: 20 + 10 * index for index, word in enumerate(_TENS)},
}
_TOKEN: Final = re.compile(
    r"""
      (?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)            # a time of day
    | (?:(?<![\w)])-)?\d{1,3}(?:,\d{3})+(?![\d,])      # 12,500
    | (?:(?<![\w)])-)?\d+(?:\.\d+)?                    # 3, -4, 11.2
    | [^\W\d_][^\W_]*                                  # a word, a code such as cam2 or ab12
    | [%°]
    """,
    re.VERBOSE,
)
_LOOKALIKES: Final = str.maketrans({"−": "-", "–": "-", "—": "-", "‑": "-", "’": "'", "º": "°"})  # noqa: RUF001
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_TIME: Final = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")


def tokenize(text: str) -> Tokens:
    """Split text into lower-case words and numbers in one canonical form.

    "Two", "2" and "2.0" become "2"; "twenty-one" becomes "21"; "minus 4" becomes "-4"; "08:05" is
    "8:05"; a unit is parted from its number. Punctuation goes away, so that two spellings of one
    phrase have the same tokens.
    """
    tokens: list[str] = []
    plain = text.translate(_LOOKALIKES).lower().replace("n't", " not")
    for raw in _TOKEN.findall(plain):
        token = _canonical(raw)
        previous = tokens[-1] if tokens else ""
        if raw in _BELOW_20[1:10] and previous in _TENS:
            tokens[-1] = str(_NUMBER_WORDS[previous] + _NUMBER_WORDS[raw])
        elif previous == "minus" and _NUMBER.fullmatch(token):
            tokens[-1] = f"-{token}"
        else:
            tokens.append(raw if raw in _TENS else token)
    return tuple(str(_NUMBER_WORDS[t]) if t in _NUMBER_WORDS else t for t in tokens)


def _canonical(raw: str) -> str:
    if raw in _NUMBER_WORDS:
        return str(_NUMBER_WORDS[raw])
    if _TIME.fullmatch(raw):
        return raw.removeprefix("0") if raw[1] != ":" else raw
    digits = raw.replace(",", "")
    if _NUMBER.fullmatch(digits):
        return f"{float(digits):.10g}" if "." in digits else str(int(digits))
    return raw


def _has(tokens: Tokens, phrase: str) -> bool:
    wanted = tokenize(phrase)
    width = len(wanted)
    return any(tokens[i : i + width] == wanted for i in range(len(tokens) - width + 1))


def _sentence_count(text: str) -> int:
    return max(1, len(re.findall(r"[.!?]+(?=\s|$)", text)))


# Nothing invented ----------------------------------------------------------------------------

# Things, places and colours that a model of this world tends to make up. Words that stand above
# others (person, animal, vehicle) are left out: they may be inferred, a gate may not.
_SCENE_WORDS: Final = """
    man woman boy girl child kid baby guard driver courier postman worker visitor cyclist
    dog cat bird horse cow sheep goat fox deer rabbit rat mouse pig chicken duck
    car van truck lorry bus bicycle bike motorcycle motorbike scooter forklift tractor trailer
    train boat ambulance taxi pickup
    door gate yard garden street road driveway garage kitchen hall hallway corridor lobby
    reception entrance exit stair staircase lift elevator roof balcony terrace porch fence wall
    window dock warehouse aisle shelf office workshop platform ramp bridge field barn stable
    pool playground park counter checkout till desk conveyor belt pallet box parcel package bag
    backpack suitcase umbrella ladder bottle cup chair table bench helmet vest hat cap phone
    knife key card barrel crate cone bin tree lamp fire smoke flame water puddle snow rain fog
    red blue green yellow white black brown grey gray orange pink purple silver beige
    north south east west monday tuesday wednesday thursday friday saturday sunday
"""
_SINGULAR: Final[Mapping[str, str]] = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "kids": "kid",
    "mice": "mouse",
    "shelves": "shelf",
    "knives": "knife",
    "bus": "bus",
    "buses": "bus",
    "gray": "grey",
    "lorries": "lorry",
    "babies": "baby",
}
_UNIT_NAMES: Final[Mapping[str, str]] = {
    "w": "W",
    "watt": "W",
    "watts": "W",
    "mw": "mW",
    "milliwatts": "mW",
    "v": "V",
    "volts": "V",
    "°": "°C",
    "c": "°C",
    "degrees": "°C",
    "%": "%",
    "percent": "%",
    "gb": "GB",
    "gigabytes": "GB",
    "mb": "MB",
    "megabytes": "MB",
    "mhz": "MHz",
    "rpm": "rpm",
    "ms": "ms",
    "milliseconds": "ms",
    "seconds": "s",
    "minutes": "min",
    "min": "min",
    "hours": "h",
    "h": "h",
    "days": "d",
    "d": "d",
}


def _invention_problems(item: Item, answer: str) -> Iterator[str]:
    """Yield what the answer says that neither the prompt nor the expectation has."""
    given = tokenize(item.prompt)
    for group in item.expect.contains:
        for alternative in group:
            given += ("", *tokenize(alternative))  # "" keeps two phrases from touching
    known = {_singular(token) for token in given} | {"1"}  # "a dog" may be "one dog"
    known |= {token[:-3] for token in given if token.count(":") > 1}  # 22:40 from 22:40:15
    said = tokenize(answer)
    for token in said:
        is_number = _NUMBER.fullmatch(token) or _TIME.fullmatch(token)
        if (is_number or _singular(token) in _SCENE) and _singular(token) not in known:
            yield f"{token} is not in the facts"
    units = _units_by_number(given)
    for number, names in _units_by_number(said).items():
        if number in units and not names <= units[number]:
            yield f"{number} has another unit in the facts"


def _units_by_number(tokens: Tokens) -> dict[str, set[str]]:
    units: dict[str, set[str]] = {}
    for number, unit in pairwise(tokens):
        if _NUMBER.fullmatch(number) and unit in _UNIT_NAMES:
            units.setdefault(number, set()).add(_UNIT_NAMES[unit])
    return units


def _singular(word: str) -> str:
    if word in _SINGULAR:
        return _SINGULAR[word]
    for ending in ("ches", "shes", "xes", "sses"):
        if word.endswith(ending):
            return word.removesuffix("es")
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):  # noqa: PLR2004
        return word.removesuffix("s")
    return word


_SCENE: Final = frozenset(map(_singular, _SCENE_WORDS.split()))


# JSON ----------------------------------------------------------------------------------------


def _json_problems(allowed: Sequence[JsonObject], answer: str) -> Iterator[str]:
    try:
        said: object = json.loads(answer, object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant)
    except ValueError as error:
        yield f"not one JSON object: {error}"
        return
    if not any(_same(said, wanted) for wanted in allowed):
        yield f"expected {json.dumps(allowed[0], ensure_ascii=False)}"


def _unique_pairs(pairs: Sequence[tuple[str, object]]) -> JsonObject:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _same(said: object, wanted: object) -> bool:
    """Compare JSON values: 2 equals 2.0 but not true, strings in any case, objects in any order."""
    match said, wanted:
        case (bool(), _) | (_, bool()):
            return said is wanted
        case (int() | float(), int() | float()):
            return said == wanted
        case str(), str():
            return " ".join(said.split()).casefold() == " ".join(wanted.split()).casefold()
        case list(), list():
            return len(said) == len(wanted) and all(map(_same, said, wanted))
        case dict(), dict():
            return said.keys() == wanted.keys() and all(_same(said[k], wanted[k]) for k in wanted)
        case _:
            return said is None and wanted is None


# Loading -------------------------------------------------------------------------------------


def load_items(path: Path) -> tuple[Item, ...]:
    """Load the items of a JSONL file.

    Args:
        path: A file with one item per line; empty lines are skipped.

    Returns:
        The items in the order of the file.

    Raises:
        ItemError: A line is not a valid item, or repeats an id or a prompt.
        OSError: The file cannot be read.
    """
    items: list[Item] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = parse_item(line)
            for text in (item.id, " ".join(item.prompt.casefold().split())):
                _require(text not in seen, f"occurs twice: {text}")
                seen.add(text)
        except ItemError as error:
            raise ItemError(f"{path}:{number}: {error}") from error
        items.append(item)
    return tuple(items)


def parse_item(line: str) -> Item:
    """Parse one line.

    Args:
        line: A JSON object with `id`, `job`, `prompt`, `expect`, `gold` and perhaps `wrong`.

    Returns:
        The item.

    Raises:
        ItemError: The line is not JSON, or a field is missing, unknown or of the wrong type.
    """
    try:
        raw: object = json.loads(line, object_pairs_hook=_unique_pairs)
    except ValueError as error:
        raise ItemError(f"not JSON: {error}") from error
    fields = _object(raw, "item", {"id", "job", "prompt", "expect", "gold", "wrong"})
    job = _text(fields, "job")
    if not _is_job(job):
        raise ItemError(f"job: {job} is none of {', '.join(sorted(JOBS))}")
    return Item(
        id=_text(fields, "id"),
        job=job,
        prompt=_text(fields, "prompt"),
        expect=_parse_expectation(job, fields.get("expect")),
        gold=_text(fields, "gold"),
        wrong=_texts(fields.get("wrong", []), "wrong"),
    )


def _parse_expectation(job: Job, raw: object) -> Expectation:
    known = {"begins", "contains", "absent", "json", "max_sentences"}
    fields = _object(raw, "expect", known)
    begins = _texts(fields.get("begins", []), "begins")
    _require(set(begins) <= OPENINGS, f"begins: only {', '.join(sorted(OPENINGS))}")
    groups = fields.get("contains", [])
    _require(isinstance(groups, list), "contains: a list of groups")
    wanted = fields.get("json", [])
    each_wanted = wanted if isinstance(wanted, list) else [wanted]
    objects = tuple(each for each in each_wanted if isinstance(each, dict))
    _require(len(objects) == len(each_wanted), "json: an object, or a list of them")
    _require(bool(objects) == (job == "extract"), "json: for extract, and only for it")
    _require(objects or begins or groups, "expect: begins, contains or json is needed")
    limit = fields.get("max_sentences", MAX_SENTENCES[job])
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ItemError("max_sentences: a whole number from 1")
    return Expectation(
        begins=begins,
        contains=tuple(_texts(group, "contains") for group in _elements(groups)),
        absent=_texts(fields.get("absent", []), "absent"),
        json=objects,
        max_sentences=limit,
    )


def _is_job(name: str) -> TypeGuard[Job]:
    return name in JOBS


def _object(raw: object, name: str, known: set[str]) -> JsonObject:
    if not isinstance(raw, dict):
        raise ItemError(f"{name}: an object is needed")
    unknown = sorted(raw.keys() - known)
    _require(not unknown, f"{name}: unknown field {', '.join(unknown)}")
    return raw


def _text(fields: JsonObject, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ItemError(f"{name}: a text is needed")
    return value


def _texts(raw: object, name: str) -> tuple[str, ...]:
    values = (raw,) if isinstance(raw, str) else tuple(_elements(raw))
    texts = tuple(value for value in values if isinstance(value, str))
    # A text without a token would match everywhere.
    _require(len(texts) == len(values) and all(map(tokenize, texts)), f"{name}: texts are needed")
    return texts


def _elements(raw: object) -> Iterable[object]:
    if not isinstance(raw, list):
        raise ItemError("a list is needed")
    return raw


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ItemError(message)
