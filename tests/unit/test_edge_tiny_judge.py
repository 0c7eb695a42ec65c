"""The judge of edge-tiny's hand-written questions: what it accepts, and above all what it refuses."""

import dataclasses
import importlib.util
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
JUDGE_PATH = ROOT / "models" / "edge-tiny" / "training" / "judge.py"
QUESTIONS = ROOT / "tests" / "edge_tiny"


def _load_judge() -> ModuleType:
    # The training folder is a set of programs, not a package.
    spec = importlib.util.spec_from_file_location("edge_tiny_judge", JUDGE_PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


judging = _load_judge()
DEV = judging.load_items(QUESTIONS / "questions_dev.jsonl")
DEV2 = judging.load_items(QUESTIONS / "questions_dev2.jsonl")
TEST = judging.load_items(QUESTIONS / "questions_test.jsonl")
FILES = (DEV, DEV2, TEST)
ITEMS = (*DEV, *DEV2, *TEST)

every_item = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)


def _accepts(item: object, answer: str) -> bool:
    verdict = judging.judge(item, answer)
    assert verdict.correct == (verdict.why == "ok")
    return bool(verdict.correct)


def _ask(facts: str, *, job: str = "ask", **expect: object) -> object:
    expectation = judging.Expectation(**{"contains": (), **expect})
    return judging.Item(id="x", job=job, prompt=facts, expect=expectation, gold="-")


DOG = _ask(
    "Facts: two people and a brown dog at the door, 22:40. Is there an animal?",
    begins=("yes",),
    contains=(("dog",),),
    absent=("black",),
)


@pytest.mark.parametrize(
    "answer",
    [
        "Yes, there is a dog.",
        "yes - one dog",
        "Yes, a brown dog is at the door with two people.",
        "YES: the dog at the door at 22:40",
    ],
)
def test_accepts_a_right_answer_in_other_words(answer: str) -> None:
    assert _accepts(DOG, answer)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        ("Yes.", "says none of dog"),
        ("Yes, there are two people.", "says none of dog"),
        ("Yes, there are hotdogs.", "says none of dog"),
        ("No, there is a dog.", "does not begin"),
        ("Not stated.", "does not begin"),
        ("Facts: yes, two people and a dog", "does not begin"),
        ("Yes, a dog. Question: is there an animal?", "more than an answer"),
        ("Yesterday there was a dog.", "does not begin"),
        ("Yes, there is a black dog.", "says black"),
        ("Yes, there is a dog and a cat.", "cat is not in the facts"),
        ("Yes, there is a dog at the gate.", "gate is not in the facts"),
        ("Yes, there are 3 people and a dog.", "3 is not in the facts"),
        ("Yes, there is a dog at 22:41.", "22:41 is not in the facts"),
        ("Yes, there is a dog. It is brown. It is at the door.", "3 sentences"),
    ],
)
def test_refuses_and_says_why(answer: str, why: str) -> None:
    verdict = judging.judge(DOG, answer)
    assert not verdict.correct
    assert why in verdict.why


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("two", "2"),
        ("Twenty-one boxes", "21 boxes"),
        ("08:05", "8:05"),
        ("61°C", "61 °C"),
        ("87%", "87 %"),
        ("12,500 rpm", "12500 rpm"),
        ("minus 4", "-4"),
        ("\N{MINUS SIGN}4", "-4"),
        ("3.10", "3.1"),
        ("AB-123", "ab 123"),
        ("it isn\N{RIGHT SINGLE QUOTATION MARK}t", "it is not"),
    ],
)
def test_spellings_of_one_thing_are_equal(left: str, right: str) -> None:
    assert judging.tokenize(left) == judging.tokenize(right)


@pytest.mark.parametrize(("left", "right"), [("cam2", "cam 2"), ("1.2", "12"), ("22:40", "22.40"), ("8-4", "8 -4")])
def test_spellings_of_two_things_differ(left: str, right: str) -> None:
    assert judging.tokenize(left) != judging.tokenize(right)


def test_a_number_keeps_its_unit() -> None:
    item = _ask("Telemetry: power 11.2 W, GPU 61 °C. How hot?", job="telemetry", contains=(("61",),))
    assert _accepts(item, "61 degrees.")
    assert _accepts(item, "61")
    assert not _accepts(item, "61 W.")


def test_a_sum_that_the_expectation_names_is_not_invented() -> None:
    item = _ask("Facts: two cars, one bus. How many vehicles?", contains=(("three",),))
    assert _accepts(item, "Three vehicles.")
    assert not _accepts(item, "Three of four vehicles.")


PEOPLE_AND_DOG = judging.Item(
    id="x",
    job="extract",
    prompt="Facts: two people.",
    expect=judging.Expectation(json=({"people": 2, "dog": False, "place": "Yard", "time": None},)),
    gold="-",
)


