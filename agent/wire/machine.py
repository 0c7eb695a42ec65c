"""What is measured of the machine: parts of the payload of `R/telemetry`."""

from agent.wire.payload import Payload


class Measured(Payload):
    """A number, or why there is none: exactly one of the two is null."""

    value: float | None
    why: str | None


class RailPayload(Payload):
    """A place where power is measured."""

    name: str
    meter: str
    """What measures it: the chip and its address, or the driver."""
    power_w: Measured


class PowerPayload(Payload):
    """The machine's power."""

    total_w: Measured
    """The last sample. Has no value when a rail that belongs to it has none: a part is never taken for all."""
    mean_w: Measured
    """Over the samples since the message before."""
    max_w: Measured
    """Likewise."""
    samples: int
    """How many of them had a total."""
    source: str
    """Which rails the total is made of, or why there is none, for a person."""
    rails: list[RailPayload]


class ZonePayload(Payload):
    """A thermal zone."""

    name: str
    temperature_c: Measured
    throttles_at_c: float | None
    """The lowest trip point that slows something down; null when there is none."""


class GpuPayload(Payload):
    """A GPU."""

    name: str
    clock_hz: Measured
    load: Measured
    """Share of the time in which it was busy, 0 to 1."""
    temperature_c: Measured
    memory_used_bytes: Measured
    slowed_by: list[str]
    """What keeps its clock down now, as the driver says."""


class OverCurrentPayload(Payload):
    """A counter of over-current events."""

    name: str
    events: Measured
    """Since boot."""


class MemoryPayload(Payload):
    """The machine's memory; on a Jetson the GPU's too."""

    total_bytes: Measured
    available_bytes: Measured
    swap_total_bytes: Measured
    swap_free_bytes: Measured
    gpu_used_bytes: Measured
    pressure_avg10: Measured
    """Share of the last 10 s in which some task waited for memory."""
    oom_kills: Measured
    """Processes that the kernel killed for memory since boot."""
