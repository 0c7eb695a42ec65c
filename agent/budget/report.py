"""When an operator is told of the governor: not of each change, but of each state that lasts. Pure."""

from dataclasses import dataclass

from agent.budget.state import GovernorState, PowerState
from agent.events import OverBudget, PowerLimited, PowerUnmetered, PowerWithin
from agent.units import Milliwatts, Seconds

_WORSE = (PowerState.WITHIN, PowerState.LIMITED, PowerState.UNMETERED, PowerState.OVER)
"""Each than the one before it."""
_WORSE_LASTS = Seconds(5.0)
_BETTER_LASTS = Seconds(60.0)
"""How long a state must last to be told, worse or better than what was told last: what comes and goes is told once."""

PowerEvent = PowerWithin | PowerLimited | OverBudget | PowerUnmetered


@dataclass(frozen=True, slots=True)
class Reported:
    """What an operator was told.

    Attributes:
        told: The state; `within` before anything was.
        now: The state that lasts now.
        lasts: How long it has.
    """

    told: PowerState
    now: PowerState
    lasts: Seconds


NOTHING_REPORTED = Reported(PowerState.WITHIN, PowerState.WITHIN, Seconds(0.0))


def report(
    before: Reported, state: GovernorState, total: Milliwatts, dt: Seconds
) -> tuple[PowerEvent | None, Reported]:
    """The event that is due, and what is remembered.

    Args:
        before: What was remembered.
        state: How it stands now.
        total: The machine's power, over about a second.
        dt: The time since the last call.
    """
    # A machine that cannot measure, and has no budget to keep, lacks nothing.
    is_news = state.budget is not None or state.state is not PowerState.UNMETERED
    kind = state.state if is_news else PowerState.WITHIN
    lasts = Seconds(before.lasts + dt if kind is before.now else 0.0)
    is_worse = _WORSE.index(kind) > _WORSE.index(before.told)
    if kind is before.told or lasts < (_WORSE_LASTS if is_worse else _BETTER_LASTS):
        return None, Reported(before.told, kind, lasts)
    return _event(kind, state, total), Reported(kind, kind, lasts)


def _event(kind: PowerState, state: GovernorState, total: Milliwatts) -> PowerEvent:
    budget = None if state.budget is None else round(state.budget / 1000, 3)
    match kind:
        case PowerState.WITHIN:
            return PowerWithin(budget)
        case PowerState.LIMITED:
            return PowerLimited(budget, round(state.limits.duty, 3), state.reason)
        case PowerState.OVER:
            return OverBudget(budget, round(total / 1000, 3), round(state.over_for, 1), state.reason)
        case PowerState.UNMETERED:
            return PowerUnmetered(budget, state.reason)
