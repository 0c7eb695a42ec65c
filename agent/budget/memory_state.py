"""How the model stands with its memory: what telemetry says of it. Pure."""

from dataclasses import dataclass

from agent.budget.pressure import Level
from agent.units import Bytes


@dataclass(frozen=True, slots=True)
class MemoryState:
    """How the model stands with its memory.

    Attributes:
        budget: What the model may take: the configured budget, or what is available less the reserve, and with it what
            the model has.
        reserve: What is to stay free.
        predicted: The peak of the loaded model, with a request of its whole context; None without a prediction.
        measured: What the engine's process has now; None while there is none.
        context_length: Of the loaded model, shortened or not.
        level: How tight memory is.
    """

    budget: Bytes | None
    reserve: Bytes
    predicted: Bytes | None
    measured: Bytes | None
    context_length: int | None
    level: Level
