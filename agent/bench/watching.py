"""What is watched while a round runs: the power meter, the memory of engine and GPU, and who else is busy."""

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

import psutil

from agent.bench.figures import LEAST_SAMPLES, joules
from agent.clock import boottime
from agent.platform.footprint import footprint
from agent.platform.readings import DeviceReadings, PowerReadings
from agent.platform.sampler import Sampler
from agent.units import Bytes, Joules, Milliwatts, Ratio, Seconds

_EVERY = Seconds(0.02)
_KEPT_SAMPLES = 1 << 16
"""At ten a second: the longest round may take more than an hour."""


class PeakMemory:
    """The highest footprint of a process while it is entered.

    Args:
        pid: Of the process.
        every: How often to look.
    """

    def __init__(self, pid: int, every: Seconds = _EVERY) -> None:
        self._pid = pid
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory", daemon=True)
        self._most = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    @property
    def most(self) -> Bytes | None:
        """What was seen; None where the kernel does not tell."""
        return Bytes(self._most) if self._most else None

    def _watch(self) -> None:
        while True:
            self._most = max(self._most, footprint(self._pid).value or 0)
            if self._stop.wait(self._every):
                return


class Bystanders:
    """Everything that runs on this machine but the bench and its engine, from now on.

    Args:
        engine: The engine's process.
    """

    def __init__(self, engine: int) -> None:
        self._engine = engine
        self._began, self._before = boottime(), _not_ours(engine)

    def share(self) -> Ratio:
        """Of the processors' time that they have taken; 0 where the engine is gone, and it cannot be said."""
        now, whole = _not_ours(self._engine), (boottime() - self._began) * (psutil.cpu_count() or 1)
        if now is None or self._before is None or whole <= 0:
            return Ratio(0.0)
        return Ratio(min(1.0, max(0.0, (now - self._before) / whole)))


def _not_ours(engine: int) -> float | None:
    """Seconds of processor time that were neither this process's nor the engine's, since the boot."""
    try:
        ours = [process.cpu_times() for process in (psutil.Process(), psutil.Process(engine))]
    except psutil.NoSuchProcess:
        return None
    times = psutil.cpu_times()
    idle = times.idle + times.iowait + times.guest + times.guest_nice  # guests are in `user` already
    return sum(times) - idle - sum(each.user + each.system for each in ours)


class Meter:
    """Power and GPU memory of this machine while it is entered.

    Args:
        sample: Makes a sampler that gives its readings to these two.
    """

    def __init__(
        self,
        sample: Callable[[Callable[[PowerReadings], None], Callable[[DeviceReadings], None]], Sampler] = (
            lambda on_power, on_device: Sampler(on_power=on_power, on_device=on_device)
        ),
    ) -> None:
        self._samples: deque[tuple[Seconds, Milliwatts]] = deque(maxlen=_KEPT_SAMPLES)
        self._gpu: deque[tuple[Seconds, Bytes]] = deque(maxlen=_KEPT_SAMPLES)
        self._sampler = sample(self._power, self._device)
        self.name: str | None = None
        self._why = "the sensors have not answered"

    def __enter__(self) -> Self:
        """Begin."""
        self._sampler.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""
        self._sampler.__exit__(kind, error, traceback)

    @property
    def why_none(self) -> str:
        """Why a round may have no joules."""
        if self.name is None:
            return self._why
        return f"it takes {LEAST_SAMPLES} readings of the meter, and a round was too short"

    def energy(self, began: Seconds, ended: Seconds) -> Joules | None:
        """Of the whole machine; None where it was not measured often enough."""
        return joules(tuple(self._samples), began, ended)

    def gpu_memory(self, began: Seconds) -> Bytes | None:
        """The most since then, or what the last reading before said."""
        readings = tuple(self._gpu)
        since = [used for at, used in readings if at >= began] or [used for _, used in readings[-1:]]
        return max(since, default=None)

    def _power(self, readings: PowerReadings) -> None:
        if readings.total.value is None:
            self._why = str(readings.total.why)
            return
        self.name = readings.chosen.meters
        self._samples.append((readings.at, readings.total.value))

    def _device(self, readings: DeviceReadings) -> None:
        parts = [readings.memory.gpu_used, *(gpu.memory_used for gpu in readings.gpus)]
        used = [part.value for part in parts if part.value is not None]
        if used:
            self._gpu.append((readings.at, Bytes(sum(used))))
