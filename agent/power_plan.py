"""What the configuration says of power, as the governor wants it."""

from agent.budget.schedule import Span
from agent.config import Config, PowerSpan
from agent.governor import PowerPlan
from agent.units import Milliwatts

_MILLI = 1000


def power_plan(config: Config) -> PowerPlan:
    """The plan of a configuration."""
    power = config.power
    return PowerPlan(
        budget=None if power.budget_watts is None else Milliwatts(power.budget_watts * _MILLI),
        spans=tuple(_span(span) for span in power.schedule),
        refuse_unmetered=power.on_unmetered == "refuse",
        model=config.model.name,
        fallback=config.model.fallback,
    )


def _span(span: PowerSpan) -> Span:
    return Span(span.begins, span.ends, Milliwatts(span.watts * _MILLI))
