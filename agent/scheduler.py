"""Which prompt runs next: a pure function of what waits, what runs, the limits and the time."""

from collections.abc import Collection
from dataclasses import dataclass

from agent.prompt import Pending, PromptId
from agent.units import Seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """What the worker may do now.

    Attributes:
        max_running: Prompts that may run at once; 0 while no model is loaded.
    """

    max_running: int


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


def decide(pending: Collection[Pending], running: int, limits: Limits, now: Seconds) -> Decision:
    """Shed what is late; else run the highest priority, the oldest of them first, if there is room; else wait."""
    late = tuple(prompt.id for prompt in pending if prompt.deadline is not None and prompt.deadline <= now)
    if late:
        return Shed(late)
    if pending and running < limits.max_running:
        return Run(min(pending, key=lambda prompt: (-prompt.priority, prompt.seq)).id)
    return Wait(min((prompt.deadline for prompt in pending if prompt.deadline is not None), default=None))


def retry_after(queued: int, mean_service: Seconds) -> Seconds:
    """When a sender that was refused for a full queue may try again: the time that a tenth of the queue takes.

    Args:
        queued: Prompts that wait.
        mean_service: Mean time that recent prompts took to run.
    """
    return Seconds(max(1.0, queued / 10) * mean_service)