@pytest.mark.parametrize(
    "answer",
    [
        '{"people":2,"dog":false,"place":"Yard","time":null}',
        ' {"time": null, "place": "yard", "dog": false, "people": 2.0}\n',
    ],
)
def test_accepts_the_same_object(answer: str) -> None:
    assert _accepts(PEOPLE_AND_DOG, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "two people",
        '{"people":2,"dog":false,"place":"yard"}',
        '{"people":2,"dog":false,"place":"yard","time":null,"more":1}',
        '{"people":"2","dog":false,"place":"yard","time":null}',
        '{"people":2,"dog":0,"place":"yard","time":null}',
        '{"people":2,"dog":null,"place":"yard","time":null}',
        '{"people":2,"dog":false,"place":"yard","time":""}',
        '{"people":2,"people":2,"dog":false,"place":"yard","time":null}',
        '{"people":NaN,"dog":false,"place":"yard","time":null}',
        'Here: {"people":2,"dog":false,"place":"yard","time":null}',
        '[{"people":2,"dog":false,"place":"yard","time":null}]',
    ],
)
def test_refuses_another_object(answer: str) -> None:
    assert not _accepts(PEOPLE_AND_DOG, answer)


VALID = '{"id":"a","job":"ask","prompt":"p","expect":{"begins":["yes"]},"gold":"Yes."}'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "item: an object"),
        (VALID.replace('"id":"a"', '"id":""'), "id: a text"),
        (VALID.replace('"ask"', '"sing"'), "job: sing"),
        (VALID.replace('"gold"', '"golden"'), "unknown field golden"),
        (VALID.replace('"begins":["yes"]', ""), "begins, contains or json"),
        (VALID.replace('["yes"]', '["maybe"]'), "begins: only"),
        (VALID.replace('"begins":["yes"]', '"contains":[["?"]]'), "texts are needed"),
        (VALID.replace('"begins":["yes"]', '"contains":"dog"'), "contains: a list"),
        (VALID.replace('"begins":["yes"]', '"json":{"a":1}'), "json: for extract"),
        (VALID.replace('["yes"]', '["yes"],"max_sentences":true'), "max_sentences"),
    ],
)
def test_a_bad_line_is_named(line: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(judging.ItemError) as error:
        judging.load_items(path)
    assert "items.jsonl:2:" in str(error.value)
    assert why in str(error.value)


def test_a_repeated_id_or_prompt_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    again = VALID.replace('"a"', '"b"').replace('"p"', '" P"')
    path.write_text(f"{VALID}\n{again}\n", encoding="utf-8")
    with pytest.raises(judging.ItemError, match="occurs twice: p"):
        judging.load_items(path)


@every_item
def test_gold_is_accepted(item: object) -> None:
    assert judging.judge(item, item.gold) == judging.Verdict(correct=True, why="ok")  # type: ignore[attr-defined]


@every_item
def test_the_prompt_itself_is_no_answer(item: object) -> None:
    prompt = item.prompt  # type: ignore[attr-defined]
    assert not _accepts(item, prompt)
    assert item.expect.json or not _accepts(item, '{"answer":"dog"}')  # type: ignore[attr-defined]


def test_a_description_is_a_sentence() -> None:
    item = _ask("dog, door, 22:40 - describe", job="describe", contains=(("dog",), ("door",), ("22:40",)))
    assert _accepts(item, "A dog is at the door at 22:40.")
    assert judging.judge(item, "Dog, door, 22:40.").why == "has no verb"


def test_wrong_answers_are_refused() -> None:
    accepted = [(item.id, answer) for item in ITEMS for answer in item.wrong if _accepts(item, answer)]
    assert not accepted


def test_a_swapped_yes_or_no_is_refused() -> None:
    swap = {"Yes": "No", "No": "Yes"}
    for item in ITEMS:
        opening = item.gold.split(",")[0]
        if item.expect.begins and opening in swap:
            assert not _accepts(item, item.gold.replace(opening, swap[opening], 1)), item.id
            assert not _accepts(item, f"{opening}."), f"{item.id}: no reason given"


def test_the_answer_of_another_question_is_refused() -> None:
    """A gold seldom answers another question: those that may are the short ones that say the same."""
    strangers = [
        (item.id, other.id)
        for item in ITEMS
        for other in ITEMS
        if item.gold != other.gold and {item.job, other.job} != {"about"} and _accepts(item, other.gold)
    ]
    assert len(strangers) < len(ITEMS) ** 2 / 1000, strangers
    for item, following in pairwise(ITEMS):
        if item.job != following.job:
            assert not _accepts(item, following.gold), item.id


def test_the_files_are_what_the_readme_says() -> None:
    assert [len(items) for items in FILES] == [80, 200, 170]
    for items in FILES:
        assert {item.job for item in items} == judging.JOBS
    for attribute in ("id", "prompt"):
        assert len({getattr(item, attribute) for item in ITEMS}) == len(ITEMS)


def test_no_prompt_is_another_one_with_other_numbers() -> None:
    def shape(item: object) -> str:
        prompt = item.prompt  # type: ignore[attr-defined]
        return " ".join(token for token in judging.tokenize(prompt) if token.isalpha())

    shapes = {shape(item) for item in ITEMS}
    assert len(shapes) == len(ITEMS)


def test_yes_and_no_are_balanced_and_some_are_not_stated() -> None:
    for items in FILES:
        asked = [item for item in items if item.job in ("ask", "telemetry")]
        openings = [item.expect.begins for item in asked]
        assert 0.7 < openings.count(("yes",)) / openings.count(("no",)) < 1.4
        assert 0.14 < openings.count(("not stated",)) / len(asked) < 0.21


def test_items_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEV[0].gold = ""
