"""The comparison of answers: exact on a processor, and what it lets pass on a GPU that flips."""

import itertools

import pytest

from tests.integration.engine.alike import Alike, is_one_of


@pytest.mark.parametrize(
    ("said", "others", "it_is"),
    [
        ("a dog", ["a dog"], True),
        ("a dog", ["a cat"], False),
        ("a dog", ["a dog!"], False),
        ("a dog!", ["a dog"], False),
        ("a dog", ["a dog", "a cat"], True),
        ("a cow", ["a dog", "a cat"], True),
        ("the cow", ["a dog", "a cat"], False),
        ("a", ["a dog", "a cat"], False),
        ("a dog", ["a cat", "a cat"], False),
        ("a dog!", ["a dog", "a dog!"], True),
    ],
)
def test_an_answer_is_one_of_others_or_begins_as_they_all_do(said: str, others: list[str], *, it_is: bool) -> None:
    assert is_one_of(said, others) is it_is


def test_with_one_try_answers_are_equal() -> None:
    Alike(1)(lambda: ["one", "two"], lambda: ["one", "two"])
    with pytest.raises(AssertionError):
        Alike(1)(lambda: ["one", "two"], lambda: ["one", "too"])


def test_an_answer_that_comes_at_some_try_is_enough() -> None:
    flipping = itertools.cycle([["one"], ["two"]])
    Alike(2)(lambda: next(flipping), lambda: ["two"])
    Alike(3)(lambda: ["one"], lambda: next(flipping))


def test_each_of_several_answers_has_to_come() -> None:
    flipping = itertools.cycle([["one", "two"], ["two", "one"]])
    Alike(2)(lambda: next(flipping), lambda: ["one", "one"])
    with pytest.raises(AssertionError):
        Alike(6)(lambda: next(flipping), lambda: ["one", "three"])


def test_what_differs_where_the_device_repeats_itself_does_not_pass() -> None:
    others = itertools.cycle([["a dog"], ["a cat"]])
    with pytest.raises(AssertionError):
        Alike(6)(lambda: ["A dog"], lambda: next(others))
