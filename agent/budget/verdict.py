"""How a decision is told: limits for those who obey, a state and a reason for people. Pure."""

from agent.budget.state import GovernorState, Memory, PowerState, Rules, Rung
from agent.budget.watts import Learnt
from agent.scheduler import Limits
from agent.units import Milliwatts, Ratio, Seconds

_OVER_AFTER = Seconds(1.0)


def without_control(rules: Rules, memory: Memory, why: str, *, unmetered: bool, refused: bool) -> GovernorState:
    """Without a budget, or without a meter to keep it by."""
    ceiling = memory.strain.ceiling
    if refused:
        reason = f"the power cannot be measured ({why}), and power.on_unmetered is refuse"
        limits = Limits(Ratio(memory.duty), 0, None, reason)
        return GovernorState(PowerState.UNMETERED, Seconds(0.0), rules.budget, limits, reason)
    reason = f"the power cannot be measured: {why}" if unmetered else "there is no power budget"
    state = PowerState.UNMETERED if unmetered else PowerState.WITHIN
    if memory.duty < 1 and ceiling.reason:
        reason = ceiling.reason
        state = state if unmetered else PowerState.LIMITED
    limits = Limits(Ratio(memory.duty), rules.max_running, rules.model, reason)
    return GovernorState(state, Seconds(0.0), rules.budget, limits, reason)


def under_control(rules: Rules, budget: Milliwatts, memory: Memory, learnt: Learnt) -> GovernorState:
    """With both."""
    reason = _reason(rules, budget, memory, learnt)
    match memory.rung:
        case Rung.PACE:
            limits = Limits(Ratio(memory.duty), rules.max_running, rules.model, reason)
        case Rung.ONE_AT_A_TIME:
            limits = Limits(Ratio(memory.duty), 1, rules.model, reason)
        case Rung.FALLBACK:
            # An operator may have chosen a model since that has no smaller one.
            limits = Limits(Ratio(memory.duty), rules.max_running, rules.fallback or rules.model, reason)
        case Rung.STOP:
            limits = Limits(Ratio(memory.duty), 0, None, reason)
    if memory.over_for >= _OVER_AFTER:
        state = PowerState.OVER
    elif memory.duty < 1 or memory.rung is not Rung.PACE:
        state = PowerState.LIMITED
    else:
        state = PowerState.WITHIN
    return GovernorState(state, memory.over_for, budget, limits, reason)


def _reason(rules: Rules, budget: Milliwatts, memory: Memory, learnt: Learnt) -> str:
    ceiling = memory.strain.ceiling
    if memory.rung is Rung.STOP:
        without = f"the machine draws {learnt.without_engine / 1000:.1f} W without the engine"
        return f"{without}; a budget of {budget / 1000:g} W leaves too little for it"
    if memory.duty >= 1:
        return f"full speed fits into {budget / 1000:g} W"
    if ceiling.reason and memory.duty >= ceiling.duty:
        return ceiling.reason
    done = f"{budget / 1000:g} W are enough for {memory.duty:.0%} of full speed"
    match memory.rung:
        case Rung.ONE_AT_A_TIME:
            return f"{done}, one request at a time"
        case Rung.FALLBACK if rules.fallback is not None:
            return f"{done}, with {rules.fallback} instead of {rules.model}"
        case _:
            return done
