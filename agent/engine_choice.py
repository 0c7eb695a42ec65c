"""Which engine runs a model: tries them in turn, remembers what does not load, and says why it took the one it has.

The memory governor asks for the order and loads; the host tells what came of it. Invariant: an engine that failed is
not tried again before every other one of the model has had its turn.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.candidates import Candidate, Way
from agent.clock import boottime
from agent.engine.host import EngineEvent
from agent.engine.preference import MachineFacts, is_lasting, order, preferred, why, why_none
from agent.engine.protocol import Progress
from agent.engine_outcomes import EngineOutcomes
from agent.events import EngineLost, LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.units import Seconds

_MOST_LOSSES = 3
"""An engine that loads, and is lost so often in a row without a token generated, does not work. One prompt cannot be to
blame: it is given to an engine twice."""
_MOST_ROUNDS = 3
"""All engines of a model have failed so often in a row: it is not the moment."""
_AGAIN_AFTER = Seconds(600.0)
"""All engines of a model have failed, and not for reasons that last: in so long it may be another moment."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """A model that none of its engines loads.

    Attributes:
        why: For a person.
        until: When it may load after all, on the boot clock; infinite: not by itself.
    """

    why: str
    until: Seconds


class EngineChoice:
    """Knows, of every model, which engine's turn it is.

    Args:
        models: Those that are configured.
        outcomes: What is known from before.
        machine: Where they run.
        load_timeout: As the host has it.
        is_auto: Whether the agent chooses; else the configuration names the only engine.
        now: The boot clock.
    """

    def __init__(  # noqa: PLR0913 - what the choice depends on; only `app` calls it
        self,
        models: tuple[Candidate, ...],
        outcomes: EngineOutcomes,
        *,
        machine: MachineFacts,
        load_timeout: Seconds,
        is_auto: bool = True,
        now: Callable[[], Seconds] = boottime,
    ) -> None:
        self._models = {model.model: model for model in models}
        self._outcomes = outcomes
        self._machine = machine
        self._load_timeout = load_timeout
        self._is_auto = is_auto
        self._now = now
        self._tried: dict[str, dict[str, str]] = {}
        """Of each model, the engines that have failed since all of them had, and why."""
        self._rounds: Counter[str] = Counter()
        """How often all engines of a model have failed since it was loaded."""
        self._broken: dict[str, _Broken] = {}
        self._loaded: tuple[Candidate, Way] | None = None
        self._losses = 0
        self._has_given_way = False
        """The next unload is for its sake: the round goes on."""
        self._changed = asyncio.Event()

    def ways(self, model: Candidate) -> tuple[Candidate, ...]:
        """The same model by each of its engines: the one whose turn it is, then those that would come next."""
        if not model.ways:
            return (model,)
        tried = self._tried.get(model.model, {})
        by_name = {way.engine.name: model.by(way) for way in model.ways}
        ranked = order(tuple(by_name), self._machine, self._remembered(model))
        return tuple(by_name[engine] for engine in sorted(ranked, key=tried.__contains__))

    def reconsider(self, model: Candidate) -> None:
        """An operator orders this model: whatever did not load it gets another chance."""
        self._models[model.model] = model
        self._tried.pop(model.model, None)
        self._is_whole(model.model)
        for way in model.ways:
            self._outcomes.forget(model, way)
        self._changed.set()

    def gives_way(self, model: Candidate, reason: str) -> None:
        """There was no memory for an engine to load a model: another one's turn. Not remembered."""
        found = self._find(model.model, model.engine.name)
        if found is not None:
            self._gives_way(*found, reason)
            self._has_given_way = True

    def tries_on(self, model: str) -> bool:
        """Whether engines are left that have not failed to load a model."""
        return bool(self._tried.get(model))

    def does_not_load(self, model: str) -> str | None:
        """Why another model is better tried: each engine of this one has failed. None: it loads, or may."""
        broken = self._broken.get(model)
        return broken.why if broken is not None and self._now() < broken.until else None

    def why(self, model: str, engine: str) -> str | None:
        """Why a model is run by this engine, for a person; None where the configuration says so."""
        known = self._models.get(model)
        if not self._is_auto or known is None or engine not in (names := [way.engine.name for way in known.ways]):
            return None
        ranked = preferred(names, self._machine)
        return why(engine, ranked, self._tried.get(model, {}), self._remembered(known))

    def engine_event(self, event: EngineEvent, *, memory_is_calm: bool) -> None:
        """Hear what the host tells, before the memory governor does; it acts on it."""
        match event:
            case ModelLoadFailed():
                self._failed(event, memory_is_calm=memory_is_calm)
                self._loaded = None
            case ModelLoaded(model=model, engine=engine):
                self._is_whole(model)
                self._loaded = self._find(model, engine)
                if self._loaded is not None:
                    self._outcomes.forget(*self._loaded)
                    self._changed.set()
            case ModelUnloaded(model, _):
                if not self._has_given_way:
                    self._tried.pop(model, None)
                self._loaded, self._losses = None, 0
            case EngineLost(reason):
                self._lost(reason)
                self._loaded = None
        self._has_given_way = False

    def ran(self, progress: Progress) -> None:
        """Hear what the loaded engine did: one that generates works."""
        if any(work.tokens.decode for work in progress.work):
            self._losses = 0

    async def run(self) -> None:
        """Write down what is new, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not self._outcomes.is_saved:
                await asyncio.to_thread(self._outcomes.save)

    def _failed(self, event: ModelLoadFailed, *, memory_is_calm: bool) -> None:
        found = self._find(event.model, event.engine)
        if found is None:
            return
        if is_lasting(event.problem, event.reason, memory_is_calm=memory_is_calm):
            within = self._load_timeout if event.problem is LoadProblem.TIMED_OUT else None
            self._outcomes.failed(*found, event.reason, within)
            self._changed.set()
        self._gives_way(*found, event.reason)
        if not self.tries_on(event.model):
            self._all_have_failed(found[0], why_none(event.model, event.engine, event.reason))

    def _all_have_failed(self, model: Candidate, reason: str) -> None:
        """Not the end of it where it may have been the moment, until it has been so often."""
        self._rounds[model.model] += 1
        lasts = len(self._remembered(model)) == len(model.ways)
        if lasts or self._rounds[model.model] >= _MOST_ROUNDS:
            until = Seconds(math.inf) if lasts else Seconds(self._now() + _AGAIN_AFTER)
            self._broken[model.model] = _Broken(reason, until)

    def _is_whole(self, model: str) -> None:
        self._broken.pop(model, None)
        del self._rounds[model]

    def _lost(self, reason: str) -> None:
        """The loaded engine is gone: another one's turn, when that has become a habit. Not remembered."""
        if self._loaded is None or reason == "signal SIGKILL":
            return
        self._losses += 1
        if self._losses >= _MOST_LOSSES:
            self._losses = 0
            self._gives_way(*self._loaded, f"it was lost {_MOST_LOSSES} times without generating anything: {reason}")

    def _gives_way(self, model: Candidate, way: Way, reason: str) -> None:
        tried = self._tried.setdefault(model.model, {})
        if way.engine.name in tried or len(tried) + 1 == len(model.ways):
            del self._tried[model.model]  # all have failed, or those that are left have no room: begin anew
        else:
            tried[way.engine.name] = reason

    def _find(self, model: str, engine: str) -> tuple[Candidate, Way] | None:
        candidate = self._models.get(model)
        ways = () if candidate is None else candidate.ways
        way = next((way for way in ways if way.engine.name == engine), None)
        return None if candidate is None or way is None else (candidate, way)

    def _remembered(self, model: Candidate) -> Mapping[str, str]:
        return self._outcomes.of(model, self._load_timeout)
