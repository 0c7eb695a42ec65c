"""NVIDIA's management library: discrete cards, and the load of Thor's GPU. Owns the only use of `pynvml`.

Through the package nvidia-ml-py, which is optional and is imported when it is asked for. Function names and units are
those of the NVML API reference: mW, MHz, degrees Celsius, bytes, per cent.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.platform.readings import GpuReadings, Origin, Rail, Reading, Why
from agent.platform.sensors.meter import milliwatts
from agent.units import Bytes, Celsius, Hertz, Milliwatts, Ratio, Seconds

_T = TypeVar("_T")

_MHZ = 1_000_000
_WHY = {"NVML_ERROR_NOT_SUPPORTED": Why.UNSUPPORTED, "NVML_ERROR_NO_PERMISSION": Why.DENIED}
_GONE = ("NVML_ERROR_GPU_IS_LOST", "NVML_ERROR_UNINITIALIZED", "NVML_ERROR_NOT_FOUND")
_SLOWED_BY = {
    "nvmlClocksEventReasonSwPowerCap": "power cap",
    "nvmlClocksEventReasonHwSlowdown": "hardware slowdown",
    "nvmlClocksEventReasonSwThermalSlowdown": "temperature (driver)",
    "nvmlClocksEventReasonHwThermalSlowdown": "temperature (hardware)",
    "nvmlClocksEventReasonHwPowerBrakeSlowdown": "power brake",
}


@dataclass(slots=True)
class Nvml:
    """The library, or why there is none.

    Attributes:
        problem: For a person; None when the library answers.
    """

    problem: str | None
    _library: Any = None

    def cards(self) -> list["Card"]:
        """The cards that are there now."""
        if self._library is None:
            return []
        try:
            count = self._library.nvmlDeviceGetCount()
            handles = [self._library.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
            cards = [
                Card(self._library, handle, f"gpu{index} {_text(self._library.nvmlDeviceGetName(handle))}")
                for index, handle in enumerate(handles)
            ]
        except self._library.NVMLError as error:
            self.problem = f"NVML does not list its cards: {error}"
            return []
        self.problem = None
        return cards


def find_nvml(load: Callable[[str], Any] = importlib.import_module) -> Nvml:
    """Load and start the library.

    Args:
        load: Imports a module by its name.
    """
    try:
        library = load("pynvml")
    except ImportError:
        return Nvml("nvidia-ml-py is not installed")
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        return Nvml(f"NVML does not start: {error}")
    return Nvml(None, library)


@dataclass(slots=True)
class Card:
    """One GPU that NVML knows. A meter, where it measures its power."""

    _library: Any
    _handle: Any
    name: str

    @property
    def rail(self) -> Rail:
        """The card's whole board, memory included."""
        return Rail(self.name, "NVML", Origin.NVML)

    def read(self, now: Seconds) -> Reading[Milliwatts]:  # noqa: ARG002 - a meter's reading may need the time
        """Power at this instant; where the driver has only the mean of the last second, that."""
        instant = self._ask(self._instant_power)
        if instant.value is not None:
            return milliwatts(instant.value)
        power = self._ask(lambda: self._library.nvmlDeviceGetPowerUsage(self._handle))
        return Reading(None, power.why) if power.value is None else milliwatts(power.value)

    def gpu(self) -> GpuReadings:
        """Everything but power."""
        nv, handle = self._library, self._handle
        return GpuReadings(
            name=self.name,
            clock=self._ask(lambda: Hertz(nv.nvmlDeviceGetClockInfo(handle, nv.NVML_CLOCK_GRAPHICS) * _MHZ)),
            max_clock=self._ask(lambda: Hertz(nv.nvmlDeviceGetMaxClockInfo(handle, nv.NVML_CLOCK_GRAPHICS) * _MHZ)),
            load=self.load(),
            temperature=self._ask(
                lambda: Celsius(float(nv.nvmlDeviceGetTemperature(handle, nv.NVML_TEMPERATURE_GPU))),
            ),
            memory_used=self._ask(lambda: Bytes(nv.nvmlDeviceGetMemoryInfo(handle).used)),
            memory_total=self._ask(lambda: Bytes(nv.nvmlDeviceGetMemoryInfo(handle).total)),
            slowed_by=self._ask(self._slowed_by).value or (),
        )

    def load(self) -> Reading[Ratio]:
        """Share of the last sampling period in which the GPU was busy."""
        return self._ask(lambda: Ratio(self._library.nvmlDeviceGetUtilizationRates(self._handle).gpu / 100))

    def _instant_power(self) -> int | None:
        """NVML_FI_DEV_POWER_INSTANT; `nvmlDeviceGetPowerUsage` is a mean over a second since Ampere."""
        field = self._library.nvmlDeviceGetFieldValues(self._handle, [self._library.NVML_FI_DEV_POWER_INSTANT])[0]
        if field.nvmlReturn != 0:
            return None
        milliwatts_now: int = field.value.uiVal
        return milliwatts_now

    def _slowed_by(self) -> tuple[str, ...]:
        reasons = self._library.nvmlDeviceGetCurrentClocksEventReasons(self._handle)
        return tuple(words for name, words in _SLOWED_BY.items() if reasons & getattr(self._library, name))

    def _ask(self, question: Callable[[], _T]) -> Reading[_T]:
        try:
            return Reading(question())
        except self._library.NVMLError as error:
            return Reading(None, self._why(error.value))

    def _why(self, code: int) -> Why:
        if code in [getattr(self._library, name) for name in _GONE]:
            return Why.GONE
        return next((why for name, why in _WHY.items() if code == getattr(self._library, name)), Why.FAILED)


def _text(name: str | bytes) -> str:
    """Older releases of the package give bytes."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name
