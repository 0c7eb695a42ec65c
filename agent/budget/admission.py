"""Whether memory lets prompts run, and how long they may be. Pure."""

from dataclasses import dataclass

from agent.budget.memory import Geometry, MemoryBounds, MemoryNow
from agent.units import Bytes, Seconds


@dataclass(frozen=True, slots=True)
class Room:
    """How much memory a request may take.

    Attributes:
        token: What one token, of the prompt or of the answer, takes in the KV cache.
        available: For all of them, those included that the engine keeps of earlier requests: it gives them up for more.
    """

    token: Bytes
    available: Bytes


@dataclass(frozen=True, slots=True)
class Admission:
    """What memory allows the worker now.

    Attributes:
        is_open: Whether prompts may be started.
        refusal: Why those that wait are answered with `does_not_fit`; None: they wait.
        retry_after: When they may be sent again; None: not as long as nothing is changed.
        room: What a prompt may take; None: enough.
    """

    is_open: bool = True
    refusal: str | None = None
    retry_after: Seconds | None = None
    room: Room | None = None


def room_for_request(
    geometry: Geometry, now: MemoryNow, bounds: MemoryBounds, *, measured: Bytes, context_length: int
) -> Room:
    """What the next request may take in the KV cache of a model that is loaded.

    Args:
        geometry: The model.
        now: The memory now.
        bounds: What the operator allows.
        measured: What the engine's process has taken.
        context_length: The most tokens of a request: there was no more room at the load.
    """
    room = max(0, now.available - bounds.reserve)
    if bounds.budget is not None:
        room = min(room, max(0, bounds.budget - measured))
    return Room(geometry.token, Bytes(min(room, context_length * geometry.token)))
