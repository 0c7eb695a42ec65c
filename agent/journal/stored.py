"""How values are stored."""

from typing import Final

from pydantic import TypeAdapter
from pydantic_core import to_json

from agent.clock import Clock
from agent.prompt import Prompt

_PROMPT: Final = TypeAdapter(Prompt)


def prompt_to_json(prompt: Prompt) -> bytes:
    """All of a prompt but `reply_to.correlation`, which is arbitrary bytes and has a column of its own."""
    return to_json(prompt, exclude={"reply_to": {"correlation"}}, inf_nan_mode="constants")


def prompt_from_json(stored: bytes) -> Prompt:
    """Raises `ValueError` when it is not what `prompt_to_json` gave."""
    return _PROMPT.validate_json(stored)


def at(clock: Clock) -> dict[str, object]:
    """This moment, as the statements' parameters `:boot`, `:now` and `:wall`."""
    return {"boot": clock.boot_id, "now": clock.now(), "wall": clock.wall()}
