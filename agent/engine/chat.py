"""Turns a conversation into tokens, so that nothing which a message says can pass for a control token.

A tokenizer makes the control token out of the text `<|eot_id|>` wherever it stands, in a stranger's message too, which
could so end its turn and speak as another role. Here each such text in a message is cut behind its first character, and
the two halves are encoded apart: the model reads the same characters, as ordinary tokens.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.prompt import Message

_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
"""NUL ends a text for a C library; lone surrogates have no UTF-8."""


class Tokenizer(Protocol):
    """What is needed of a library's tokenizer."""

    def encode(self, text: str, /) -> Sequence[int]:
        """Tokens of a text, control tokens where their text stands, none added."""
        ...

    def apply_chat_template(self, messages: str, *, add_generation_prompt: bool) -> str:
        """The model's own form of a conversation, which is a JSON array of objects with `role` and `content`."""
        ...


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is needed of a `tokenizer.json`.

    Attributes:
        control: The texts that stand for control tokens.
        longest: Bytes of the longest token, at most.
    """

    control: frozenset[str]
    longest: int

    @classmethod
    def read(cls, tokenizer_json: Path) -> "Vocabulary":
        """Read a file in the format of Hugging Face's tokenizers.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not JSON, or lacks what is needed.
        """
        content = json.loads(tokenizer_json.read_bytes())
        try:
            vocab, added = content["model"]["vocab"], content.get("added_tokens", [])
            # Byte-pair vocabularies map each token's text to its number, unigram ones list pairs of text and score.
            texts = [*vocab] if isinstance(vocab, dict) else [text for text, _ in vocab]
            control = frozenset(token["content"] for token in added if token["special"])
            return cls(control, max(len(text.encode()) for text in [*texts, *control]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{tokenizer_json} is not a tokenizer that can be used: {error!r}") from error


class Disarming:
    """Keeps a message's text from being taken for control tokens, and from ending early in a C library.

    Args:
        control: The texts that stand for control tokens.
    """

    def __init__(self, control: frozenset[str]) -> None:
        # A look-ahead finds each place where one begins, also where two overlap.
        begins = "|".join(re.escape(text) for text in sorted(control) if len(text) > 1)
        self._control = re.compile(f"(?=(?:{begins}))(.)", re.DOTALL) if begins else None

    def disarm(self, content: str, cut: str) -> str:
        """The text with `cut` behind the first character of whatever could be a control token."""
        sendable = _UNSENDABLE.sub("\ufffd", content)
        return sendable if self._control is None else self._control.sub(rf"\g<1>{cut}", sendable)


class ChatEncoder:
    """Encodes conversations for one model.

    Args:
        tokenizer: The model's.
        control: The texts that stand for control tokens.
    """

    def __init__(self, tokenizer: Tokenizer, control: frozenset[str]) -> None:
        self._tokenizer = tokenizer
        self._disarming = Disarming(control)

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """The conversation in the model's chat template, ready for the answer to follow."""
        cut = secrets.token_hex(16)  # no message can contain it: it is made after they were written
        turns = [
            {"role": message.role.value, "content": self._disarming.disarm(message.content, cut)}
            for message in messages
        ]
        whole = self._tokenizer.apply_chat_template(json.dumps(turns), add_generation_prompt=True)
        return [int(token) for part in whole.split(cut) for token in self._tokenizer.encode(part)]
