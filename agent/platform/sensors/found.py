"""What a search for sensors found, and how the result of a later search is joined to it."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent.platform.readings import Origin, Total, Why
from agent.platform.sensors.board import find_board_meters
from agent.platform.sensors.gpu import IntegratedGpu, find_gpu
from agent.platform.sensors.heat import Cooling, OverCurrent, Zone, find_cooling, find_over_current, find_zones
from agent.platform.sensors.meter import Meter
from agent.platform.sensors.nvml import Card, Nvml
from agent.platform.sensors.rapl import find_rapl_meters
from agent.platform.sensors.total import choose_total
from agent.units import Seconds

_T = TypeVar("_T")
_NOT_MEASURED = (Why.DENIED, Why.UNSUPPORTED)
"""A meter that says so will not say anything else later."""


@dataclass(frozen=True, slots=True)
class Found:
    """Every sensor of the machine.

    Attributes:
        total: Chosen among the meters that may be read.
    """

    meters: tuple[Meter, ...]
    total: Total
    gpu: IntegratedGpu | None
    cards: tuple[Card, ...]
    zones: tuple[Zone, ...]
    cooling: tuple[Cooling, ...]
    over_current: tuple[OverCurrent, ...]

    def count(self) -> int:
        """How many sensors there are; it never becomes smaller."""
        listed = (self.meters, self.cards, self.zones, self.cooling, self.over_current)
        return sum(len(sensors) for sensors in listed) + (self.gpu is not None)


def search(root: Path, nvml: Nvml, now: Seconds, before: Found | None, *, is_jetson: bool) -> Found:
    """Look for all sensors.

    What was found before and is not there any more stays, and its readings say that it is gone: a sum of rails must not
    become smaller because one vanished.

    Args:
        root: Where the machine's file system is mounted.
        nvml: NVIDIA's library.
        now: The boot clock.
        before: What the search before this one found.
        is_jetson: Only the board's own monitors can make up the total.
    """
    cards = nvml.cards()
    meters = [*find_board_meters(root), *find_rapl_meters(root), *(card for card in cards if _measures(card, now))]
    gpu = find_gpu(root)
    zones, cooling, over_current = find_zones(root), find_cooling(root), find_over_current(root)
    if before is not None:
        meters = _join(before.meters, meters, lambda meter: meter.rail)
        gpu = gpu or before.gpu
        cards = _join(before.cards, cards, lambda card: card.name)
        zones = _join(before.zones, zones, lambda zone: zone.name)
        cooling = _join(before.cooling, cooling, lambda device: device.name)
        over_current = _join(before.over_current, over_current, lambda counter: counter.name)
    readable = [
        meter.rail for meter in meters if meter.rail.origin is Origin.BOARD or (not is_jetson and _measures(meter, now))
    ]
    return Found(
        tuple(meters), choose_total(readable), gpu, tuple(cards), tuple(zones), tuple(cooling), tuple(over_current)
    )


def _measures(meter: Meter, now: Seconds) -> bool:
    return meter.read(now).why not in _NOT_MEASURED


def _join(before: Sequence[_T], now: Sequence[_T], key: Callable[[_T], Hashable]) -> list[_T]:
    """What is there now, an unchanged one as it was (it may remember its last sample); then what has vanished."""
    old = {key(item): item for item in before}
    kept = [old[key(item)] if old.get(key(item)) == item else item for item in now]
    there = {key(item) for item in now}
    return kept + [item for item in before if key(item) not in there]
