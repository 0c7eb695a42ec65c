"""The thread that reads the sensors: power at 10 Hz, the rest at 1 Hz.

Owns `Sensors`: it is built, asked and forgotten in that thread, so that a file which blocks, or a driver that hangs,
stops the readings and nothing else. One that fails is built anew. Whoever asks gets what is there and never waits. The
thread is a daemon: one that hangs in the kernel does not keep the process from ending.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from agent.clock import boottime
from agent.platform.readings import DeviceReadings, PowerReadings, PowerSpan, Sampled
from agent.platform.sensors import Sensors, find_nvml
from agent.units import Milliwatts, Seconds

POWER_EVERY = Seconds(0.1)
DEVICE_EVERY = Seconds(1.0)
JITTER = 0.25
"""Power samples come at irregular distances. An engine that is paced draws power in pulses, some times a second:
regular samples could catch it between two of them again and again."""

STALE_AFTER = Seconds(5.0)
"""What was read longer ago does not say how the machine is now."""

_BUILD_AGAIN_AFTER = Seconds(5.0)
_END_TIMEOUT = Seconds(0.5)

_log = logging.getLogger(__name__)
_ReadingsT = TypeVar("_ReadingsT", PowerReadings, DeviceReadings)


def _of_this_machine() -> Sensors:
    return Sensors(nvml=find_nvml())


class Sampler:
    """Samples while it is entered.

    Args:
        build: Makes the sensors, in the thread: that reads files too. Default: those of this machine.
        now: The clock of the readings.
        on_power: Given each power sample, in the thread.
        on_device: Likewise of the rest.
    """

    def __init__(
        self,
        build: Callable[[], Sensors] = _of_this_machine,
        *,
        now: Callable[[], Seconds] = boottime,
        on_power: Callable[[PowerReadings], None] = lambda _: None,
        on_device: Callable[[DeviceReadings], None] = lambda _: None,
    ) -> None:
        self._build = build
        self._now = now
        self._on_power = on_power
        self._on_device = on_device
        self._stop = threading.Event()
        self._lock = threading.Lock()  # held for a few assignments only, never while reading
        self._thread = threading.Thread(target=self._run, name="sensors", daemon=True)
        self._power: PowerReadings | None = None
        self._device: DeviceReadings | None = None
        self._sum, self._most, self._samples = 0.0, 0.0, 0

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End; a thread that hangs is left behind."""
        self._stop.set()
        self._thread.join(_END_TIMEOUT)

    def take(self) -> Sampled:
        """The latest readings, and the power since the last call."""
        with self._lock:
            total, most, samples = self._sum, self._most, self._samples
            self._sum, self._most, self._samples = 0.0, 0.0, 0
        return self._latest(PowerSpan(Milliwatts(total / samples), Milliwatts(most), samples) if samples else None)

    def look(self) -> Sampled:
        """The latest readings; takes nothing of the span that `take` gives."""
        return self._latest(None)

    def _latest(self, span: PowerSpan | None) -> Sampled:
        with self._lock:
            power, device = self._power, self._device
        now = self._now()
        if power is None or device is None:
            return Sampled(power, device, span, "the sensors have not answered yet")
        age = now - min(power.at, device.at)
        if age > STALE_AFTER:
            return Sampled(None, None, span, f"the sensors have not answered for {age:.0f} s")
        return Sampled(power, device, span, None)

    def _run(self) -> None:
        told = ""
        while not self._stop.is_set():
            try:
                self._sample(self._build())
            except Exception as error:  # noqa: BLE001 - whatever a driver does, the next try may have a meter
                if repr(error) != told:
                    told = repr(error)
                    _log.error("sensors_failed", exc_info=True)
                self._stop.wait(_BUILD_AGAIN_AFTER)

    def _sample(self, sensors: Sensors) -> None:
        """Until the end."""
        next_power = next_device = time.monotonic()
        while not self._stop.wait(max(0.0, min(next_power, next_device) - time.monotonic())):
            started = time.monotonic()
            if started >= next_power:
                self._keep_power(sensors.power())
                next_power = _next(next_power, Seconds(POWER_EVERY * random.uniform(1 - JITTER, 1 + JITTER)))  # noqa: S311
            if started >= next_device:
                device = sensors.device()
                self._keep_device(device)
                next_device = _next(next_device, DEVICE_EVERY)

    def _keep_power(self, power: PowerReadings) -> None:
        with self._lock:
            self._power = power
            if power.total.value is not None:
                self._sum += power.total.value
                self._most = max(self._most, power.total.value)
                self._samples += 1
        self._hand_over(self._on_power, power)

    def _keep_device(self, device: DeviceReadings) -> None:
        with self._lock:
            self._device = device
        self._hand_over(self._on_device, device)

    def _hand_over(self, take: Callable[[_ReadingsT], None], readings: _ReadingsT) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop was closed while a sensor hung
            take(readings)


def _next(planned: float, every: Seconds) -> float:
    """The next time; after a sample that took too long, from now on: what was missed is not made up for."""
    return max(planned + every, time.monotonic())
