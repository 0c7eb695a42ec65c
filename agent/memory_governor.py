"""Keeps the model within its memory: decides what is loaded, what waits, and what is given back.

Reads the memory twice a second, asks `model_memory` what would fit, and has `prompt_room` say what may run. Invariant:
no model is loaded for which there is no room, never two at once, and a prompt that cannot be run for want of memory
waits a little or is told so, with the numbers.
"""

import asyncio
from collections.abc import Callable, Mapping

from agent.batch_choice import BatchChoice
from agent.budget.admission import PATIENCE, Admission
from agent.budget.memory import DoesNotFit, Fits, MemoryNow
from agent.budget.memory_state import MemoryState
from agent.budget.pressure import Level, PressureState, next_pressure
from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.candidates import Candidate, bounds_of
from agent.config import Memory
from agent.engine.host import EngineEvent, EngineHost
from agent.events import ContextShortened, Event, MemoryLow, MemoryRecovered, ModelDoesNotFit, ModelLoaded
from agent.learnt import LearntModels
from agent.model_memory import Chosen, ModelMemory
from agent.platform.readings import Reading
from agent.prompt_room import PromptRoom
from agent.units import Bytes, Seconds
from agent.worker import Worker

TICK = Seconds(0.5)
_GROW_AFTER = PATIENCE
"""How long there has to have been room for a preferred model."""
_LACKING_AFTER = Seconds(2 * PATIENCE)
"""A preferred model that is not even being loaded so long after it was wanted has no room."""


