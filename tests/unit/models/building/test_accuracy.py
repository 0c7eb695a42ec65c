"""What is made of the figures, and of the questions."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.models.building.accuracy import MOST_WINDOWS, Measured, rows, warnings_of, windows
from agent.models.building.measuring import Task, read_measured
from agent.models.building.questions import parse_questions

NOTHING = Measured(0.0, 0, 0, 0)


def test_perplexity_is_of_the_mean() -> None:
    assert Measured(10 * math.log(7), 10, 0, 0).perplexity == pytest.approx(7)
    assert NOTHING.perplexity is None
    assert NOTHING.share is None


@pytest.mark.parametrize("nats", [math.nan, math.inf, 7100.0])
def test_a_broken_model_s_figures_arrive_and_are_infinite(nats: float, tmp_path: Path) -> None:
    file = tmp_path / "after.json"
    Task(None, (), tmp_path / "windows.json", file).write(Measured(nats, 10, 1, 2))
    measured = read_measured(file)
    assert measured.perplexity == math.inf
    assert (measured.tokens, measured.share) == (10, 0.5)


@given(st.lists(st.integers(0, 9), max_size=60), st.sampled_from([None, 99]), st.integers(2, 9))
def test_windows_have_every_token_once(tokens: list[int], begin: int | None, size: int) -> None:
    cut = windows(tokens, begin, size)
    assert all(1 < len(window) <= size for window in cut)
    assert begin is None or all(window[0] == begin for window in cut)
    seen = [token for window in cut for token in (window if begin is None else window[1:])]
    assert seen == tokens[: len(seen)]
    assert len(tokens) - len(seen) <= 1 or len(cut) == MOST_WINDOWS


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (Measured(10 * math.log(7.3), 10, 98, 100), []),
        (Measured(10 * math.log(7.4), 10, 98, 100), ["perplexity is 5.7% higher"]),
        (Measured(10 * math.log(5), 10, 97, 100), ["3 questions fewer"]),
        (Measured(10 * math.log(8), 10, 0, 100), ["perplexity", "questions"]),
        (NOTHING, []),
    ],
)
def test_a_loss_is_warned_of(after: Measured, says: list[str]) -> None:
    warned = list(warnings_of(Measured(10 * math.log(7), 10, 100, 100), after))
    assert len(warned) == len(says)
    assert all(words in warning for words, warning in zip(says, warned, strict=True))


def test_the_table() -> None:
    before, after = Measured(10 * math.log(4), 10, 9, 10), Measured(10 * math.log(5), 10, 7, 10)
    assert list(rows(before, after)) == [
        ("perplexity, 10 tokens", "4.0000", "5.0000", "+25.00%"),
        ("right of 10 questions", "9", "7", "-2"),
    ]
    assert list(rows(NOTHING, NOTHING)) == []


CONVERSATION = (
    '{"job": "ask", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, '
    '{"role": "assistant", "content": "Yes."}, {"role": "user", "content": "more"}]}'
)


def test_a_question_is_what_comes_before_the_first_answer() -> None:
    (question,) = parse_questions(f"\n{CONVERSATION}\n", "q")
    assert question.chat == [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert question.is_right(" Yes.\n")
    assert not question.is_right("Yes")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "q: there is no question"),
        ("{", "q:1: not a question"),
        ('\n{"messages": [1, 2]}', "q:2: not a question"),
        ('{"messages": [{"role": "user", "content": "u"}, {"role": "user", "content": "v"}]}', "q:1: .* the answer"),
        ('{"messages": [{"role": "assistant", "content": "u"}, {"role": "user", "content": "v"}]}', "the answer"),
    ],
)
def test_what_is_no_question_is_told(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_questions(text, "q")
