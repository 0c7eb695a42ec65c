"""How much of the time the engine may step because of heat and over-current, before the hardware slows down. Pure.

Heat: a ceiling that falls with the distance to the nearest throttling point. What a board gives off follows its duty
within seconds and its temperature within minutes, so that a straight line is enough and does not swing.

Over-current, and a hardware that throttles all the same: each event takes a fifth of the ceiling away, quiet gives it
back slowly. `oc1` (under-voltage) and `oc2` (average) count each; `oc3` (momentary) counts thousands an hour without
harm, so that only its rate does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.platform.readings import DeviceReadings
from agent.units import Ratio, Seconds

_FULL_AT = 8.0
_NONE_AT = 1.0
"""Kelvin below the throttling point."""
_BELOW_CRITICAL = 15.0
"""Where the kernel names no throttling point (Thor), the hardware's is taken to be so far below the critical one."""
_BACK_OFF = 0.8
_LEAST = 0.05
_QUIET = Seconds(10.0)
_BACK_PER_S = 0.02
_OC3_PER_S = 5.0
_SERIOUS = {"oc1": "under-voltage", "oc2": "over-current"}
_NOT_HEAT = "power cap"
"""A card's own power limit: it is set by its owner, and no reason to do less than it allows."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that the duty may be.

    Attributes:
        duty: 1 when nothing is wrong.
        reason: For a person; empty at 1.
    """

    duty: Ratio
    reason: str


FREE = Ceiling(Ratio(1.0), "")


@dataclass(frozen=True, slots=True)
class Strain:
    """What is remembered from one sample to the next.

    Attributes:
        at: Of the last sample, on the boot clock; None before the first.
        heat: By the nearest throttling point.
        events: By over-current and throttling.
        quiet_for: Since the last of those.
        counts: The counters, by name.
    """

    at: Seconds | None
    heat: Ceiling
    events: Ceiling
    quiet_for: Seconds
    counts: tuple[tuple[str, int], ...]

    @property
    def ceiling(self) -> Ceiling:
        """The lower of both."""
        return min(self.heat, self.events, key=lambda ceiling: ceiling.duty)


UNSTRAINED = Strain(None, FREE, FREE, Seconds(0.0), ())


def strained(before: Strain, device: DeviceReadings | None) -> Strain:
    """The strain after one more sample; without a new one, as before: no news does not cool a board."""
    if device is None or device.at == before.at:
        return before
    passed = Seconds(0.0 if before.at is None else device.at - before.at)
    counts = {it.name: it.events.value for it in device.over_current if it.events.value is not None}
    wrong = next(_events(dict(before.counts), counts, passed), None) or _throttling(device)
    quiet = Seconds(0.0 if wrong else before.quiet_for + passed)
    return Strain(
        device.at, heat(device), _after(before.events, wrong, quiet, passed), quiet, tuple(sorted(counts.items()))
    )


def heat(device: DeviceReadings) -> Ceiling:
    """The ceiling of the zone that is nearest to its throttling point."""
    lowest = FREE
    for zone in device.zones:
        throttles_at = zone.throttles_at
        if throttles_at is None and zone.critical_at is not None:
            throttles_at = type(zone.critical_at)(zone.critical_at - _BELOW_CRITICAL)
        if zone.temperature.value is None or throttles_at is None:
            continue
        margin = throttles_at - zone.temperature.value
        duty = min(1.0, max(0.0, (margin - _NONE_AT) / (_FULL_AT - _NONE_AT)))
        if duty < lowest.duty:
            why = f"{zone.name} has {zone.temperature.value:.1f} °C and throttles at {throttles_at:g} °C"
            lowest = Ceiling(Ratio(duty), why)
    return lowest


def _events(before: dict[str, int], now: dict[str, int], passed: Seconds) -> Iterator[str]:
    for name, count in now.items():
        new = count - before.get(name, count)
        if name in _SERIOUS and new > 0:
            yield f"{_SERIOUS[name]} ({name}) {new} times"
        elif name not in _SERIOUS and passed > 0 and new / passed > _OC3_PER_S:
            yield f"momentary over-current ({name}) {new / passed:.0f} times a second"


def _throttling(device: DeviceReadings) -> str | None:
    """What the hardware does already, in words."""
    cards = [why for gpu in device.gpus for why in gpu.slowed_by if why != _NOT_HEAT]
    slowing = [*device.throttling, *cards]
    return f"throttled: {', '.join(slowing)}" if slowing else None


def _after(before: Ceiling, wrong: str | None, quiet: Seconds, passed: Seconds) -> Ceiling:
    if wrong:
        return Ceiling(Ratio(max(_LEAST, before.duty * _BACK_OFF)), wrong)
    if quiet < _QUIET or before.duty >= 1:
        return before
    duty = min(1.0, before.duty + _BACK_PER_S * passed)
    return Ceiling(Ratio(duty), before.reason if duty < 1 else "")
