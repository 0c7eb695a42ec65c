"""The governor: what the engine may do now, so that the machine stays inside its power budget. Pure.

Feed-forward: `duty = (budget - base) / rise`, from what `watts` has learnt; a new budget, or another mix of prefill and
decode, acts at once. Feedback: the learnt base follows the measured total within a second, and a slow integral takes
what the model cannot say. Down at once, up at a limited speed and not for trifles. `ceiling` acts on the same duty.

The order of what is done: pace; then one request at a time; then a smaller model; then nothing new. Each is left again
only when the one above would clearly fit. Requests that wait are let in beside the running ones as long as pacing is
enough: a batch at a lower duty costs fewer joules a token for the same watts.

Invariant: without a meter there is no control, and no reading is never taken for 0 W.
"""

from dataclasses import replace

from agent.budget.ceiling import strained
from agent.budget.rungs import on_its_rung
from agent.budget.state import GovernorState, Memory, Rules, Rung, Seen
from agent.budget.verdict import under_control, without_control
from agent.budget.watts import Learnt, begin, forget_rise, learn
from agent.units import Milliwatts, Seconds

UP_PER_S = 0.5
"""The duty rises by no more than this a second."""
HYSTERESIS = 0.01
"""Nor for less than this at once."""
_MARGIN = 0.005
_CAUTION = 0.25
"""What is aimed at lies below the budget by this share of it, and by so much of the scatter: less sure, further off."""
_OVER_SHARE = 1.03
_SMOOTHING = Seconds(1.0)
_HOLD_AFTER = Seconds(0.5)
"""Without a sample for so long, the duty is not raised."""
UNMETERED_AFTER = Seconds(2.0)
REFUSES_AFTER = Seconds(300.0)
"""When nothing could run for so long, what waits is refused: a cloud or a hot noon is over sooner, or not soon."""
_INTEGRAL_PER_S = 0.1
_INTEGRAL_MOST = 0.1
"""Of the engine's own power."""
_FIRST_GUESS = 1.5
"""Before the engine has run, its full power is taken for so many budgets, so that it starts slowly."""
_START = 0.05
"""The duty from which a model comes up that replaces another one."""
_HELD_BACK = 0.5
"""An engine that steps for this share of its duty is limited by it, and not by a lack of work."""


def govern(rules: Rules, before: Memory, seen: Seen, dt: Seconds) -> tuple[GovernorState, Memory]:
    """The limits from now on.

    Args:
        rules: What is to be kept.
        before: What the last call remembered.
        seen: What is known now.
        dt: The time since the last call.
    """
    memory = replace(
        before,
        blind_for=Seconds(before.blind_for + dt),
        strain=strained(before.strain, seen.device),
        running=seen.running,
    )
    if seen.total is not None:
        memory = _sampled(rules, before, memory, seen.total, seen)
    learnt = memory.learnt
    unmetered = learnt is None or memory.blind_for >= UNMETERED_AFTER
    if rules.budget is None or learnt is None or unmetered:
        refused = unmetered and rules.budget is not None and rules.refuse_unmetered
        free = replace(memory, rung=Rung.PACE, left=(), pressed_for=0.0, over_for=Seconds(0.0))
        paced = replace(free, duty=_paced(free, 0.0 if refused else 1.0, dt))
        return _patient(without_control(rules, paced, seen.why, unmetered=unmetered, refused=refused), paced, dt)
    aim = rules.budget * (1 - _MARGIN) - _CAUTION * learnt.scatter + memory.integral
    wanted = (aim - learnt.without_engine) / learnt.rise(learnt.work)
    memory = on_its_rung(rules, memory, learnt, wanted, dt, is_loading=seen.is_loading)
    memory = replace(memory, duty=_paced(memory, wanted, dt))
    return _patient(under_control(rules, rules.budget, memory, learnt), memory, dt)


