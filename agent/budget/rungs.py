"""What is done beyond pacing, and when it is taken back. Pure.

Pacing at the least duty costs the idle watts for ever, so that below it something else is done. A rung is left upwards
only when the one above would clearly fit, and has for a while: what it draws was learnt before it was left.
"""

from dataclasses import replace

from agent.budget.state import Left, Memory, Rules, Rung
from agent.budget.watts import Learnt, forget_rise
from agent.units import Milliwatts, Seconds

MIN_DUTY = 0.05
"""When less than this would be needed, the next thing is done."""
_CLEARLY = 2.5
"""What is taken back must fit with so many times `MIN_DUTY`."""
_STEP_DOWN_AFTER = Seconds(5.0)
_TRIED = 50
"""Samples of one request or of a smaller model at work, before it is said to draw too much as well: five seconds."""
_SMALLER = 0.5
"""What a smaller model adds is taken for so much of the larger one's until it is loaded."""
_STEP_UP_AFTER = Seconds(10.0)


def on_its_rung(  # noqa: PLR0913 - what is kept, remembered and seen
    rules: Rules, memory: Memory, learnt: Learnt, wanted: float, dt: Seconds, *, is_loading: bool
) -> Memory:
    """One rung down when pacing is not enough; one up when the rung above clearly fits again.

    Not down while a model loads, which has not been tried yet. But up: one that never loads keeps no other one away.
    """
    following = _rung_after(rules, memory.rung)
    if wanted < MIN_DUTY and following is not None:
        if is_loading:
            return memory
        pressed = max(0.0, memory.pressed_for) + dt
        if pressed < _STEP_DOWN_AFTER or not (wanted <= 0 or _is_tried(memory, learnt)):
            return replace(memory, pressed_for=pressed)
        rise = learnt.rise(learnt.work)
        left = (*memory.left, Left(memory.rung, rise))
        other = forget_rise(learnt, Milliwatts(_SMALLER * rise)) if following is Rung.FALLBACK else learnt
        return replace(memory, rung=following, left=left, pressed_for=0.0, learnt=other)
    above = memory.left[-1] if memory.left else None
    if above is None or rules.budget is None or rules.budget - learnt.without_engine < _CLEARLY * MIN_DUTY * above.rise:
        return replace(memory, pressed_for=0.0)
    pressed = min(0.0, memory.pressed_for) - dt
    if pressed > -_STEP_UP_AFTER:
        return replace(memory, pressed_for=pressed)
    other = forget_rise(learnt, above.rise)
    return replace(memory, rung=above.rung, left=memory.left[:-1], pressed_for=0.0, learnt=other)


def _is_tried(memory: Memory, learnt: Learnt) -> bool:
    """Whether what the rung draws is known, and not a guess from another one's. A batch that runs is not cut short."""
    if memory.rung is Rung.ONE_AT_A_TIME and memory.batch > 1:
        return False
    return memory.rung is Rung.PACE or max(learnt.prefill.samples, learnt.decode.samples) >= _TRIED


def _rung_after(rules: Rules, rung: Rung) -> Rung | None:
    there = [Rung.PACE, Rung.ONE_AT_A_TIME, Rung.FALLBACK, Rung.STOP]
    if rules.max_running <= 1:
        there.remove(Rung.ONE_AT_A_TIME)
    if rules.fallback is None:
        there.remove(Rung.FALLBACK)
    order = list(Rung)
    return next((it for it in there if order.index(it) > order.index(rung)), None)
