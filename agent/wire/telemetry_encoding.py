"""How a snapshot becomes the payload of `R/telemetry`."""

from agent import __version__
from agent.budget.energy import EnergyTotals
from agent.budget.memory_state import MemoryState
from agent.budget.state import GovernorState
from agent.counters import Distribution, RecentRequest
from agent.platform.identity import Jetson
from agent.platform.readings import DeviceReadings, MemoryReadings, PowerReadings, PowerSpan, Pressure, Reading
from agent.snapshot import Snapshot
from agent.spool import SpoolStats
from agent.wire.machine import (
    GpuPayload,
    Measured,
    MemoryPayload,
    OverCurrentPayload,
    PowerPayload,
    RailPayload,
    ZonePayload,
)
from agent.wire.telemetry import (
    CamerasPayload,
    EnergyTotalsPayload,
    GovernorPayload,
    JournalPayload,
    LinkPayload,
    MemoryBudgetPayload,
    ModelEnergyPayload,
    PercentilesPayload,
    RecentPayload,
    RequestsPayload,
    SpoolPayload,
    TelemetryPayload,
    TokensPayload,
)


def encode_telemetry(snapshot: Snapshot) -> bytes:
    """The bytes of a telemetry message."""
    machine, sampled, counts = snapshot.machine, snapshot.sampled, snapshot.counts
    device = sampled.device
    payload = TelemetryPayload(
        device=snapshot.device,
        version=__version__,
        machine=machine.name,
        jetpack=machine.jetpack if isinstance(machine, Jetson) else None,
        l4t=machine.l4t if isinstance(machine, Jetson) else None,
        model=snapshot.model,
        boot_id=snapshot.boot_id,
        at=round(snapshot.wall, 3),
        uptime_s=round(snapshot.at, 3),
        agent_uptime_s=round(snapshot.agent_uptime, 3),
        link=LinkPayload(connected=snapshot.connected, losses=snapshot.connection_losses),
        sensors_why=sampled.why,
        power=None if sampled.power is None else _power(sampled.power, sampled.span),
        gpus=None if device is None else _gpus(device),
        zones=None if device is None else _zones(device),
        throttling=None if device is None else list(device.throttling),
        over_current=None if device is None else _over_current(device),
        memory=None if device is None else _memory(device.memory),
        governor=_governor(snapshot.governor),
        memory_budget=_memory_budget(snapshot.memory_budget),
        agent_rss_bytes=snapshot.agent_memory,
        engine_rss_bytes=_measured(snapshot.engine_memory),
        queued=snapshot.queued,
        running=snapshot.running,
        requests=RequestsPayload(
            received=counts.received,
            taken=counts.taken,
            completed=counts.completed,
            errors=dict(counts.errors),
            engine_losses=counts.engine_losses,
        ),
        cameras=CamerasPayload(observations=counts.observations, dropped=dict(counts.dropped)),
        tokens=TokensPayload(
            input=counts.input_tokens,
            output=counts.output_tokens,
            cached=counts.cached_tokens,
            output_per_s=round(snapshot.output_tokens_per_s, 3),
        ),
        first_token_s=_percentiles(counts.first_token, "no request has had a first token"),
        per_token_s=_percentiles(counts.per_token, "no request has had two tokens"),
        spool=None if snapshot.spool is None else _spool(snapshot.spool),
        journal=JournalPayload(outbox=_measured(snapshot.outbox), size_bytes=_measured(snapshot.journal_size)),
        energy=None if snapshot.energy is None else _energy(snapshot.energy),
        recent=[_recent(request) for request in counts.recent],
    )
    return payload.model_dump_json().encode()


def _measured(reading: Reading[float] | Reading[int], scale: float = 1.0) -> Measured:
    if reading.value is None:
        return Measured(value=None, why=reading.why)
    return Measured(value=round(reading.value * scale, 4), why=None)


