"""The same numbers for Prometheus, on a port of this machine. Owns the only use of `prometheus_client`.

What is not measured has no series: Prometheus has no null, and 0 would be a measurement. Names: docs/telemetry.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from agent import __version__
from agent.budget.energy import EnergyTotals
from agent.budget.memory_state import MemoryState
from agent.budget.pressure import Level
from agent.budget.state import GovernorState, PowerState
from agent.counters import Counts, Distribution
from agent.errors import StopError
from agent.platform.readings import DeviceReadings, Sampled
from agent.snapshot import Snapshot

_HOST = "127.0.0.1"

_Values = Mapping[str, float | None]


class SnapshotCollector(Collector):
    """Gives Prometheus the latest snapshot; called in the endpoint's threads.

    Args:
        latest: The snapshot; None while there is none.
    """

    def __init__(self, latest: Callable[[], Snapshot | None]) -> None:
        self._latest = latest

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        snapshot = self._latest()
        if snapshot is not None:
            yield from _of_agent(snapshot)
            yield from _of_requests(snapshot.counts)
            yield from _of_power(snapshot.sampled)
            if snapshot.energy is not None:
                yield from _of_energy(snapshot.energy)
            yield from _of_governor(snapshot.governor)
            if snapshot.sampled.device is not None:
                yield from _of_device(snapshot.sampled.device)


class MetricsEndpoint:
    """The HTTP endpoint; a context manager. Each scrape has a thread of its own, which touches nothing of the loop's.

    Args:
        port: On the loopback address.
        latest: As for the collector.

    Raises:
        StopError: The port cannot be had.
    """

    def __init__(self, port: int, latest: Callable[[], Snapshot | None]) -> None:
        registry = CollectorRegistry()
        registry.register(SnapshotCollector(latest))
        try:
            self._server, self._thread = start_http_server(port, _HOST, registry)
        except OSError as error:
            raise StopError(
                f"telemetry.port: {_HOST}:{port} cannot be opened: {error.strerror}. "
                "Choose another port, or leave the key out"
            ) from error

    @property
    def port(self) -> int:
        """The port, also where any was asked for (0)."""
        return int(self._server.server_port)

    def __enter__(self) -> Self:
        """It serves already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the port; takes half a second at most."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _of_agent(snapshot: Snapshot) -> Iterator[Metric]:
    info = {
        "device": snapshot.device,
        "version": __version__,
        "machine": snapshot.machine.name,
        "model": snapshot.model or "",
    }
    yield InfoMetricFamily("jetson_agent", "Which agent this is.", info)
    yield _gauge("jetson_agent_uptime_seconds", "Since the agent's start.", snapshot.agent_uptime)
    yield _gauge("jetson_agent_prompts_queued", "Prompts that wait.", snapshot.queued)
    yield _gauge("jetson_agent_prompts_running", "Prompts that run.", snapshot.running)
    yield _gauge("jetson_agent_broker_connected", "Whether the broker is there.", snapshot.connected)
    yield _counter(
        "jetson_agent_broker_connection_losses", "Connections that worked and ended.", snapshot.connection_losses
    )
    yield _gauge("jetson_agent_outbox_messages", "Not acknowledged by the broker.", snapshot.outbox.value)
    if snapshot.spool is not None:
        yield _gauge("jetson_agent_spool_messages", "Telemetry that waits for the broker.", snapshot.spool.messages)
        yield _gauge("jetson_agent_spool_bytes", "Likewise, on the disk.", snapshot.spool.size)
        yield _counter("jetson_agent_spool_dropped_messages", "Telemetry that was lost.", snapshot.spool.dropped)
    yield _gauge("jetson_agent_journal_bytes", "The journal on the disk.", snapshot.journal_size.value)
    resident = {"agent": snapshot.agent_memory, "engine": snapshot.engine_memory.value}
    yield _gauges("jetson_agent_resident_memory_bytes", "By process.", "process", resident)
    yield from _of_memory_budget(snapshot.memory_budget)


def _of_memory_budget(state: MemoryState) -> Iterator[Metric]:
    kinds = {
        "budget": state.budget,
        "reserve": state.reserve,
        "predicted": state.predicted,
        "measured": state.measured,
    }
    yield _gauges("jetson_agent_model_memory_bytes", "What the model may take and takes.", "kind", kinds)
    yield _gauge("jetson_agent_model_context_tokens", "Of prompt and answer together.", state.context_length)
    tight = {level.value: level is state.level for level in Level}
    yield _gauges("jetson_agent_memory_level", "1 for the level that holds.", "level", tight)


def _of_requests(counts: Counts) -> Iterator[Metric]:
    yield _counter(
        "jetson_agent_messages_received", "Messages that were prompts, or should have been.", counts.received
    )
    yield _counter("jetson_agent_prompts_taken", "New prompts that were queued.", counts.taken)
    yield _counter("jetson_agent_completions", "Prompts answered with a completion.", counts.completed)
    yield _counters("jetson_agent_errors", "Error replies.", "code", {str(k): v for k, v in counts.errors.items()})
    yield _counter("jetson_agent_camera_observations", "Sent as they were, or given to a model.", counts.observations)
    dropped = {str(why): count for why, count in counts.dropped.items()}
    yield _counters("jetson_agent_camera_dropped_observations", "Came to nothing.", "reason", dropped)
    yield _counter("jetson_agent_engine_losses", "Losses of the engine's process.", counts.engine_losses)
    tokens = {"input": counts.input_tokens, "output": counts.output_tokens, "cached": counts.cached_tokens}
    yield _counters("jetson_agent_tokens", "Tokens of completions; cached ones are input too.", "type", tokens)
    yield _histogram(
        "gen_ai_server_time_to_first_token_seconds", "From arrival to the first token.", counts.first_token
    )
    yield _histogram(
        "gen_ai_server_time_per_output_token_seconds", "Per request, tokens after the first.", counts.per_token
    )
    yield _histogram("gen_ai_server_request_duration_seconds", "From arrival to the last token.", counts.duration)


