"""The agent and its machine at one moment: what telemetry and the metrics say, before either gives it a form."""

from dataclasses import dataclass

from agent.budget.energy import EnergyTotals
from agent.budget.memory_state import MemoryState
from agent.budget.state import GovernorState
from agent.counters import Counts
from agent.platform.identity import Machine
from agent.platform.readings import Reading, Sampled
from agent.spool import SpoolStats
from agent.units import Bytes, Seconds, UnixSeconds


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is measured or counted.

    Attributes:
        device: Its name in every topic.
        model: The model that is loaded; None while none is.
        boot_id: Which boot `at` belongs to.
        at: On the boot clock, which starts with the machine.
        wall: The same moment by the wall clock, which may be wrong.
        agent_uptime: Since the agent's start.
        sampled: What the sensors said, and the power since the snapshot before.
        governor: What may be done now, and why.
        counts: Since the agent's start.
        energy: Likewise; None where nothing measures.
        output_tokens_per_s: Of the requests that ended since the snapshot before, over the time since then.
        connection_losses: How often a connection that worked has ended.
        agent_memory: Resident memory of the agent's process.
        engine_memory: Likewise of the engine's.
        memory_budget: How the model stands with its memory.
        outbox: Messages that the broker has not acknowledged.
        spool: Telemetry that waits on the disk; None where none is kept.
        journal_size: The journal's file and its write-ahead log.
    """

    device: str
    machine: Machine
    model: str | None
    boot_id: str
    at: Seconds
    wall: UnixSeconds
    agent_uptime: Seconds
    sampled: Sampled
    governor: GovernorState
    counts: Counts
    energy: EnergyTotals | None
    output_tokens_per_s: float
    queued: int
    running: int
    connected: bool
    connection_losses: int
    agent_memory: Bytes
    engine_memory: Reading[Bytes]
    memory_budget: MemoryState
    outbox: Reading[int]
    spool: SpoolStats | None
    journal_size: Reading[Bytes]