def with_another_engine(budget: Milliwatts | None, memory: Memory) -> Memory:
    """What is remembered once another model is loaded, or the same by another engine: nothing of what it draws.

    It starts as slowly as the first one: a larger one would begin at the duty of a smaller one otherwise. What was in
    the smoothed figures of the one before would teach the wrong watts.
    """
    if memory.learnt is None:
        return memory
    without = memory.learnt.without_engine
    duty = memory.duty if budget is None else min(memory.duty, _START)
    return replace(memory, duty=duty, learnt=begin(without, _guess(budget, without)), batch=0, integral=0.0)


def _patient(state: GovernorState, memory: Memory, dt: Seconds) -> tuple[GovernorState, Memory]:
    """What waits, waits while nothing can run, but not for ever."""
    stopped = state.limits.model is None or state.limits.duty <= 0
    memory = replace(memory, stopped_for=Seconds(memory.stopped_for + dt if stopped else 0.0))
    refuses = memory.stopped_for >= REFUSES_AFTER
    return replace(state, limits=replace(state.limits, refuses=refuses)), memory


def _sampled(rules: Rules, before: Memory, memory: Memory, total: Milliwatts, seen: Seen) -> Memory:
    """Learn from a sample. A gap before it teaches no more than a moment: nobody saw what was done and drawn in it."""
    waited = min(memory.blind_for, _HOLD_AFTER)
    batch = seen.running or before.batch
    if before.learnt is None:
        learnt, smoothed = begin(total, _guess(rules.budget, total)), total
    else:
        # A larger batch draws more.
        is_same = batch == before.batch or not before.batch
        known = before.learnt if is_same else forget_rise(before.learnt)
        has_none = not (memory.running or before.running)
        is_idle = has_none or before.duty <= 0
        is_load = has_none and seen.is_loading  # what it draws is neither the engine's nor anything that will stay
        learnt = known if is_load else learn(known, total, seen.work, waited, is_idle=is_idle)
        smoothed = Milliwatts(before.smoothed + min(1.0, waited / _SMOOTHING) * (total - before.smoothed))
    over = rules.budget is not None and smoothed > rules.budget * _OVER_SHARE
    return replace(
        memory,
        learnt=learnt,
        batch=batch,
        blind_for=Seconds(0.0),
        smoothed=smoothed,
        over_for=Seconds(before.over_for + waited if over else 0.0),
        integral=_integrated(rules.budget, memory, learnt, total, waited),
    )


def _guess(budget: Milliwatts | None, total: Milliwatts) -> Milliwatts:
    return Milliwatts(max(total, _FIRST_GUESS * (budget or 0.0) - total))


def _integrated(budget: Milliwatts | None, memory: Memory, learnt: Learnt, total: Milliwatts, waited: Seconds) -> float:
    """Only while the duty is what limits: else it would wind up on an error that the duty cannot take away."""
    limits = 0 < memory.duty < 1 and learnt.work.busy >= _HELD_BACK * memory.duty
    if budget is None or not limits:
        return memory.integral * max(0.0, 1.0 - _INTEGRAL_PER_S * waited)
    most = _INTEGRAL_MOST * learnt.rise(learnt.work)
    return max(
        -most,
        min(
            most,
            memory.integral
            + _INTEGRAL_PER_S * learnt.belief * waited * (budget * (1 - _MARGIN) - _CAUTION * learnt.scatter - total),
        ),
    )


def _paced(memory: Memory, wanted: float, dt: Seconds) -> float:
    """The next duty: down at once, up at a limited speed and not for trifles, never above the ceiling."""
    target = max(0.0, min(wanted, memory.strain.ceiling.duty, 1.0))
    if target <= memory.duty:
        return target
    blind = _HOLD_AFTER < memory.blind_for < UNMETERED_AFTER
    if blind or (target - memory.duty <= HYSTERESIS and target < 1):
        return memory.duty
    return min(target, memory.duty + UP_PER_S * dt)
