"""Asks every part how it is, and makes a `Snapshot` of the answers."""

import asyncio
import os
from dataclasses import dataclass

import psutil

from agent.accounting import EnergyAccounting
from agent.clock import Clock
from agent.counters import Counters
from agent.engine.host import EngineHost
from agent.governor import Governor
from agent.journal import Journal, JournalThread
from agent.lanes import Lanes
from agent.link import Link
from agent.memory_governor import MemoryGovernor
from agent.platform.identity import Machine
from agent.platform.readings import Reading, Why
from agent.platform.sampler import Sampler
from agent.snapshot import Snapshot
from agent.spool import SpoolThread
from agent.units import Bytes, Seconds

_JOURNAL_TIMEOUT = Seconds(1.0)
"""A disk that hangs is no reason to say nothing."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Who is asked."""

    lanes: Lanes
    engine: EngineHost
    memory: MemoryGovernor
    link: Link
    journal: JournalThread
    sampler: Sampler
    counters: Counters
    energy: EnergyAccounting
    governor: Governor
    spool: SpoolThread | None


class Vitals:
    """Makes snapshots. One caller: each covers the time since the one before.

    Args:
        parts: Who is asked.
        device: The device's name.
        machine: What it is.
        clock: The time.
    """

    def __init__(self, parts: Parts, *, device: str, machine: Machine, clock: Clock) -> None:
        self._parts = parts
        self._device = device
        self._machine = machine
        self._clock = clock
        self._started = self._last = clock.now()
        self._last_output_tokens = 0
        self._asking: asyncio.Task[tuple[int, Bytes]] | None = None

    async def snapshot(self) -> Snapshot:
        """How everything is now. Costs one quick query of the journal."""
        parts = self._parts
        outbox, journal_size = await self._journal()
        now, counts, loaded = self._clock.now(), parts.counters.counts(), parts.engine.capabilities
        tokens, passed = counts.output_tokens - self._last_output_tokens, now - self._last
        self._last, self._last_output_tokens = now, counts.output_tokens
        return Snapshot(
            device=self._device,
            machine=self._machine,
            model=None if loaded is None else loaded.model,
            boot_id=self._clock.boot_id,
            at=now,
            wall=self._clock.wall(),
            agent_uptime=Seconds(now - self._started),
            sampled=parts.sampler.take(),
            governor=parts.governor.state,
            counts=counts,
            energy=parts.energy.totals,
            output_tokens_per_s=tokens / passed if passed > 0 else 0.0,
            queued=parts.lanes.queued,
            running=parts.lanes.running,
            connected=parts.link.is_connected,
            connection_losses=parts.link.connection_losses,
            agent_memory=_resident(os.getpid()),
            engine_memory=_engine_memory(parts.engine.pid),
            memory_budget=parts.memory.state,
            outbox=outbox,
            spool=None if parts.spool is None else parts.spool.stats,
            journal_size=journal_size,
        )

    async def _journal(self) -> tuple[Reading[int], Reading[Bytes]]:
        """Its outbox and its size. While it does not answer, it is not asked again: questions would pile up."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._parts.journal.run(Journal.backlog), name="journal backlog")
        answered, _ = await asyncio.wait([self._asking], timeout=_JOURNAL_TIMEOUT)
        if not answered:
            return Reading(None, Why.FAILED), Reading(None, Why.FAILED)
        (outbox, size), self._asking = self._asking.result(), None
        return Reading(outbox), Reading(size)


def _engine_memory(pid: int | None) -> Reading[Bytes]:
    if pid is None:
        return Reading(None, Why.GONE)
    try:
        return Reading(_resident(pid))
    except psutil.NoSuchProcess:
        return Reading(None, Why.GONE)


def _resident(pid: int) -> Bytes:
    return Bytes(psutil.Process(pid).memory_info().rss)