def _of_power(sampled: Sampled) -> Iterator[Metric]:
    span = sampled.span
    if span is not None:
        yield _gauge("jetson_agent_power_total_mean_watts", "Over the last telemetry period.", span.mean / 1000)
        yield _gauge("jetson_agent_power_total_max_watts", "Over the last telemetry period.", span.most / 1000)
    if sampled.power is None:
        return
    total = sampled.power.total.value
    yield _gauge("jetson_agent_power_total_watts", "The whole machine.", None if total is None else total / 1000)
    rails = GaugeMetricFamily("jetson_agent_power_watts", "By rail.", labels=("rail", "meter"))
    for rail in sampled.power.rails:
        if rail.power.value is not None:
            rails.add_metric((rail.rail.name, rail.rail.meter), rail.power.value / 1000)
    yield rails


def _of_energy(energy: EnergyTotals) -> Iterator[Metric]:
    yield _counter("jetson_agent_energy_joules", "Of the whole machine, as measured.", energy.total)
    yield _counter("jetson_agent_requests_energy_joules", "What requests took above the idle power.", energy.requests)
    floor = None if energy.floor is None else energy.floor / 1000
    yield _gauge("jetson_agent_power_idle_watts", "Learnt while nothing runs.", floor)
    joules = {name: model.joules for name, model in energy.by_model.items()}
    yield _counters("jetson_agent_model_energy_joules", "Of requests, by model.", "model", joules)
    tokens = {name: float(model.output_tokens) for name, model in energy.by_model.items()}
    yield _counters("jetson_agent_model_measured_output_tokens", "What these joules generated.", "model", tokens)


def _of_governor(governor: GovernorState) -> Iterator[Metric]:
    budget = None if governor.budget is None else governor.budget / 1000
    yield _gauge("jetson_agent_power_budget_watts", "What holds now.", budget)
    states = {state.value: state is governor.state for state in PowerState}
    yield _gauges("jetson_agent_governor_state", "1 for the state that is, 0 for the others.", "state", states)
    yield _gauge(
        "jetson_agent_governor_duty_ratio", "Share of the time in which the engine may step.", governor.limits.duty
    )
    yield _gauge("jetson_agent_governor_max_running", "Prompts that may run at once.", governor.limits.max_running)
    yield _gauge("jetson_agent_over_budget_seconds", "How long the budget has been exceeded now.", governor.over_for)


def _of_device(device: DeviceReadings) -> Iterator[Metric]:
    zones = {zone.name: zone.temperature.value for zone in device.zones}
    yield _gauges("jetson_agent_temperature_celsius", "By thermal zone.", "zone", zones)
    throttling = {cooling.name: cooling.state.value for cooling in device.cooling}
    yield _gauges("jetson_agent_throttling_state", "0: does not slow anything down.", "cooling_device", throttling)
    over_current = {counter.name: counter.events.value for counter in device.over_current}
    yield _counters("jetson_agent_over_current_events", "Since boot.", "counter", over_current)
    yield _gauges("jetson_agent_gpu_clock_hertz", "By GPU.", "gpu", {gpu.name: gpu.clock.value for gpu in device.gpus})
    yield _gauges("jetson_agent_gpu_load_ratio", "By GPU.", "gpu", {gpu.name: gpu.load.value for gpu in device.gpus})
    memory = device.memory
    kinds = {
        "total": memory.total.value,
        "available": memory.available.value,
        "swap_total": memory.swap_total.value,
        "swap_free": memory.swap_free.value,
        "gpu_used": memory.gpu_used.value,
    }
    yield _gauges("jetson_agent_memory_bytes", "The machine's.", "kind", kinds)
    pressure = memory.pressure.value
    yield _gauge("jetson_agent_memory_pressure_ratio", "Over 10 s.", None if pressure is None else pressure.avg10)
    yield _counter("jetson_agent_oom_kills", "Since boot.", memory.oom_kills.value)


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    return _gauges(name, meaning, None, {"": value})


def _gauges(name: str, meaning: str, label: str | None, values: _Values) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=_labels(label))
    for key, value in _known(values):
        family.add_metric(() if label is None else (key,), value)
    return family


def _counter(name: str, meaning: str, value: float | None) -> Metric:
    return _counters(name, meaning, None, {"": value})


def _counters(name: str, meaning: str, label: str | None, values: _Values) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=_labels(label))
    for key, value in _known(values):
        family.add_metric(() if label is None else (key,), value)
    return family


def _histogram(name: str, meaning: str, distribution: Distribution) -> Metric:
    bounds = [*map(floatToGoString, distribution.bounds), "+Inf"]
    buckets = list(zip(bounds, accumulate(distribution.buckets), strict=True))
    return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=distribution.total)


def _labels(label: str | None) -> tuple[str, ...]:
    return () if label is None else (label,)


def _known(values: _Values) -> Iterable[tuple[str, float]]:
    return ((key, value) for key, value in values.items() if value is not None)
