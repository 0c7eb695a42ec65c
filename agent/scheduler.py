"""Which prompt runs next: a pure function of what waits, what runs, the limits and the time."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from agent.prompt import Pending, PromptId
from agent.units import Ratio, Seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be done now.

    Attributes:
        duty: Share of the time in which the engine may step.
        max_running: Prompts that may run at once.
        model: The largest model that may be used; None: nothing may be run.
        reason: For a person: why these limits.
        refuses: Whether what waits is refused: nothing could run for so long that waiting is no answer any more.
    """

    duty: Ratio
    max_running: int
    model: str | None
    reason: str
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Start this prompt."""

    id: PromptId


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`, on the boot clock; None: before something else changes."""

    until: Seconds | None


@dataclass(frozen=True, slots=True)
class Shed:
    """These prompts are late and are not worth running."""

    ids: tuple[PromptId, ...]


Decision = Run | Wait | Shed

_SHED_AT_ONCE = 32
"""Each costs a write: what arrives or ends in the meantime gets its turn between two lots."""


def decide(pending: Collection[Pending], running: int, limits: Limits, now: Seconds) -> Decision:
    """Run the highest priority, the oldest of them first, if there is room; else shed what is late; else wait."""
    in_time = [prompt for prompt in pending if prompt.deadline is None or prompt.deadline > now]
    if in_time and limits.model is not None and limits.duty > 0 and running < limits.max_running:
        return Run(min(in_time, key=lambda prompt: (-prompt.priority, prompt.seq)).id)
    late = (prompt.id for prompt in pending if prompt.deadline is not None and prompt.deadline <= now)
    if shed := tuple(islice(late, _SHED_AT_ONCE)):
        return Shed(shed)
    return Wait(min((prompt.deadline for prompt in in_time if prompt.deadline is not None), default=None))


def retry_after(queued: int, mean_service: Seconds) -> Seconds:
    """When a sender that was refused for a full queue may try again: the time that a tenth of the queue takes.

    Args:
        queued: Prompts that wait.
        mean_service: Mean time that recent prompts took to run.
    """
    return Seconds(max(1.0, queued / 10) * mean_service)
