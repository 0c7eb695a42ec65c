"""Judges the machine by what its identity and its sensors say. Pure: values to findings."""

from collections.abc import Iterator, Sequence

from agent.doctor.finding import Finding, Mark
from agent.platform.identity import Jetson, Machine
from agent.platform.nvpmodel import PowerModes
from agent.platform.readings import DeviceReadings, MemoryReadings, Origin, PowerReadings, Readings, Why
from agent.units import Bytes

_NEAR_THROTTLING = 10.0
"""Degrees Celsius below the throttling point that are worth a warning: a busy board gains as many in a minute."""
_BROKEN = (Why.GARBAGE, Why.FAILED, Why.GONE)
"""Unlike a zone that is powered off, which is normal."""
_COOL_IT = "Cool it: fan, heat sink, air; or set a lower power mode."
_NO_METER_ON_JETSON = "Is /sys whole here? A container must see /sys/bus/i2c/devices."
_NO_METER = "A virtual machine has no meter. NVIDIA cards need the package nvidia-ml-py."
_OPEN_RAPL = "As root, until the next boot: chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj"
_LOW_MEMORY = 512 << 20
_HIGH_PRESSURE = 0.1
_SERIOUS_COUNTERS = {"oc1": "under-voltage", "oc2": "average over-current"}
"""`oc3`, momentary peaks, can count thousands an hour without harm."""


def judge_machine(machine: Machine) -> Finding:
    """What it is; that it is no Jetson is no fault."""
    if isinstance(machine, Jetson):
        parts = [machine.board, machine.module or machine.part, machine.soc]
        if machine.l4t is None:
            return Finding(
                "machine",
                Mark.WARN,
                f"{_listed(parts)}; its release of Jetson Linux is not known.",
                "In a container, mount /etc/nv_tegra_release into it.",
            )
        release = f"JetPack {machine.jetpack or 'unknown'} (L4T {machine.l4t})"
        return Finding("machine", Mark.OK, f"{_listed([*parts, release])}.")
    processors = f"{machine.cpu or 'processor unknown'} ({machine.cpus} CPUs)"
    return Finding("machine", Mark.OK, f"{_listed([machine.machine, processors, machine.distribution])}; not a Jetson.")


def judge_power(power: PowerReadings, *, is_jetson: bool) -> Iterator[Finding]:
    """Which meters there are, which is the total, and what they say."""
    if power.total.value is not None:
        yield Finding("power", Mark.OK, f"{_watts(power.total.value)} in all: {power.chosen.note}.")
    else:
        why = power.total.why if power.chosen.rails else power.chosen.note
        found = f"Unknown: {why}. So no power budget can be kept, and no joules told."
        advice = _NO_METER_ON_JETSON if is_jetson else _NO_METER
        yield Finding("power", Mark.WARN, found, None if power.rails else advice)
    yield from _judge_rails(power)


def _judge_rails(power: PowerReadings) -> Iterator[Finding]:
    known = [
        f"{reading.rail.name} {_watts(reading.power.value)}"
        for reading in power.rails
        if reading.power.value is not None
    ]
    if known:
        meters = sorted({reading.rail.meter for reading in power.rails if reading.power.value is not None})
        yield Finding("rails", Mark.OK, f"{', '.join(known)} (by {', '.join(meters)}).")
    for reading in power.rails:
        if reading.power.value is None and reading.power.why is not Why.DENIED:
            yield Finding("rails", Mark.WARN, f"{reading.rail.name} of {reading.rail.meter}: {reading.power.why}.")


def judge_mode(modes: PowerModes | None) -> Iterator[Finding]:
    """The power mode of a Jetson."""
    if modes is None:
        return
    if modes.current.value is None:
        yield Finding("mode", Mark.WARN, f"The power mode is not known: {modes.current.why}.", "Ask: sudo nvpmodel -q")
        return
    others = [mode.name for mode in modes.modes if mode != modes.current.value]
    default = f"; the default is {modes.default.name}" if modes.default else ""
    yield Finding("mode", Mark.OK, f"{modes.current.value.name} (others: {', '.join(others)}{default}).")


def judge_heat(device: DeviceReadings) -> Iterator[Finding]:
    """Temperatures and what is done against them."""
    zone = device.hottest
    if zone is None or zone.temperature.value is None:
        yield Finding("heat", Mark.OK, "No temperature can be read here.")
    else:
        degrees, throttles_at, critical_at = zone.temperature.value, zone.throttles_at, zone.critical_at
        near = throttles_at is not None and degrees > throttles_at - _NEAR_THROTTLING
        parts = [
            f"Hottest: {zone.name} {degrees:.1f} \u00b0C",
            None if throttles_at is None else f"slows down at {throttles_at:g} \u00b0C",
            None if critical_at is None else f"switches off at {critical_at:g} \u00b0C",
        ]
        yield Finding("heat", Mark.WARN if near else Mark.OK, f"{_listed(parts)}.", _COOL_IT if near else None)
    broken = [f"{zone.name}: {zone.temperature.why}" for zone in device.zones if zone.temperature.why in _BROKEN]
    if broken:
        yield Finding("heat", Mark.WARN, f"{'; '.join(broken)}.")
    if device.throttling:
        yield Finding("heat", Mark.WARN, f"Slowed down now by {', '.join(device.throttling)}.", _COOL_IT)


