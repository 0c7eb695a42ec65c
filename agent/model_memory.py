"""What models take here: predicted from their geometry, measured while they are loaded, learnt for the next time.

Invariant: what is learnt of a model was measured on the process that had loaded it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.batch_choice import BatchChoice
from agent.budget.memory import DoesNotFit, Fits, Learnt, MemoryBounds, MemoryNow, Need
from agent.budget.sharing import Shared
from agent.candidates import Candidate
from agent.engine.batching import BatchSearch
from agent.engine.host import EngineHost
from agent.learnt import LearntModels
from agent.platform.readings import Reading
from agent.units import Bytes

_MOST_EXCESS = 0.25
"""Of what is predicted without it. More is nothing that a model needs, but a leak: believed, it would keep the model
from ever being loaded again."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is loaded, or being loaded.

    Attributes:
        fit: The context it has room for; None without a prediction.
        shared: What its requests at once have together; None likewise.
        max_batch: How many those are.
        search: How the engine finds out how many of them pay; None: it takes as many as it is given.
        excess: What is in the predictions of `fit` and `shared` because earlier processes took it.
    """

    candidate: Candidate
    fit: Fits | None
    shared: Shared | None
    max_batch: int
    search: BatchSearch | None
    excess: Bytes


class ModelMemory:
    """Judges, measures and learns.

    Args:
        bounds: What models may take.
        host: Who has the engine's process.
        footprint: Reads what a process has taken.
        learnt: What is known of the models from before.
        batches: How many requests at once are wanted.
    """

    def __init__(
        self,
        bounds: MemoryBounds,
        host: EngineHost,
        *,
        footprint: Callable[[int], Reading[Bytes]],
        learnt: LearntModels,
        batches: BatchChoice,
    ) -> None:
        self._bounds = bounds
        self._host = host
        self._footprint = footprint
        self._learnt = learnt
        self._batches = batches
        self._measured: Bytes | None = None

    @property
    def measured(self) -> Bytes | None:
        """What the engine's process has taken; None while there is none."""
        return self._measured

    def measure(self) -> None:
        """Look at the process."""
        self._measured = None if self._host.pid is None else self._footprint(self._host.pid).value

    def is_gone(self) -> None:
        """The process has ended."""
        self._measured = None

    def without_ours(self, now: MemoryNow | None) -> MemoryNow | None:
        """The memory as it will be once the loaded model is gone."""
        return None if now is None else replace(now, available=Bytes(now.available + (self._measured or 0)))

    def judge(self, candidate: Candidate, now: MemoryNow | None) -> Fits | DoesNotFit | None:
        """The room is what there will be once the process that is there, if any, is gone: never two at once."""
        return candidate.judge(self.without_ours(now), self._bounds, self._known(candidate))

    def plan(self, candidate: Candidate, fit: Fits | None, now: MemoryNow | None) -> Chosen:
        """With how much to load a model that fits."""
        most = self._batches.most(candidate.geometry)
        shared = candidate.share(fit, self.without_ours(now), self._bounds, self._known(candidate), most)
        max_batch = most if shared is None else shared.batch
        known = self._known(candidate)
        excess = Bytes(0) if known is None else known.excess
        return Chosen(candidate, fit, shared, max_batch, self._batches.search(candidate.geometry), excess)

    def need(self, chosen: Chosen) -> Need | None:
        """The peak of what is loaded."""
        able = self._host.capabilities
        if chosen.shared is None or able is None or able.max_batch == 1:
            return None if chosen.fit is None else chosen.fit.need
        return chosen.shared.need

    def learn_load(self, model: str, chosen: Chosen | None) -> None:
        """A model has been loaded.

        Half of what earlier processes took beyond the prediction is forgotten: what was seen once fades.
        Its footprint is not learnt when another had been chosen already. Nor is one of less than the weights: they are
        where it does not show, in a GPU's memory, and what is learnt would let the next load take what is not there.
        """
        if chosen is None:
            return
        geometry, able = chosen.candidate.geometry, self._host.capabilities
        is_it = model == chosen.candidate.model
        if is_it and geometry is not None and self._measured is not None and self._measured >= geometry.weights:
            before = self._learnt.of(geometry)
            self._learnt.learn(geometry, Learnt(self._measured, Bytes(0 if before is None else before.excess // 2)))
        if able is not None and able.model == chosen.candidate.model:
            self._batches.loaded(geometry, able)

    def learn_excess(self, chosen: Chosen) -> None:
        """A process that takes more than was predicted for its whole context takes more the next time, too.

        More than what is predicted from what the process took after its load: the next prediction begins there.
        """
        geometry, need = chosen.candidate.geometry, self.need(chosen)
        if geometry is None or need is None or self._measured is None:
            return
        if self._host.capabilities is None:
            return  # the process that is there is the former model's, which only ends what it runs
        learnt = self._learnt.of(geometry)
        if learnt is None:
            return
        predicted = learnt.loaded + need.cache + need.workspace - chosen.excess
        excess = min(self._measured - predicted, int(predicted * _MOST_EXCESS))
        if excess > learnt.excess:
            self._learnt.learn(geometry, replace(learnt, excess=Bytes(excess)))

    async def save(self) -> None:
        """Write what is new, in a thread."""
        for learnt in (self._learnt, self._batches):
            if not learnt.is_saved:
                await asyncio.to_thread(learnt.save)

    def _known(self, candidate: Candidate) -> Learnt | None:
        return None if candidate.geometry is None else self._learnt.of(candidate.geometry)
