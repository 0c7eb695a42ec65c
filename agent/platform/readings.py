"""What the sensors say: values, frozen, without I/O. A sensor that has no value says why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from agent.units import Bytes, Celsius, Hertz, Milliwatts, Ratio, Seconds

ValueT_co = TypeVar("ValueT_co", covariant=True)


class Why(StrEnum):
    """Why there is no value. The values are words for a person."""

    NO_METER = "no meter"
    GONE = "not there"
    INCOMPLETE = "a part of it is missing"
    GATED = "powered off"
    DENIED = "permission denied"
    GARBAGE = "not a number"
    IMPLAUSIBLE = "outside what is possible"
    FAILED = "cannot be read"
    UNSUPPORTED = "not supported"
    PENDING = "needs a second sample"


@dataclass(frozen=True, slots=True)
class Reading(Generic[ValueT_co]):
    """A sensor's value, or why there is none: exactly one of the two is None."""

    value: ValueT_co | None
    why: Why | None = None


class Origin(StrEnum):
    """What kind of meter a rail is measured by."""

    BOARD = "board"
    """A monitor chip on a Jetson's module or carrier."""
    RAPL = "RAPL"
    """The energy counters of an x86 processor."""
    NVML = "NVML"
    """An NVIDIA card's own meter."""


@dataclass(frozen=True, slots=True)
class Rail:
    """A place where power is measured.

    Attributes:
        name: As the board's designers, the kernel or the driver call it.
        meter: What measures it: the chip and its address, or the driver.
    """

    name: str
    meter: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class RailReading:
    """A rail's power now."""

    rail: Rail
    power: Reading[Milliwatts]


@dataclass(frozen=True, slots=True)
class Total:
    """Which rails make up the power of the whole machine.

    Attributes:
        rails: They are added. Empty: the total is not known.
        note: For a person: how it was chosen, or why it is not known.
    """

    rails: tuple[Rail, ...]
    note: str

    @property
    def meters(self) -> str | None:
        """The kinds of meters that it is made of, such as `ina3221` or `nvml+rapl`; None where there are none."""
        return "+".join(sorted({rail.meter.split()[0].lower() for rail in self.rails})) or None


@dataclass(frozen=True, slots=True)
class PowerReadings:
    """Power at one instant.

    Attributes:
        at: On the boot clock.
        total: Of the whole machine. None when any rail that belongs to it has no value: a part is never taken for all.
        chosen: How `total` is made.
    """

    at: Seconds
    total: Reading[Milliwatts]
    chosen: Total
    rails: tuple[RailReading, ...]


@dataclass(frozen=True, slots=True)
class GpuReadings:
    """A GPU.

    Attributes:
        load: Share of the time in which it was busy.
        temperature: Of a card with a meter of its own; a Jetson's is among the zones.
        memory_used: Likewise: a Jetson's GPU has no memory of its own.
        slowed_by: What keeps its clock down now: names that NVML gives, or none.
    """

    name: str
    clock: Reading[Hertz]
    max_clock: Reading[Hertz]
    load: Reading[Ratio]
    temperature: Reading[Celsius] = Reading(None, Why.UNSUPPORTED)
    memory_used: Reading[Bytes] = Reading(None, Why.UNSUPPORTED)
    memory_total: Reading[Bytes] = Reading(None, Why.UNSUPPORTED)
    slowed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneReading:
    """A thermal zone.

    Attributes:
        throttles_at: The lowest trip point at which the kernel slows something down; None when there is none.
        critical_at: Where the machine switches itself off.
    """

    name: str
    temperature: Reading[Celsius]
    throttles_at: Celsius | None
    critical_at: Celsius | None


@dataclass(frozen=True, slots=True)
class CoolingReading:
    """A cooling device that costs speed: a clock held down, or hardware that says it throttles.

    Attributes:
        state: 0 when it does nothing.
    """

    name: str
    state: Reading[int]


@dataclass(frozen=True, slots=True)
class OverCurrentReading:
    """A counter of over-current events.

    Attributes:
        name: `oc1` under-voltage, `oc2` average, `oc3` instantaneous current.
        events: Since boot.
        throttles: Whether an event slows the machine down.
    """

    name: str
    events: Reading[int]
    throttles: bool


@dataclass(frozen=True, slots=True)
class Pressure:
    """Share of the time in which some task waited for memory (the kernel's accounting/psi)."""

    avg10: Ratio
    avg60: Ratio


@dataclass(frozen=True, slots=True)
class MemoryReadings:
    """The machine's memory; on a Jetson the GPU's too.

    Attributes:
        available: What can be taken without swapping: `MemAvailable`.
        zram_used: Memory that swap compressed into memory takes.
        gpu_used: What NvMap has given to the GPU; None where there is no NvMap, or only root may see it.
        oom_kills: Processes that the kernel killed for memory since boot.
    """

    total: Reading[Bytes]
    available: Reading[Bytes]
    swap_total: Reading[Bytes]
    swap_free: Reading[Bytes]
    zram_used: Reading[Bytes]
    gpu_used: Reading[Bytes]
    pressure: Reading[Pressure]
    oom_kills: Reading[int]


@dataclass(frozen=True, slots=True)
class DeviceReadings:
    """Everything but power."""

    at: Seconds
    gpus: tuple[GpuReadings, ...]
    zones: tuple[ZoneReading, ...]
    cooling: tuple[CoolingReading, ...]
    over_current: tuple[OverCurrentReading, ...]
    memory: MemoryReadings

    @property
    def hottest(self) -> ZoneReading | None:
        """The zone with the highest temperature; None when no zone has one."""
        known = [(zone.temperature.value, zone) for zone in self.zones if zone.temperature.value is not None]
        return max(known, key=lambda pair: pair[0])[1] if known else None

    @property
    def throttling(self) -> tuple[str, ...]:
        """The cooling devices that cost speed now."""
        return tuple(cooling.name for cooling in self.cooling if cooling.state.value)


@dataclass(frozen=True, slots=True)
class Readings:
    """The latest of both."""

    power: PowerReadings
    device: DeviceReadings


@dataclass(frozen=True, slots=True)
class PowerSpan:
    """The machine's power over a span of time, from the samples that had a total.

    Attributes:
        samples: How many; never 0.
    """

    mean: Milliwatts
    most: Milliwatts
    samples: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the sensors said last.

    Attributes:
        power: None when nothing has been read, or too long ago.
        device: Likewise.
        span: Since the last `take`; None when no sample had a total.
        why: Why `power` or `device` is None; None when both are there.
    """

    power: PowerReadings | None
    device: DeviceReadings | None
    span: PowerSpan | None
    why: str | None
