"""What a worker may start now: by the power governor, by the memory governor, by the operator. Pure."""

from dataclasses import dataclass, field, replace

from agent import replies
from agent.budget.admission import Admission
from agent.engine.protocol import Capacity
from agent.errors import ErrorCode
from agent.observed import Dropped
from agent.prompt import Failure, Pending
from agent.scheduler import Limits
from agent.units import Ratio, Seconds


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is allowed.

    Attributes:
        power: What the power governor allows; None: it has not said, and everything is.
        memory: What memory allows.
        is_held: Whether the operator has it start nothing.
    """

    power: Limits | None = None
    memory: Admission = field(default_factory=Admission)
    is_held: bool = False

    @property
    def refuses(self) -> bool:
        """Whether what waits is answered now that it will not be run."""
        return (self.power is not None and self.power.refuses) or self.memory.refusal is not None

    def limits(self, loaded: Capacity | None) -> Limits:
        """What the scheduler is told, as far as the engine can do it.

        Args:
            loaded: The model that is loaded; None: none is.
        """
        if loaded is None:
            return Limits(Ratio(0.0), 0, None, "no model is loaded")
        allowed = self.power or Limits(Ratio(1.0), loaded.max_batch, loaded.model, "")
        if self.is_held or not self.memory.is_open:
            return replace(allowed, max_running=0)
        return replace(allowed, max_running=min(allowed.max_running, loaded.max_batch))

    def idle_for(self, loaded: Capacity | None) -> Dropped | None:
        """Why a prompt that came now would not be run soon; None: it would, once a model is loaded."""
        if self.is_held:
            return Dropped.DRAINING
        if self.power is not None and (self.power.refuses or not _may_start(self.power)):
            return Dropped.OVER_BUDGET
        if self.memory.code is not ErrorCode.DOES_NOT_FIT:
            return None  # what no engine loads is told, in the reply
        if self.memory.refusal is not None or (loaded is not None and not self.memory.is_open):
            return Dropped.MEMORY
        return None

    def starved_of(self, loaded: Capacity | None) -> Dropped | None:
        """What lets nothing run now and may again, held or not: power or memory; None: neither."""
        hopeless = self.memory.refusal is not None and self.memory.retry_after is None
        memory = Admission() if hopeless else self.memory
        return replace(self, is_held=False, memory=memory).idle_for(loaded)

    def refusal(self, pending: Pending, now: Seconds) -> Failure | None:
        """Why a prompt is not run that was late, or for which there was no memory or no power.

        Returns:
            None: it is none of these any more.
        """
        if self.power is not None and self.power.refuses:
            return replies.late(pending, now, self.power.reason)
        is_late = pending.deadline is not None and pending.deadline <= now
        if self.memory.refusal is not None and not is_late:
            return Failure(pending.id, self.memory.code, self.memory.refusal, self.memory.retry_after)
        if not is_late:
            return None
        why = None if self.power is None or self.power.model is not None else self.power.reason
        return replies.late(pending, now, why)


def starts_the_same(before: Limits, after: Limits) -> bool:
    """Whether both let the same prompts start; the pace of what runs has no part in that."""
    return _starts(before) == _starts(after)


def _starts(limits: Limits) -> tuple[bool, int, str | None, bool]:
    return limits.duty > 0, limits.max_running, limits.model, limits.refuses


def _may_start(limits: Limits) -> bool:
    return limits.duty > 0 and limits.max_running > 0 and limits.model is not None