def _power(power: PowerReadings, span: PowerSpan | None) -> PowerPayload:
    total = _measured(power.total, 0.001)
    none = Measured(value=None, why=total.why or "no sample")
    return PowerPayload(
        total_w=total,
        mean_w=none if span is None else Measured(value=round(span.mean * 0.001, 4), why=None),
        max_w=none if span is None else Measured(value=round(span.most * 0.001, 4), why=None),
        samples=0 if span is None else span.samples,
        source=power.chosen.note,
        rails=[
            RailPayload(name=rail.rail.name, meter=rail.rail.meter, power_w=_measured(rail.power, 0.001))
            for rail in power.rails
        ],
    )


def _governor(governor: GovernorState) -> GovernorPayload:
    limits = governor.limits
    return GovernorPayload(
        state=governor.state.value,
        reason=governor.reason,
        budget_w=None if governor.budget is None else round(governor.budget / 1000, 3),
        over_for_s=round(governor.over_for, 1),
        duty=round(limits.duty, 4),
        max_running=limits.max_running,
        model=limits.model,
    )


def _gpus(device: DeviceReadings) -> list[GpuPayload]:
    return [
        GpuPayload(
            name=gpu.name,
            clock_hz=_measured(gpu.clock),
            load=_measured(gpu.load),
            temperature_c=_measured(gpu.temperature),
            memory_used_bytes=_measured(gpu.memory_used),
            slowed_by=list(gpu.slowed_by),
        )
        for gpu in device.gpus
    ]


def _zones(device: DeviceReadings) -> list[ZonePayload]:
    return [
        ZonePayload(name=zone.name, temperature_c=_measured(zone.temperature), throttles_at_c=zone.throttles_at)
        for zone in device.zones
    ]


def _over_current(device: DeviceReadings) -> list[OverCurrentPayload]:
    return [OverCurrentPayload(name=it.name, events=_measured(it.events)) for it in device.over_current]


def _memory(memory: MemoryReadings) -> MemoryPayload:
    return MemoryPayload(
        total_bytes=_measured(memory.total),
        available_bytes=_measured(memory.available),
        swap_total_bytes=_measured(memory.swap_total),
        swap_free_bytes=_measured(memory.swap_free),
        gpu_used_bytes=_measured(memory.gpu_used),
        pressure_avg10=_pressure(memory.pressure),
        oom_kills=_measured(memory.oom_kills),
    )


def _memory_budget(state: MemoryState) -> MemoryBudgetPayload:
    return MemoryBudgetPayload(
        budget_bytes=state.budget,
        reserve_bytes=state.reserve,
        predicted_bytes=state.predicted,
        measured_bytes=state.measured,
        context_length=state.context_length,
        pressure=state.level.value,
    )


def _pressure(reading: Reading[Pressure]) -> Measured:
    return Measured(value=None if reading.value is None else reading.value.avg10, why=reading.why)


def _percentiles(distribution: Distribution, why: str) -> PercentilesPayload:
    return PercentilesPayload(
        samples=len(distribution.recent),
        p50=_rounded(distribution.percentile(0.5)),
        p95=_rounded(distribution.percentile(0.95)),
        p99=_rounded(distribution.percentile(0.99)),
        why=None if distribution.recent else why,
    )


def _energy(energy: EnergyTotals) -> EnergyTotalsPayload:
    return EnergyTotalsPayload(
        total_j=round(energy.total, 3),
        idle_j=round(energy.idle, 3),
        requests_j=round(energy.requests, 3),
        idle_w=None if energy.floor is None else round(energy.floor / 1000, 3),
        by_model={
            name: ModelEnergyPayload(
                joules=round(model.joules, 3),
                input_tokens=model.input_tokens,
                output_tokens=model.output_tokens,
                joules_per_output_token=round(model.joules / model.output_tokens, 4) if model.output_tokens else None,
            )
            for name, model in energy.by_model.items()
        },
    )


def _spool(spool: SpoolStats) -> SpoolPayload:
    return SpoolPayload(messages=spool.messages, size_bytes=spool.size, dropped=spool.dropped)


def _recent(request: RecentRequest) -> RecentPayload:
    return RecentPayload(
        id=request.id,
        model=request.model,
        prompt_tokens=request.prompt_tokens,
        completion_tokens=request.completion_tokens,
        total_s=_rounded(request.total),
        tokens_per_s=_rounded(request.tokens_per_s),
        joules=_rounded(request.joules),
        error=request.error,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
