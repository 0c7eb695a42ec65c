"""Everything that has to do with which engine runs a model, as `app` wires it; the engines are scripted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from agent.accounting import EnergyAccounting
from agent.batch_choice import BatchChoice
from agent.budget.memory import MemoryNow
from agent.budget.pressure import Level
from agent.candidates import Candidate, Way
from agent.clock import Clock
from agent.config import Memory
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.catalog import ONNXRUNTIME_GENAI, TENSORRT_LLM
from agent.engine.host import EngineEvent, EngineHost, EngineSpec
from agent.engine.preference import MachineFacts
from agent.engine_choice import EngineChoice
from agent.engine_outcomes import EngineOutcomes
from agent.journal import JournalThread
from agent.learnt import LearntModels
from agent.memory_governor import MemoryGovernor
from agent.models.folder import fingerprint
from agent.platform.footprint import footprint
from agent.units import Bytes, Seconds
from agent.worker import Worker
from tests.integration.engine.hosting import PATIENCE
from tests.integration.engine.scripted import HERE

ENGINES = (TENSORRT_LLM, ONNXRUNTIME_GENAI)
"""In the order in which a machine with a GPU tries them."""
_PLENTY = MemoryNow(Bytes(8 << 30), Bytes(8 << 30))


class _NoJournal(JournalThread):
    def __init__(self) -> None:
        """Without a thread."""


class Choosing:
    """Parts that run for the length of a test; `events` is what the host told, as far as nobody has asked yet."""

    def __init__(self, folder: Path, loaders: Sequence[str], load_timeout: float, version: str) -> None:
        (folder / "model").mkdir(exist_ok=True)
        engines = [replace(engine, loader=f"{HERE}:{loader}") for engine, loader in zip(ENGINES, loaders, strict=False)]
        ways = tuple(Way(engine, version, None) for engine in engines)
        self.model = Candidate("m", folder / "model", None, engines[0], ways, fingerprint(folder / "model"))
        self.events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self.outcomes = EngineOutcomes(folder / "engines.json")
        self.engines = EngineChoice(
            (self.model,), self.outcomes, machine=MachineFacts(has_gpu=True), load_timeout=Seconds(load_timeout)
        )
        self.host = EngineHost(
            EngineSpec("m", folder / "model", engines[0].loader, engine=engines[0].name),
            load_timeout=Seconds(load_timeout),
            step_timeout=Seconds(PATIENCE),
            on_event=self._tell,
        )
        self.memory = MemoryGovernor(
            Memory(),
            (self.model,),
            self.host,
            self._worker(),
            gauge=lambda: _PLENTY,
            footprint=footprint,
            learnt=LearntModels(folder / "memory.json"),
            batches=BatchChoice(folder / "batching.json", 1),
            ways=self.engines.ways,
            emit=lambda _: None,
            on_lacking=lambda _: None,
            now=Clock("boot").now,
        )

    def _worker(self) -> Worker:
        return Worker(
            _NoJournal(),
            self.host,
            clock=Clock("boot"),
            publish_lossy=lambda _: None,
            wake_publisher=lambda: None,
            counters=Counters(),
            energy=EnergyAccounting(is_loaded=lambda: True),
            egress=Egress({}),
        )

    def _tell(self, event: EngineEvent) -> None:
        self.engines.engine_event(event, memory_is_calm=self.memory.state.level is Level.CALM)
        self.memory.engine_event(event)
        self.events.put_nowait(event)

    async def event(self) -> EngineEvent:
        """The next thing that the host tells."""
        return await asyncio.wait_for(self.events.get(), PATIENCE)


@contextlib.asynccontextmanager
async def choosing(
    folder: Path, *loaders: str, load_timeout: float = PATIENCE, version: str = "1"
) -> AsyncIterator[Choosing]:
    """A model that as many of the `ENGINES` can run as there are loaders; at the end, what was learnt is saved.

    Args:
        folder: The model is below it, and the state.
        loaders: Functions of `scripted`.
        load_timeout: As configured.
        version: Of the engines' libraries.
    """
    chosen = Choosing(folder, loaders, load_timeout, version)
    parts = [asyncio.create_task(part.run()) for part in (chosen.host, chosen.memory, chosen.engines)]
    try:
        async with asyncio.timeout(2 * PATIENCE):
            yield chosen
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        chosen.outcomes.save()
