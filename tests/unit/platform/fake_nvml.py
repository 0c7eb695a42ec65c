# ruff: noqa: N802, N815 - these are the library's names
"""A stand-in for the module `pynvml`: two cards, or as many as it is given. What a card lacks is not supported."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

_T = TypeVar("_T")


class NVMLError(Exception):
    """As the package's own: the code is in `value`."""

    def __init__(self, value: int) -> None:
        super().__init__(f"code {value}")
        self.value = value


@dataclass
class FakeCard:
    """A card's numbers, in NVML's units."""

    name: str | bytes = "NVIDIA H200"
    power: int | None = 79_000
    instant_power: int | None = 81_500
    clock: int | None = 345
    load: int | None = 12
    degrees: int | None = 31
    memory: tuple[int, int] | None = (1_000, 150_000)
    reasons: int | None = 0
    lost: bool = False


@dataclass
class FakePynvml:
    """The functions and constants that are used, with the numbers of nvidia-ml-py 13."""

    devices: list[FakeCard] = field(default_factory=lambda: [FakeCard()])
    starts: bool = True
    fell_off_the_bus: bool = False

    NVMLError = NVMLError
    NVML_CLOCK_GRAPHICS = 0
    NVML_TEMPERATURE_GPU = 0
    NVML_FI_DEV_POWER_INSTANT = 186
    NVML_ERROR_UNINITIALIZED = 1
    NVML_ERROR_NOT_SUPPORTED = 3
    NVML_ERROR_NO_PERMISSION = 4
    NVML_ERROR_NOT_FOUND = 6
    NVML_ERROR_DRIVER_NOT_LOADED = 9
    NVML_ERROR_GPU_IS_LOST = 15
    nvmlClocksEventReasonSwPowerCap = 0x4
    nvmlClocksEventReasonHwSlowdown = 0x8
    nvmlClocksEventReasonSwThermalSlowdown = 0x20
    nvmlClocksEventReasonHwThermalSlowdown = 0x40
    nvmlClocksEventReasonHwPowerBrakeSlowdown = 0x80

    def nvmlInit(self) -> None:
        if not self.starts:
            raise NVMLError(self.NVML_ERROR_DRIVER_NOT_LOADED)

    def nvmlDeviceGetCount(self) -> int:
        return len(self.devices)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        if self.fell_off_the_bus:
            raise NVMLError(self.NVML_ERROR_GPU_IS_LOST)
        return self.devices[index]

    def nvmlDeviceGetName(self, handle: FakeCard) -> str | bytes:
        return handle.name

    def nvmlDeviceGetPowerUsage(self, handle: FakeCard) -> int:
        return self._value(handle, handle.power)

    def nvmlDeviceGetFieldValues(self, handle: FakeCard, fields: list[int]) -> list[SimpleNamespace]:
        assert fields == [self.NVML_FI_DEV_POWER_INSTANT]
        if handle.lost:
            raise NVMLError(self.NVML_ERROR_GPU_IS_LOST)
        known = handle.instant_power is not None
        result = 0 if known else self.NVML_ERROR_NOT_SUPPORTED
        return [SimpleNamespace(nvmlReturn=result, value=SimpleNamespace(uiVal=handle.instant_power or 0))]

    def nvmlDeviceGetClockInfo(self, handle: FakeCard, kind: int) -> int:
        assert kind == self.NVML_CLOCK_GRAPHICS
        return self._value(handle, handle.clock)

    def nvmlDeviceGetMaxClockInfo(self, handle: FakeCard, kind: int) -> int:
        return 10 * self.nvmlDeviceGetClockInfo(handle, kind)

    def nvmlDeviceGetTemperature(self, handle: FakeCard, sensor: int) -> int:
        assert sensor == self.NVML_TEMPERATURE_GPU
        return self._value(handle, handle.degrees)

    def nvmlDeviceGetMemoryInfo(self, handle: FakeCard) -> SimpleNamespace:
        used, total = self._value(handle, handle.memory)
        return SimpleNamespace(used=used, total=total, free=total - used)

    def nvmlDeviceGetUtilizationRates(self, handle: FakeCard) -> SimpleNamespace:
        return SimpleNamespace(gpu=self._value(handle, handle.load), memory=0)

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: FakeCard) -> int:
        return self._value(handle, handle.reasons)

    def _value(self, handle: FakeCard, value: _T | None) -> _T:
        if handle.lost:
            raise NVMLError(self.NVML_ERROR_GPU_IS_LOST)
        if value is None:
            raise NVMLError(self.NVML_ERROR_NOT_SUPPORTED)
        return value
