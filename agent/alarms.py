"""What has changed about the machine that an operator wants to be told at once. Pure: readings in, events out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.events import (
    Event,
    MemoryKills,
    OverCurrent,
    PowerMeterBack,
    PowerMeterLost,
    ThrottlingBegan,
    ThrottlingEnded,
)
from agent.platform.readings import DeviceReadings, PowerReadings
from agent.units import Seconds

_METER_LOST_AFTER: Final = Seconds(5.0)
"""A single bad sample of a meter is nothing."""

_OFTEN: Final = ("oc3",)
"""Counters of instantaneous current: they count thousands an hour without harm."""

_OFTEN_A_MINUTE: Final = 600

_MINUTE: Final = Seconds(60.0)


@dataclass(slots=True)
class _Counter:
    """A counter of over-current events, at the begin of a minute."""

    since: Seconds
    events: int


@dataclass(slots=True)
class Alarms:
    """Compares each reading with what was before it.

    A counter's first value tells nothing: it is of the time before.
    """

    _throttling: tuple[str, ...] = ()
    _counters: dict[str, _Counter] = field(default_factory=dict)
    _oom_kills: int | None = None
    _had_power_at: Seconds | None = None
    _is_meter_lost: bool = False
    _is_silent: bool = False

    def of_power(self, power: PowerReadings) -> Sequence[Event]:
        """What a sample of the power changes."""
        if power.total.value is not None:
            self._had_power_at = power.at
            was_lost, self._is_meter_lost = self._is_meter_lost, False
            return [PowerMeterBack()] if was_lost else []
        had = self._had_power_at  # a machine that never had a meter has lost none
        if had is None or self._is_meter_lost or power.at - had < _METER_LOST_AFTER:
            return []
        self._is_meter_lost = True
        return [PowerMeterLost(reason=str(power.total.why))]

    def of_silence(self, why: str | None) -> Sequence[Event]:
        """A look at the sensors told why they do not answer; None: they do.

        One such look is nothing: of a machine that was suspended the last sample is old, and the next is on its way.
        """
        was_silent, self._is_silent = self._is_silent, why is not None
        if why is None or not was_silent or self._had_power_at is None or self._is_meter_lost:
            return []
        self._is_meter_lost = True
        return [PowerMeterLost(reason=why)]

    def of_device(self, device: DeviceReadings) -> Sequence[Event]:
        """What a sample of the rest changes."""
        return [*self._of_throttling(device), *self._of_over_current(device), *self._of_memory(device)]

    def _of_throttling(self, device: DeviceReadings) -> Iterator[Event]:
        before, self._throttling = self._throttling, device.throttling
        if self._throttling and not before:
            hottest = device.hottest
            yield ThrottlingBegan(
                cooling_devices=self._throttling,
                hottest_zone=None if hottest is None else hottest.name,
                temperature_c=None if hottest is None else hottest.temperature.value,
            )
        if before and not self._throttling:
            yield ThrottlingEnded()

    def _of_over_current(self, device: DeviceReadings) -> Iterator[Event]:
        """Each counter at most once a minute."""
        for reading in device.over_current:
            events = reading.events.value
            if events is None:
                continue
            counter = self._counters.setdefault(reading.name, _Counter(device.at, events))
            more, least = events - counter.events, _OFTEN_A_MINUTE if reading.name in _OFTEN else 1
            if more >= least:
                yield OverCurrent(counter=reading.name, events=more)
            if more >= least or more < 0 or device.at - counter.since >= _MINUTE:
                self._counters[reading.name] = _Counter(device.at, events)

    def _of_memory(self, device: DeviceReadings) -> Iterator[Event]:
        kills = device.memory.oom_kills.value
        if kills is None:
            return
        before, self._oom_kills = self._oom_kills, kills
        if before is not None and kills > before:
            yield MemoryKills(processes=kills - before)
