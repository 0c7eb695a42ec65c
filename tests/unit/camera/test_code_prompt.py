"""Which code that is held up becomes a prompt."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.camera.code_prompt import MOST_CHARACTERS, CodePrompt, NoPrompt, code_prompt
from agent.camera.values import Code

QR = ("qr",)


@pytest.mark.parametrize(
    "text", ["Is the door closed?", "Ist die Tür zu?", "两行\n文字", "1 < 2 {not JSON}", "a" * MOST_CHARACTERS]
)
def test_plain_text_is_a_prompt(text: str) -> None:
    assert code_prompt(Code("qr", text), QR) == CodePrompt(text)


def test_white_space_around_it_is_not_part_of_it() -> None:
    assert code_prompt(Code("qr", " hello\r\n"), QR) == CodePrompt("hello")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("a" * (MOST_CHARACTERS + 1), "1001 characters"),
        ('{"prompt": "hello", "max_tokens": 100000}', "JSON"),
        (' {"prompt"', "JSON"),
        ("[1]", "JSON"),
        ("a\x00b", "cannot be seen"),
        ("a\x1b[2Jb", "cannot be seen"),
        ("a\tb", "cannot be seen"),
        ("a\u202eb", "cannot be seen"),
        ("a\u200bb", "cannot be seen"),
        ("a\ue000b", "cannot be seen"),
        ("a\U000e0041b", "cannot be seen"),
        ("a\ud800b", "cannot be seen"),
        ("a\u2028b", "cannot be seen"),
    ],
)
def test_anything_else_is_none(text: str, why: str) -> None:
    refused = code_prompt(Code("qr", text), QR)
    assert isinstance(refused, NoPrompt)
    assert why in refused.why


@pytest.mark.parametrize(
    ("kind", "kinds", "accepted"),
    [
        ("qr", ("qr",), True),
        ("qr", ("barcode",), False),
        ("qr", (), False),
        ("ean_13", ("qr",), False),
        ("ean_13", ("qr", "barcode"), True),
        ("barcode", ("barcode",), True),
    ],
)
def test_only_kinds_from_the_list(kind: str, kinds: tuple[str, ...], *, accepted: bool) -> None:
    assert isinstance(code_prompt(Code(kind, "4006381333931"), kinds), CodePrompt) is accepted


@given(st.text(max_size=40), st.text(max_size=8))
def test_what_is_let_through_is_short_and_can_be_seen(text: str, kind: str) -> None:
    match code_prompt(Code(kind, text), ("qr", "barcode")):
        case CodePrompt(prompt):
            assert prompt in text
            assert all(unicodedata.category(each)[0] != "C" for each in prompt if each != "\n")
        case NoPrompt(why):
            assert all(unicodedata.category(each) != "Cc" for each in why)
