"""Which budget holds at a time of day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.day_span import is_within
from agent.units import Milliwatts, MinuteOfDay


@dataclass(frozen=True, slots=True)
class Span:
    """A budget for a part of each day.

    Attributes:
        begins: The first minute.
        ends: The first one that does not belong to it any more; at or before `begins`: on the next day.
        budget: What holds in between.
    """

    begins: MinuteOfDay
    ends: MinuteOfDay
    budget: Milliwatts

    def holds(self, minute: MinuteOfDay) -> bool:
        """Whether it holds at a minute of the day."""
        return is_within(minute, self.begins, self.ends)


def budget_at(spans: Sequence[Span], minute: MinuteOfDay, otherwise: Milliwatts | None) -> Milliwatts | None:
    """The budget of the first span that holds, else the general one."""
    return next((span.budget for span in spans if span.holds(minute)), otherwise)
