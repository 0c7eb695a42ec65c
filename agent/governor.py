"""The governor's loop: it looks at the sensors, some times a second, and sets what the engine and the worker may do.

`budget.power` decides; this knows the clock, the sensors and who obeys. Owns the budget that holds now. Invariant: it
never waits for anyone, so that a sensor, a disk or an engine that hangs does not stop it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.budget.power import govern, with_another_engine
from agent.budget.report import NOTHING_REPORTED, report
from agent.budget.schedule import Span, budget_at
from agent.budget.state import FRESH, GovernorState, Rules, Rung, Seen
from agent.budget.watts import IDLE, Work, forget_rise
from agent.clock import Clock
from agent.events import Event
from agent.platform.readings import Sampled
from agent.scheduler import Limits
from agent.units import Milliwatts, Ratio, Seconds

EVERY = Seconds(0.05)
"""Twice as often as power is sampled, so that a sample and the work that goes with it are not far apart."""
IDLE_EVERY = Seconds(0.25)
"""Once nothing has run for a while there is less to see, and an idle agent should cost nothing."""
_AT_REST = 0.01
"""Of the engine's smoothed share. Between two short requests no sample may be passed over: of their work all would be
seen, and of their watts those at moments when nothing runs."""
_LONGEST_TICK = Seconds(1.0)
"""A machine that was suspended has seen nothing in that time, so that none of it counts as waited."""
_MILLI = 1000.0
_TAUGHT = 100
"""Samples: ten seconds of work."""


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """What the configuration says.

    Attributes:
        budget: Of the whole machine; None: no limit.
        spans: Budgets by time of day.
        refuse_unmetered: Whether nothing may run while a budget cannot be measured.
        model: The model that is wanted.
        fallback: A smaller one that needs less power; None: there is none.
    """

    budget: Milliwatts | None
    spans: tuple[Span, ...]
    refuse_unmetered: bool
    model: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """What the engine has done and does.

    Attributes:
        prefill: Time in steps of prefill; it never becomes less.
        decode: Likewise of decode.
        running: Requests in the engine.
        max_running: Requests that the loaded model can run at once.
        is_loading: Whether a model is wanted that is not there yet.
    """

    prefill: Seconds
    decode: Seconds
    running: int
    max_running: int
    is_loading: bool = False


class Governor:
    """Keeps the machine inside its budget.

    Args:
        plan: What the configuration says.
        clock: The time.
        sampled: What the sensors said last.
        doing: What the engine does.
        apply: Obeys: the engine's pace, and what the worker may start.
        emit: Reports an event to the operator.
        use_model: Has the engine use another model; called only where the plan has a fallback.
    """

    def __init__(  # noqa: PLR0913 - what it looks at and who obeys; only `app` calls it
        self,
        plan: PowerPlan,
        *,
        clock: Clock,
        sampled: Callable[[], Sampled],
        doing: Callable[[], Doing],
        apply: Callable[[Limits], None],
        emit: Callable[[Event], None],
        use_model: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._clock = clock
        self._sampled = sampled
        self._doing = doing
        self._apply = apply
        self._use_model = use_model
        self._emit = emit
        self._commanded: Milliwatts | None = None
        self._memory = FRESH
        self._reported = NOTHING_REPORTED
        self._sample_at: Seconds | None = None
        self._last = clock.now()
        self._last_doing, self._worked_since = doing(), self._last
        self._model = plan.model
        self._loaded: tuple[str, str] | None = None
        self._state = self._decide(Seen(None, "no sample yet", None, IDLE, 0), Seconds(0.0))

    @property
    def state(self) -> GovernorState:
        """What is decided now."""
        return self._state

    def set_budget(self, watts: float | None) -> None:
        """Another budget from now on, whatever the configuration and its schedule say; None: theirs again."""
        self._commanded = None if watts is None else Milliwatts(watts * _MILLI)

    def want(self, model: str, fallback: str | None) -> None:
        """Another model is the wanted one from now on; what it draws, and whether pacing is enough, is learnt anew."""
        self._plan = replace(self._plan, model=model, fallback=fallback)
        self._model = model
        self._memory = replace(self._memory, rung=Rung.PACE, left=(), pressed_for=0.0)
        self.forget_engine()

    def model_loaded(self, model: str, engine: str) -> None:
        """This one runs from now on; when it is another one than before, at a duty that is careful at once."""
        before, self._loaded = self._loaded, (model, engine)
        if before not in (None, self._loaded):
            self._memory = with_another_engine(self._rules().budget, self._memory)
            self.tick()

    @property
    def loaded(self) -> tuple[str, str] | None:
        """The model that was loaded last, and its engine; None before the first."""
        return self._loaded

    @property
    def without_engine(self) -> Milliwatts | None:
        """What the machine draws while the engine rests; None before the first sample."""
        learnt = self._memory.learnt
        return None if learnt is None else learnt.without_engine

    @property
    def rise(self) -> Milliwatts | None:
        """What the engine would add if it did not rest; None until it has worked for a while."""
        learnt = self._memory.learnt
        if learnt is None or max(learnt.prefill.samples, learnt.decode.samples) < _TAUGHT:
            return None
        return learnt.rise(learnt.work)

    def forget_engine(self) -> None:
        """The engine draws otherwise from now on: another model, other clocks."""
        if self._memory.learnt is not None:
            self._memory = replace(self._memory, learnt=forget_rise(self._memory.learnt))

    async def run(self) -> None:
        """Govern until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(IDLE_EVERY if self._is_at_rest() else EVERY)

    def _is_at_rest(self) -> bool:
        learnt = self._memory.learnt
        return not self._doing().running and (learnt is None or learnt.work.busy < _AT_REST)

    def tick(self) -> None:
        """Look once, decide, and have it obeyed."""
        now = self._clock.now()
        dt, self._last = min(Seconds(now - self._last), _LONGEST_TICK), now
        seen = self._seen(now)
        self._state = self._decide(seen, dt)
        limits = self._state.limits
        self._apply(limits)
        if limits.model is not None and limits.model != self._model:
            self._model = limits.model
            self._use_model(limits.model)
        event, self._reported = report(self._reported, self._state, self._memory.smoothed, dt)
        if event is not None:
            self._emit(event)

    def _decide(self, seen: Seen, dt: Seconds) -> GovernorState:
        state, self._memory = govern(self._rules(), self._memory, seen, dt)
        return state

    def _rules(self) -> Rules:
        plan = self._plan
        budget = self._commanded
        if budget is None:
            budget = budget_at(plan.spans, self._clock.minute_of_day(), plan.budget)
        return Rules(budget, plan.refuse_unmetered, self._last_doing.max_running, plan.model, plan.fallback)

    def _seen(self, now: Seconds) -> Seen:
        sampled, doing = self._sampled(), self._doing()
        power = sampled.power
        total = None if power is None else power.total.value
        why = (sampled.why if power is None else power.total.why) or "no sample"
        if power is None or total is None or power.at == self._sample_at:
            self._last_doing = replace(self._last_doing, max_running=doing.max_running)
            return Seen(None, why, sampled.device, IDLE, doing.running, doing.is_loading)
        work = _shares(self._last_doing, doing, Seconds(now - self._worked_since))
        self._sample_at, self._worked_since, self._last_doing = power.at, now, doing
        return Seen(total, why, sampled.device, work, doing.running, doing.is_loading)


def _shares(before: Doing, now: Doing, passed: Seconds) -> Work:
    """The engine's steps as shares of the time. More than all of it, when a long step has just been reported."""
    if passed <= 0:
        return IDLE
    return Work(Ratio((now.prefill - before.prefill) / passed), Ratio((now.decode - before.decode) / passed))
