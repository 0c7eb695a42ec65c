"""How values are stored."""

from typing import Final

from pydantic import TypeAdapter
from pydantic_core import to_json

from agent.clock import Clock
from agent.observed import Observed
from agent.prompt import Prompt

_PROMPT: Final = TypeAdapter(Prompt)
_OBSERVED: Final = TypeAdapter(Observed)


def prompt_to_json(prompt: Prompt) -> bytes:
    """All of a prompt but what has a column of its own: `reply_to.correlation`, arbitrary bytes, and `observed`."""
    return to_json(prompt, exclude={"reply_to": {"correlation"}, "observed": True}, inf_nan_mode="constants")


def prompt_from_json(stored: bytes) -> Prompt:
    """Raises `ValueError` when it is not what `prompt_to_json` gave."""
    return _PROMPT.validate_json(stored)


def observed_to_json(observed: Observed | None) -> str | None:
    """What a camera saw, for the column of its own; None for a prompt of nobody's camera."""
    return None if observed is None else to_json(observed).decode()


def observed_from_json(stored: str | None) -> Observed | None:
    """Raises `ValueError` when it is not what `observed_to_json` gave."""
    return None if stored is None else _OBSERVED.validate_json(stored)


def at(clock: Clock) -> dict[str, object]:
    """This moment, as the statements' parameters `:boot`, `:now` and `:wall`."""
    return {"boot": clock.boot_id, "now": clock.now(), "wall": clock.wall()}
