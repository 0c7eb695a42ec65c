"""Deltas and stops: any text, split in any way, gives the same answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.text import AnswerText

# Few letters, so that stops overlap each other, the text and its pieces.
letters = st.text(alphabet="ab\n🦙", max_size=30)
stop_strings = st.lists(st.text(alphabet="ab\n🦙", max_size=5), max_size=4).map(tuple)


@st.composite
def split_texts(draw: st.DrawFn) -> list[str]:
    text = draw(letters)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def up_to_the_stop(text: str, stops: tuple[str, ...]) -> str:
    """The definition, one character at a time."""
    for end in range(1, len(text) + 1):
        complete = [stop for stop in stops if stop and text[:end].endswith(stop)]
        if complete:
            return text[: end - max(map(len, complete))]
    return text


@given(split_texts(), stop_strings)
def test_deltas_join_to_the_text_up_to_the_stop(pieces: list[str], stops: tuple[str, ...]) -> None:
    answer = AnswerText(stops)
    deltas = [answer.push(piece) for piece in pieces]
    deltas.append(answer.end())
    expected = up_to_the_stop("".join(pieces), stops)
    assert "".join(deltas) == expected
    assert answer.text == expected
    assert answer.stopped == any(stop in "".join(pieces) for stop in stops if stop)


@given(split_texts(), stop_strings)
def test_nothing_is_shown_that_could_belong_to_a_stop(pieces: list[str], stops: tuple[str, ...]) -> None:
    answer = AnswerText(stops)
    for number, piece in enumerate(pieces):
        answer.push(piece)
        so_far = "".join(pieces[: number + 1])
        for stop in filter(None, stops):
            unfinished = max((n for n in range(len(stop)) if so_far.endswith(stop[:n])), default=0)
            assert answer.stopped or len(answer.text) <= len(so_far) - unfinished


@given(split_texts())
def test_without_stops_each_piece_is_shown_at_once(pieces: list[str]) -> None:
    answer = AnswerText()
    assert [answer.push(piece) for piece in pieces] == pieces
    assert not answer.end()


@pytest.mark.parametrize(
    ("pieces", "stops", "expected"),
    [
        (["Hello", " wor", "ld"], ("o w",), "Hell"),
        (["a", "b", "c", "d"], ("abcd", "bc"), "a"),  # `bc` is complete first
        (["xab"], ("b", "ab"), "x"),  # both complete at once: the longer
        (["one\n", "\ntwo"], ("\n\n",), "one"),
        (["end"], ("end.",), "end"),
        (["ab" * 50_000], ("b" * 10,), "ab" * 50_000),
    ],
)
def test_examples(pieces: list[str], stops: tuple[str, ...], expected: str) -> None:
    answer = AnswerText(stops)
    joined = "".join([*(answer.push(piece) for piece in pieces), answer.end()])
    assert joined == expected


def test_what_comes_behind_a_stop_is_ignored() -> None:
    answer = AnswerText(("#",))
    assert answer.push("a#b") == "a"
    assert not answer.push("c")
    assert not answer.end()
    assert answer.text == "a"
