"""What a new release has to show."""

import pytest

from agent.fleet.proving import (
    Asked,
    best_figures,
    in_words,
    share_of_failures,
    shortfalls,
    too_many_failures,
    wrong_answers,
)
from agent.fleet.update import Baseline, CanaryFigures
from agent.fleet.values import CanaryAnswer, Tally
from agent.units import Ratio
from tests.fleet.releases import CANARIES, PROOF

CAPITAL, SUM = CANARIES
WELL = Tally(100, 0)


def answered(text: str, speed: float | None = 30.0, joules: float | None = 0.5) -> Asked:
    return Asked(CAPITAL, CanaryAnswer(text, speed, joules))


def figures(speed: float | None, joules: float | None = 0.5, name: str = "capital") -> CanaryFigures:
    return CanaryFigures(name, speed, joules)


def test_answers_are_right_whatever_their_case() -> None:
    assert wrong_answers([answered("it is PARIS.")]) == ()


def test_every_wrong_answer_is_told() -> None:
    asked = [answered("Berlin"), Asked(SUM, None, "no model is loaded"), answered("x" * 200)]
    first, second, third = wrong_answers(asked)
    assert first == "canary capital: 'Berlin' has no 'Paris'"
    assert second == "canary sum: no model is loaded"
    assert len(third) < 130


def test_the_best_round_counts() -> None:
    rounds = [(20.0, None), (31.0, 0.6), (None, None), (29.0, 0.5)]
    asked = [*(answered("", speed, joules) for speed, joules in rounds), Asked(SUM, None, "no")]
    assert best_figures(asked) == (figures(31.0, 0.5),)
    assert best_figures([answered("", None, None)]) == (figures(None, None),)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (figures(30.0), ()),
        (figures(24.0), ()),
        (figures(23.9), ("23.9 tokens/s, 30.0 before: 80% of the speed, at least 80% are asked for",)),
        (figures(30.0, 0.65), ()),
        (figures(30.0, 0.7), ("0.7 J/token, 0.5 before: 140% of the energy, at most 130% are allowed",)),
        (figures(30.0, None), ()),
        (figures(None), ()),
        (figures(3.0, name="another"), ()),
    ],
)
def test_against_the_release_before(now: CanaryFigures, words: tuple[str, ...]) -> None:
    assert shortfalls(PROOF, Baseline((figures(30.0),)), [now], WELL) == words


@pytest.mark.parametrize("before", [(), (figures(0.0, 0.0),), (figures(None, None),), (figures(30.0, None),)])
def test_what_was_not_measured_is_not_compared(before: tuple[CanaryFigures, ...]) -> None:
    assert shortfalls(PROOF, Baseline(before), [figures(30.0, 9.0)], WELL) == ()


@pytest.mark.parametrize(
    ("before", "tally", "is_too_many"),
    [
        (0.0, Tally(0, 0), False),
        (0.0, Tally(0, 2), False),
        (0.0, Tally(0, 3), True),
        (0.0, Tally(95, 5), False),
        (0.0, Tally(94, 6), True),
        (0.1, Tally(86, 14), False),
        (0.1, Tally(84, 16), True),
    ],
)
def test_failures(before: float, tally: Tally, is_too_many: bool) -> None:  # noqa: FBT001 - a case
    why = too_many_failures(PROOF, Baseline(failures=Ratio(before)), tally)
    assert (why is not None) == is_too_many
    assert shortfalls(PROOF, Baseline(failures=Ratio(before)), [], tally) == (() if why is None else (why,))


def test_in_words() -> None:
    assert share_of_failures(Tally(3, 1)) == 0.25
    assert in_words([figures(30.0), figures(20.0), figures(None)], Tally(7, 1)) == (
        "25.0 tokens/s on 2 canaries; 7 prompts answered, 1 failed"
    )
    assert in_words([figures(None)], Tally(7, 1)) == "7 prompts answered, 1 failed"
    assert in_words([], Tally(7, 1)) == "7 prompts answered, 1 failed"
