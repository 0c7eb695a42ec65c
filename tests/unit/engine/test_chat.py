"""Nothing that a message says becomes a control token, and nothing that it says is lost."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.chat import ChatEncoder, Vocabulary
from agent.prompt import Message, Role

CONTROL = ("<|end|>", "<|user|>", "ab", "bc")  # the last two overlap each other
FIRST_CONTROL = 0x110000


class CharacterTokenizer:
    """A token for each character, and one above Unicode for each control text, wherever that stands."""

    def encode(self, text: str, /) -> list[int]:
        parts = re.split("(" + "|".join(map(re.escape, CONTROL)) + ")", text)
        return [
            token
            for part in parts
            for token in ([FIRST_CONTROL + CONTROL.index(part)] if part in CONTROL else map(ord, part))
        ]

    def apply_chat_template(self, messages: str, *, add_generation_prompt: bool) -> str:
        assert add_generation_prompt
        return "".join(f"<|user|>{message['content']}<|end|>" for message in json.loads(messages))


def encode(*contents: str) -> list[int]:
    encoder = ChatEncoder(CharacterTokenizer(), frozenset(CONTROL))
    return encoder.encode([Message(Role.USER, content) for content in contents])


alphabet = st.sampled_from(["<|end|>", "<|user|>", "a", "b", "c", "<|", "|>", "\n", "🦙", "\0", "\ud800", "\\g<1>"])
contents = st.lists(alphabet, max_size=12).map("".join)


@given(st.lists(contents, min_size=1, max_size=3))
def test_only_the_template_makes_control_tokens(messages: list[str]) -> None:
    tokens = encode(*messages)
    user, end = FIRST_CONTROL + CONTROL.index("<|user|>"), FIRST_CONTROL + CONTROL.index("<|end|>")
    assert [token for token in tokens if token >= FIRST_CONTROL] == [user, end] * len(messages)


@given(contents)
def test_the_model_reads_the_same_characters(content: str) -> None:
    tokens = encode(content)[1:-1]
    assert "".join(map(chr, tokens)) == content.replace("\0", "\ufffd").replace("\ud800", "\ufffd")


def test_a_tokenizer_without_control_tokens() -> None:
    encoder = ChatEncoder(CharacterTokenizer(), frozenset())
    assert encoder.encode([Message(Role.USER, "x")])[1] == ord("x")


def write(folder: Path, content: object) -> Path:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("vocab", [{"a": 0, "four": 1}, [["a", -1.5], ["four", -2.0]]])
def test_a_vocabulary_is_read(tmp_path: Path, vocab: object) -> None:
    added = [{"content": "<|e|>", "special": True}, {"content": "ordinary", "special": False}]
    path = write(tmp_path, {"model": {"vocab": vocab}, "added_tokens": added})
    assert Vocabulary.read(path) == Vocabulary(frozenset({"<|e|>"}), longest=5)


@pytest.mark.parametrize("content", [[], {}, {"model": {}}, {"model": {"vocab": {}}}, {"model": {"vocab": [1]}}])
def test_what_is_no_tokenizer_is_said(tmp_path: Path, content: object) -> None:
    with pytest.raises(ValueError, match=r"not a tokenizer|empty"):
        Vocabulary.read(write(tmp_path, content))
