"""Which code that is held up before a camera becomes a prompt. Pure.

Anybody who can walk up to the camera can hold up a code, so it may say less than a prompt by MQTT: plain text, short,
of characters that are seen. No JSON: over MQTT an object brings its own model, limits and system message along, and
here nobody has a say in these but the configuration. No control characters, and none that are invisible or turn the
direction of writing: what a person reads in a log is what the model has been asked.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from agent.camera.values import Code
from agent.printable import printable

MOST_CHARACTERS: Final = 1000
"""A code of more is hard to read for a camera anyway."""
_QR = "qr"
_BARCODE = "barcode"
_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class CodePrompt:
    """A code that is a prompt: its text, without white space around it."""

    text: str


@dataclass(frozen=True, slots=True)
class NoPrompt:
    """A code that is none, and why, in words that do not repeat its text."""

    why: str


def code_prompt(code: Code, kinds: Collection[str]) -> CodePrompt | NoPrompt:
    """The prompt that a code is.

    Args:
        code: As it was read.
        kinds: Which may be prompts: `qr`, `barcode` (of any kind).
    """
    text = code.text.strip()
    if (_QR if code.kind == _QR else _BARCODE) not in kinds:
        return NoPrompt(f"codes of the kind {printable(code.kind, keep='')[:32]} are no prompts here")
    if not text:
        return NoPrompt("the code is empty")
    if len(text) > MOST_CHARACTERS:
        return NoPrompt(f"the code has {len(text)} characters; a prompt by code has {MOST_CHARACTERS} at most")
    if text[0] in "{[":
        return NoPrompt("the code is JSON; a prompt by code is plain text")
    if printable(text, keep="\n") != text or any(unicodedata.category(each) in _UNSEEN for each in text):
        return NoPrompt("the code has characters that cannot be seen")
    return CodePrompt(text)