def judge_over_current(device: DeviceReadings) -> Iterator[Finding]:
    """Events that a power supply is to blame for."""
    for counter in device.over_current:
        words = _SERIOUS_COUNTERS.get(counter.name)
        if words is not None and counter.events.value:
            yield Finding(
                "supply",
                Mark.WARN,
                f"{counter.events.value} events of {words} since boot ({counter.name}).",
                "Check the power supply and its cable; a lower power mode draws less.",
            )


def judge_gpus(device: DeviceReadings) -> Iterator[Finding]:
    """Clocks, loads and memory of the GPUs."""
    for gpu in device.gpus:
        parts = [gpu.name]
        if gpu.clock.value is not None:
            most = f" of {gpu.max_clock.value / 1e6:.0f}" if gpu.max_clock.value else ""
            parts.append(f"{gpu.clock.value / 1e6:.0f}{most} MHz")
        if gpu.load.value is not None:
            parts.append(f"{gpu.load.value:.0%} busy")
        if gpu.memory_used.value is not None and gpu.memory_total.value is not None:
            parts.append(f"{_gib(gpu.memory_used.value)} of {_gib(gpu.memory_total.value)} used")
        if gpu.slowed_by:
            parts.append(f"slowed down by {' and '.join(gpu.slowed_by)}")
        yield Finding("gpu", Mark.WARN if gpu.slowed_by else Mark.OK, f"{_listed(parts)}.")


def judge_memory(memory: MemoryReadings) -> Iterator[Finding]:
    """What is there and how tight it is."""
    total, available = memory.total.value, memory.available.value
    if total is None or available is None:
        yield Finding("memory", Mark.WARN, f"It is not known: {memory.available.why or memory.total.why}.")
        return
    parts = [f"{_gib(available)} of {_gib(total)} available"]
    if memory.swap_total.value:
        parts.append(f"swap {_gib(memory.swap_total.value)}")
    if memory.gpu_used.value is not None:
        parts.append(f"the GPU has {_gib(memory.gpu_used.value)}")
    low = available < _LOW_MEMORY
    advice = "End other programs; a Jetson without its desktop has up to 865 MB more: systemctl set-default multi-user"
    yield Finding("memory", Mark.WARN if low else Mark.OK, f"{_listed(parts)}.", advice if low else None)
    if memory.pressure.value is not None and memory.pressure.value.avg10 > _HIGH_PRESSURE:
        waiting = f"{memory.pressure.value.avg10:.0%}"
        yield Finding("memory", Mark.WARN, f"Programs wait for memory {waiting} of the time.", "End other programs.")
    if memory.oom_kills.value:
        yield Finding(
            "memory",
            Mark.WARN,
            f"Since boot the kernel has ended {memory.oom_kills.value} programs because memory ran out.",
            "See which: journalctl -k --grep 'Out of memory'",
        )


def judge_access(readings: Readings) -> Iterator[Finding]:
    """Whether this user may read the sensors."""
    power, device = readings.power, readings.device
    whys = {
        **{f"power of {reading.rail.name}": reading.power.why for reading in power.rails},
        **{f"temperature of {zone.name}": zone.temperature.why for zone in device.zones},
        **{f"clock of {gpu.name}": gpu.clock.why for gpu in device.gpus},
        **{f"state of {cooling.name}": cooling.state.why for cooling in device.cooling},
        **{f"events of {counter.name}": counter.events.why for counter in device.over_current},
    }
    denied = [name for name, why in whys.items() if why is Why.DENIED]
    if denied:
        is_rapl = any(rail.rail.origin is Origin.RAPL and rail.power.why is Why.DENIED for rail in power.rails)
        yield Finding("access", Mark.WARN, f"Not for this user: {', '.join(denied)}.", _OPEN_RAPL if is_rapl else None)
    elif whys:
        yield Finding("access", Mark.OK, f"This user may read all {len(whys)} sensors.")


def _watts(milliwatts: float) -> str:
    return f"{milliwatts / 1000:.2f} W"


def _gib(size: Bytes) -> str:
    return f"{size / 2**30:.1f} GiB"


def _listed(parts: Sequence[str | None]) -> str:
    return ", ".join(part for part in parts if part)
