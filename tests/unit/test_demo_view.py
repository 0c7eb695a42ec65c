"""The demo's terminal view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.echo import gist
from agent.demo.prompts import QUESTIONS
from agent.demo.view import View, WrappedText
from agent.wire import decode_prompt

WIDTH = 20


def _wrap(*pieces: str) -> str:
    text = WrappedText("  ", WIDTH)
    return "".join([*(text.add(piece) for piece in pieces), text.finish()])


def test_breaks_between_words() -> None:
    assert _wrap("two people and a dog at the door") == "  two people and a\n  dog at the door\n"


def test_gives_out_a_word_when_it_has_ended() -> None:
    text = WrappedText("  ", WIDTH)
    assert [text.add(piece) for piece in ("tw", "o peo", "ple", ", and")] == ["", "  two", "", " people,"]
    assert text.finish() == " and\n"


def test_nothing_is_not_even_a_line() -> None:
    assert _wrap("", " \n") == ""


def test_keeps_the_line_breaks_of_the_text() -> None:
    assert _wrap("a\n\nb") == "  a\n  b\n"


@given(st.lists(st.text("ab \n", max_size=12), max_size=12))
def test_how_the_text_is_cut_into_pieces_changes_nothing(pieces: list[str]) -> None:
    assert _wrap(*pieces) == _wrap("".join(pieces))


@given(st.text("abc \n", max_size=200))
def test_keeps_every_word_and_the_width(text: str) -> None:
    wrapped = _wrap(text)
    assert wrapped.split() == text.split()
    for line in wrapped.splitlines():
        assert len(line) <= WIDTH or len(line.split()) == 1


def test_without_a_terminal_there_are_no_control_codes(capsys: pytest.CaptureFixture[str]) -> None:
    view = View()
    with view.waiting("the engine"):
        view.title("[bold]A[/] title")
        view.paragraph("\x1b[2Jquestion", "dim", indent="  > ")
    assert capsys.readouterr().out == "the engine ...\n\n[bold]A[/] title\n  > [2Jquestion\n"


def test_an_answer_that_breaks_off_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    def break_off() -> None:
        with View().writing() as write:
            write("half an ans")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert capsys.readouterr().out == "  half an ans\n"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"plain text", "plain text"),
        (b'{"prompt": "a"}', "a"),
        (b'{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}]}', "a"),
        (b'{"choices": [{"message": {"content": "a"}}]}', "a"),
        (b'{"error": {"code": "queue_full", "message": "a"}}', "queue_full: a"),
        (b'{"id": 1}', '{"id": 1}'),
        (b"[1]", "[1]"),
        (b"\xff", "\ufffd"),
    ],
)
def test_the_gist_of_a_payload(payload: bytes, expected: str) -> None:
    assert gist(payload) == expected


def test_every_question_is_a_prompt_that_the_agent_takes() -> None:
    for question in QUESTIONS:
        payload = question.payload().model_dump_json(exclude_none=True, by_alias=True)
        fields = decode_prompt(payload.encode())
        assert fields.messages[0].content == question.text
        assert (fields.json_schema is None) == (question.schema is None)
