"""Whether memory lets prompts run, with how much room for each, and what they are told that wait for it in vain."""

from collections.abc import Sequence
from dataclasses import replace

from agent.budget.admission import Admission, Room, closed, room_for_request, without_a_model, without_an_engine
from agent.budget.memory import DoesNotFit, Fits, Geometry, MemoryBounds, MemoryNow
from agent.budget.sharing import Shared
from agent.engine.host import EngineHost
from agent.model_memory import Chosen, ModelMemory
from agent.units import Bytes, Seconds
from agent.worker import Worker


class PromptRoom:
    """Says what the prompts of the loaded model may take.

    Args:
        bounds: What the model may take.
        host: Who has the engine's process.
        worker: Who has the prompts.
        memory: What the model takes.
    """

    def __init__(self, bounds: MemoryBounds, host: EngineHost, worker: Worker, memory: ModelMemory) -> None:
        self._bounds = bounds
        self._host = host
        self._worker = worker
        self._memory = memory
        self._none_since: Seconds | None = None
        self._broken_since: Seconds | None = None

    def without_model(
        self, verdicts: Sequence[Fits | DoesNotFit | None], since: Seconds | None, at: Seconds
    ) -> Admission:
        """While no model is loaded; as `without_a_model`."""
        self._none_since = self._broken_since = None
        return without_a_model(verdicts, since, at)

    def without_engine(self, why: str, at: Seconds) -> Admission:
        """While none loads the model; as `without_an_engine`."""
        self._broken_since = at if self._broken_since is None else self._broken_since
        return without_an_engine(self._broken_since, at, why)

    def with_model(self, chosen: Chosen, now: MemoryNow | None, at: Seconds, tight_since: Seconds | None) -> Admission:
        """While one is loaded, or being loaded.

        Args:
            chosen: Which.
            now: The memory; None when the kernel does not tell.
            at: Now.
            tight_since: Since when memory has not been calm; None: it is.
        """
        none_since, self._none_since = self._none_since, None
        self._broken_since = None
        if tight_since is not None:
            free = "too few" if now is None else f"{now.available:,}"
            why = f"{free} bytes of memory are available, and {self._bounds.reserve:,} are to stay free"
            return closed(tight_since, at, why)
        measured = self._memory.measured
        if now is None or chosen.candidate.geometry is None or chosen.fit is None or measured is None:
            return Admission()
        able = self._host.capabilities
        before = self._worker.admission
        if self._worker.running and before.room is not None and able is not None and able.max_batch == 1:
            # The next one starts the moment this one has given its cache back: it has the room that this one had.
            return Admission(room=before.room)
        room = self._room(chosen.candidate.geometry, chosen.fit, chosen.shared, now)
        return Admission(room=room) if room.available >= room.least else self._without_room(room, none_since, at)

    def _room(self, geometry: Geometry, fit: Fits, shared: Shared | None, now: MemoryNow) -> Room:
        """What the loaded model's prompts may take, together with those that run.

        The caches that are there, of earlier requests or of running ones as far as they are filled, are counted as
        available: the engine gives up the former for more, and itself counts what it has promised to the latter.
        """
        able = self._host.capabilities
        tokens = self._host.kept + (0 if able is None else able.cache_tokens)
        now = replace(now, available=Bytes(now.available + tokens * geometry.token))
        measured = Bytes(max(0, (self._memory.measured or 0) - tokens * geometry.token))
        several = None if able is None or able.max_batch == 1 else shared
        return room_for_request(
            geometry, now, self._bounds, measured=measured, context_length=fit.context_length, shared=several
        )

    def _without_room(self, room: Room, since: Seconds | None, at: Seconds) -> Admission:
        if self._worker.running:
            return Admission(is_open=False)  # they may have what is lacking
        self._none_since = at if since is None else since
        why = f"a prompt needs at least {room.least:,} bytes of memory, and {room.available:,} are available"
        return closed(self._none_since, at, why)
