"""What the device measures: the payload of `R/telemetry`."""

from typing import Literal

from agent.errors import ErrorCode
from agent.observed import Dropped
from agent.wire.machine import (
    GpuPayload,
    Measured,
    MemoryPayload,
    OverCurrentPayload,
    PowerPayload,
    ZonePayload,
)
from agent.wire.payload import IdText, Payload


class MemoryBudgetPayload(Payload):
    """How the model stands with its memory."""

    budget_bytes: int | None
    """What it may take now: the configured budget, or what is available less the reserve, its own counted as available;
    null where the kernel does not tell."""
    reserve_bytes: int
    """What is to stay free for everything else."""
    predicted_bytes: int | None
    """Its peak, with a request of its whole context; null while none is loaded, or none could be predicted."""
    measured_bytes: int | None
    """What the engine's process has now and the kernel cannot take back; null while there is none."""
    context_length: int | None
    """Tokens of prompt and answer together that it takes; fewer than it has where memory is short."""
    pressure: Literal["calm", "low", "critical"]
    """`low`: no more prompts are started; `critical`: the model goes at once."""


class PercentilesPayload(Payload):
    """A duration over the last requests (256 at most); nearest rank. Null when there was none."""

    samples: int
    p50: float | None
    p95: float | None
    p99: float | None
    why: str | None
    """Why they are null."""


class GovernorPayload(Payload):
    """What the power budget, heat and over-current leave room for."""

    state: Literal["within", "limited", "over", "unmetered"]
    """`within`: nothing is held back; `limited`: the engine is slowed down; `over`: the machine draws more than its
    budget all the same; `unmetered`: nothing measures."""
    reason: str
    """For a person."""
    budget_w: float | None
    """What holds now; null: no limit."""
    over_for_s: float
    """How long the budget has been exceeded without a break."""
    duty: float
    """Share of the time in which the engine may step, 0 to 1."""
    max_running: int
    """Requests that may run at once."""
    model: str | None
    """The largest model that may be used; null: nothing new is run."""


class RequestsPayload(Payload):
    """Counted since the agent's start (`agent_uptime_s`)."""

    received: int
    """Messages that were prompts or should have been, those that came again included."""
    taken: int
    """Those that were new, and queued."""
    completed: int
    """Prompts that were answered with a completion."""
    errors: dict[ErrorCode, int]
    """Error replies by code; a code that is not there has not happened."""
    engine_losses: int
    """How often the engine's process was lost, and started anew."""


class CamerasPayload(Payload):
    """What cameras saw, counted since the agent's start (`agent_uptime_s`)."""

    observations: int
    """What was worth telling: sent as it was, or given to a model."""
    dropped: dict[Dropped, int]
    """Observations that came to nothing, by why; what is not there has not happened."""


class TokensPayload(Payload):
    """Tokens of the completions, since the agent's start."""

    input: int
    output: int
    cached: int
    """Of the input: did not have to be read again."""
    output_per_s: float
    """Output tokens of the requests that ended since the message before, over that time."""


class LinkPayload(Payload):
    """The broker's connection."""

    connected: bool
    losses: int
    """How often a connection that worked has ended, since the agent's start."""


class SpoolPayload(Payload):
    """Messages of telemetry that wait on the disk for the broker."""

    messages: int
    size_bytes: int
    dropped: int
    """Lost since the agent's start: the oldest for want of room, or what the disk did not take."""


class ModelEnergyPayload(Payload):
    """What the requests to one model have cost, as far as it was measured."""

    joules: float
    input_tokens: int
    """Prompt tokens that were read for them."""
    output_tokens: int
    joules_per_output_token: float | None
    """Reading the prompts included; null before the first token."""


class EnergyTotalsPayload(Payload):
    """Energy since the agent's start (`agent_uptime_s`): `idle_j` and `requests_j` add up to `total_j`."""

    total_j: float
    """What the meter measured."""
    idle_j: float
    """What belongs to no request: the idle power at all times, loading a model, other programs."""
    requests_j: float
    """What requests took above the idle power."""
    idle_w: float | None
    """The idle power, learnt while nothing runs; null while it is not known."""
    by_model: dict[str, ModelEnergyPayload]


class RecentPayload(Payload):
    """A request that was answered."""

    id: IdText
    model: str | None
    """Null with an error."""
    prompt_tokens: int
    completion_tokens: int
    total_s: float | None
    """From arrival to the end of generation; null with an error."""
    tokens_per_s: float | None
    """Speed after the first token; null where there were too few."""
    joules: float | None
    """What it took above the idle power; null where that was not measured."""
    error: ErrorCode | None


class JournalPayload(Payload):
    """What waits on the disk."""

    outbox: Measured
    """Messages that the broker has not acknowledged."""
    size_bytes: Measured


class TelemetryPayload(Payload):
    """The device at one moment, on `R/telemetry`."""

    device: str
    version: str
    """The agent's."""
    machine: str
    jetpack: str | None
    """The release of JetPack; null where there is none, or it is not known."""
    l4t: str | None
    """The release of Jetson Linux, likewise."""
    model: str | None
    """The loaded model; null while there is none."""
    boot_id: str
    """Another one after each boot: `uptime_s` of different boots cannot be compared."""
    at: float
    """Unix time, in seconds, by the device's clock, which may be wrong."""
    uptime_s: float
    """Since the machine's start, suspended time included: right whatever the wall clock does."""
    agent_uptime_s: float
    """Since the agent's start."""
    historical: bool = False
    """Whether this could not be sent in its time, and comes later."""
    link: LinkPayload
    sensors_why: str | None
    """Why `power`, `gpus`, `zones`, `throttling`, `over_current` and `memory` are null; null when none is."""
    power: PowerPayload | None
    gpus: list[GpuPayload] | None
    zones: list[ZonePayload] | None
    throttling: list[str] | None
    """The cooling devices that cost speed now."""
    over_current: list[OverCurrentPayload] | None
    memory: MemoryPayload | None
    governor: GovernorPayload
    memory_budget: MemoryBudgetPayload
    agent_rss_bytes: int
    """Resident memory of the agent's process."""
    engine_rss_bytes: Measured
    """Likewise of the engine's, which holds the model."""
    queued: int
    running: int
    requests: RequestsPayload
    cameras: CamerasPayload
    tokens: TokensPayload
    first_token_s: PercentilesPayload
    """From a prompt's arrival to its first token."""
    per_token_s: PercentilesPayload
    """Mean time between a request's tokens after the first."""
    journal: JournalPayload
    spool: SpoolPayload | None
    """Null where `telemetry.spool` is 0: nothing is kept."""
    energy: EnergyTotalsPayload | None
    """Null where nothing measures."""
    recent: list[RecentPayload]
    """The last five requests that were answered, oldest first."""