class MemoryGovernor:
    """Loads and unloads.

    Args:
        settings: The section `memory` of the configuration.
        models: The preferred model first.
        ways: Tells a model's engines: the same model by each of them, the one to be tried first in front.
        does_not_load: Tells why each engine of a model has failed to load it; None: one does, or may.
        gives_way: Told that one of them took, while it loaded, more memory than there is, and what was said of it.
        host: Who has the engine's process.
        worker: Who has the prompts; told what memory allows.
        gauge: Reads the memory; None when the kernel does not tell.
        footprint: Reads what a process has taken.
        learnt: What is known of the models from before.
        batches: How many requests at once are wanted.
        emit: Told of what an operator wants to know.
        on_lacking: Told why the preferred model is not loaded, nor being loaded, while that lasts.
        now: The boot clock.
    """

    def __init__(  # noqa: PLR0913 - everything that memory has to do with; only `app` calls it
        self,
        settings: Memory,
        models: tuple[Candidate, ...],
        host: EngineHost,
        worker: Worker,
        *,
        gauge: Callable[[], MemoryNow | None],
        footprint: Callable[[int], Reading[Bytes]],
        learnt: LearntModels,
        batches: BatchChoice,
        ways: Callable[[Candidate], tuple[Candidate, ...]] = lambda model: (model,),
        does_not_load: Callable[[str], str | None] = lambda _model: None,
        gives_way: Callable[[Candidate, str], None] = lambda _model, _why: None,
        emit: Callable[[Event], None],
        on_lacking: Callable[[str], None],
        now: Callable[[], Seconds],
    ) -> None:
        self._bounds = bounds_of(settings)
        self._keep_alive = settings.keep_alive
        self._wanted = models
        self._ways = ways
        self._does_not_load = does_not_load
        self._gives_way = gives_way
        self._host = host
        self._worker = worker
        self._gauge = gauge
        self._memory = ModelMemory(self._bounds, host, footprint=footprint, learnt=learnt, batches=batches)
        self._room = PromptRoom(self._bounds, host, worker, self._memory)
        self._emit = emit
        self._on_lacking = on_lacking
        self._now = now
        self._chosen: Chosen | None = None
        self._pressure = PressureState(Level.CALM, now())
        self._is_resting = False
        self._busy_at = self._wanted_at = now()
        self._larger_fits_since: Seconds | None = None
        self._has_forgotten = False
        """Since memory is as short as it is."""
        self._short_since: Seconds | None = None
        self._told: frozenset[str] = frozenset()
        self._state = MemoryState(self._bounds.budget, self._bounds.reserve, None, None, None, Level.CALM)
        host.unload("nothing has been chosen yet")

    @property
    def state(self) -> MemoryState:
        """How things stood at the last look."""
        return self._state

    @property
    def _models(self) -> tuple[Candidate, ...]:
        """What may be loaded, the preferred first: each model by each of its engines. What does not load comes last."""
        ranked = sorted(self._wanted, key=lambda model: self._does_not_load(model.model) is not None)
        return tuple(way for model in ranked for way in self._ways(model))

    async def run(self) -> None:
        """Look and act until cancelled."""
        while True:
            self.look()
            await self._memory.save()
            await asyncio.sleep(TICK)

    def judge(self, model: Candidate) -> Fits | DoesNotFit | None:
        """Whether a model would fit, what is loaded now gone; None when that cannot be said."""
        now = self._gauge()
        verdicts = [self._memory.judge(way, now) for way in self._ways(model)]
        return next((verdict for verdict in verdicts if not isinstance(verdict, DoesNotFit)), verdicts[0])

    def prefer(self, models: tuple[Candidate, ...]) -> None:
        """From now on load the first of these for which there is room."""
        self._wanted = models
        self._is_resting, self._wanted_at = False, self._now()
        if self._host.capabilities is None:  # nothing that works is given up: no need to wait
            self._larger_fits_since = Seconds(self._wanted_at - _GROW_AFTER)
        self.look()

    def wake(self) -> None:
        """Have the model loaded that left because it had nothing to do; it stays for `keep_alive` from now on."""
        self._is_resting, self._busy_at = False, self._now()
        self.look()

    def engine_event(self, event: EngineEvent) -> None:
        """Hear what the host tells, before it acts on it."""
        if isinstance(event, ModelLoaded):
            self._memory.measure()
            self._memory.learn_load(event.model, self._chosen)
        else:
            self._memory.is_gone()
            self._go_on()

    def look(self) -> None:
        """Read the memory and act."""
        at, now = self._now(), self._gauge()
        self._feel(now, at)
        if self._worker.running or self._worker.queued:
            self._busy_at = at
        if self._host.is_wanted and self._chosen is not None:
            self._watch(self._chosen, now, at)
        else:
            self._load(now, at)
        self._worker.admit(self._admission(now, at))
        self._state = self._stand(now)
        self._tell_lack(now, at)

    def _feel(self, now: MemoryNow | None, at: Seconds) -> None:
        """Follow the pressure, and tell when it changes."""
        before = self._pressure
        if now is not None:
            self._pressure = next_pressure(before, now, self._bounds.reserve, at)
        if now is None or self._pressure.level is before.level:
            return
        self._has_forgotten = False
        if self._pressure.level is Level.CALM:
            self._emit(MemoryRecovered(now.available, round(at - before.since, 3)))
        else:
            self._emit(MemoryLow(self._pressure.level, now.available, self._bounds.reserve))

    def _watch(self, chosen: Chosen, now: MemoryNow | None, at: Seconds) -> None:
        """A model is loaded, or being loaded: measure it, and see whether it should go."""
        self._memory.measure()
        self._memory.learn_excess(chosen)
        is_idle = not self._worker.running
        is_unused = is_idle and not self._worker.queued and self._host.capabilities is not None
        if self._pressure.level is Level.CRITICAL:
            self._let_go(chosen, "memory is nearly used up", at_once=True)
        elif chosen.candidate not in self._models:
            self._host.unload("another model is wanted")
        elif self._pressure.level is Level.LOW:
            self._make_room(chosen, is_idle=is_idle)
        elif self._keep_alive is not None and is_unused and at - self._busy_at >= self._keep_alive:
            self._is_resting = True
            self._host.unload("it had nothing to do")
        else:
            self._grow(chosen, now, at)

    def _make_room(self, chosen: Chosen, *, is_idle: bool) -> None:
        """Memory is low: what is kept of earlier prompts goes, and when that was not enough the model, once idle.

        Once while something runs: what that has in its own caches counts as kept where several run, and cannot go.
        """
        if self._host.kept and (is_idle or not self._has_forgotten):
            self._has_forgotten = True
            self._host.forget()
        elif is_idle and self._pressure.relaxed_since is None:
            self._let_go(chosen, "memory is low")

    def _let_go(self, chosen: Chosen, why: str, *, at_once: bool = False) -> None:
        """An engine that had not even loaded by then would be loaded again and again, as often as memory is calm."""
        if self._host.pid is None:
            self._gives_way(chosen.candidate, why)
        self._host.unload(why, at_once=at_once)

    def _grow(self, chosen: Chosen, now: MemoryNow | None, at: Seconds) -> None:
        """Go back to a preferred model once there has been room for it for a while."""
        for candidate in self._models[: self._models.index(chosen.candidate)]:
            fit = self._memory.judge(candidate, now)
            if isinstance(fit, DoesNotFit) or (fit is None and candidate.geometry is not None):
                continue  # without a geometry it can only be tried
            if self._pressure.level is Level.CALM:
                self._larger_fits_since = at if self._larger_fits_since is None else self._larger_fits_since
                if at - self._larger_fits_since >= _GROW_AFTER:
                    self._choose(candidate, fit, now)
                return
        self._larger_fits_since = None

    def _load(self, now: MemoryNow | None, at: Seconds) -> None:
        """No model is loaded: load the first for which there is room, unless none is needed."""
        if self._pressure.level is not Level.CALM:
            return
        if self._is_resting and not self._worker.queued:
            self._short_since = None
            return
        too_large: dict[str, DoesNotFit] = {}
        for candidate in self._models:
            fit = self._memory.judge(candidate, now)
            if not isinstance(fit, DoesNotFit):
                too_large.pop(candidate.model, None)  # by another engine it does fit
                self._tell_too_large(too_large)
                self._choose(candidate, fit, now)
                return
            too_large.setdefault(candidate.model, fit)
        self._tell_too_large(too_large)
        self._short_since = at if self._short_since is None else self._short_since

    def _tell_too_large(self, models: Mapping[str, DoesNotFit]) -> None:
        for model, short in models.items():
            if model not in self._told:
                self._told |= {model}
                self._emit(ModelDoesNotFit(short.model, short.needed, short.room))

    def _choose(self, candidate: Candidate, fit: Fits | None, now: MemoryNow | None) -> None:
        geometry = candidate.geometry
        self._chosen = chosen = self._memory.plan(candidate, fit, now)
        self._is_resting, self._busy_at = False, self._now()
        self._larger_fits_since = self._short_since = None
        self._told = frozenset() if candidate == self._models[0] else self._told
        context_length = None if fit is None else fit.context_length
        self._host.switch_to(
            candidate.model,
            candidate.model_dir,
            engine=candidate.engine,
            context_length=context_length,
            max_batch=chosen.max_batch,
            search=chosen.search,
            cache_tokens=None if chosen.shared is None else chosen.shared.tokens,
            prompt_chunk=LEAST_CHUNK if fit is None else fit.chunk,
        )
        if geometry is not None and context_length is not None and context_length < geometry.context_length:
            self._emit(ContextShortened(candidate.model, context_length, geometry.context_length))

    def _tell_lack(self, now: MemoryNow | None, at: Seconds) -> None:
        preferred = self._models[0]
        chosen = self._chosen if self._host.is_wanted else None
        is_chosen = chosen is not None and chosen.candidate.model == preferred.model
        if not is_chosen and at - self._wanted_at >= _LACKING_AFTER:
            verdict = self._memory.judge(preferred, now)
            self._on_lacking(str(verdict) if isinstance(verdict, DoesNotFit) else "its memory does not stay free")

    def _go_on(self) -> None:
        """The engine is lost or did not load, and is about to be started again: the same, or another that has its turn.

        Another model, when each engine of this one has failed. Not when there is no room now.
        """
        if self._chosen is None or not self._host.is_wanted:
            return
        now = self._gauge()
        model = self._chosen.candidate
        for candidate in self._ways(model) if self._does_not_load(model.model) is None else self._models:
            fit = self._memory.judge(candidate, now)
            if not isinstance(fit, DoesNotFit):
                if candidate != self._chosen.candidate:
                    self._choose(candidate, fit, now)
                return
        self._host.unload("there is no memory to load it again")

    def _admission(self, now: MemoryNow | None, at: Seconds) -> Admission:
        """What the worker may do."""
        tight_since = None if self._pressure.level is Level.CALM else self._pressure.since
        if self._host.is_wanted and self._chosen is not None:
            broken = self._does_not_load(self._chosen.candidate.model)
            if broken is not None and self._host.capabilities is None:
                return self._room.without_engine(broken, at)
            return self._room.with_model(self._chosen, now, at, tight_since)
        verdicts = [self._memory.judge(model, now) for model in self._models]
        return self._room.without_model(verdicts, self._short_since if tight_since is None else tight_since, at)

    def _stand(self, now: MemoryNow | None) -> MemoryState:
        need = self._memory.need(self._chosen) if self._chosen is not None and self._host.is_wanted else None
        without_ours = self._memory.without_ours(now)
        return MemoryState(
            budget=self._bounds.budget if without_ours is None else self._bounds.room(without_ours.available),
            reserve=self._bounds.reserve,
            predicted=None if need is None else need.total,
            measured=self._memory.measured,
            context_length=None if self._host.capabilities is None else self._host.capabilities.context_length,
            level=self._pressure.level,
        )
