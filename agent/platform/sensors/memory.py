"""The machine's memory, from procfs and zram's statistics.

proc(5); in the kernel's Documentation: accounting/psi.rst and admin-guide/blockdev/zram.rst.
"""

import re
from pathlib import Path

from agent.platform.files import folders, read_text, why_unreadable
from agent.platform.readings import MemoryReadings, Pressure, Reading, Why
from agent.units import Bytes, Ratio

_MEMINFO = re.compile(r"^(\w+):\s+(\d{1,15}) kB$", re.MULTILINE)
_OOM_KILL = re.compile(r"^oom_kill (\d{1,15})$", re.MULTILINE)
_PRESSURE = re.compile(r"^some avg10=(\d{1,3}\.\d+) avg60=(\d{1,3}\.\d+) ", re.MULTILINE)
_NVMAP_TOTAL = re.compile(r"^total\s+(\d{1,15})K$", re.MULTILINE)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
_KIB = 1024
_ZRAM_USED = 2
"""The third number of `mm_stat` is the memory that the device takes."""


class MemorySensor:
    """Reads what the kernel says of memory.

    Args:
        root: Where the machine's file system is mounted.
    """

    def __init__(self, root: Path) -> None:
        self._proc = root / "proc"
        self._nvmap = root / "sys/kernel/debug/nvmap/iovmm/clients"
        self._zrams = [device / "mm_stat" for device in folders(root / "sys/block", "zram*")]

    def read(self) -> MemoryReadings:
        """Everything now."""
        text, why = _text(self._proc / "meminfo")
        kib = {key: int(value) for key, value in _MEMINFO.findall(text)}

        def field(name: str) -> Reading[Bytes]:
            return Reading(Bytes(kib[name] * _KIB)) if name in kib else Reading(None, why or Why.GARBAGE)

        return MemoryReadings(
            total=field("MemTotal"),
            available=field("MemAvailable"),
            swap_total=field("SwapTotal"),
            swap_free=field("SwapFree"),
            zram_used=self._zram_used(),
            gpu_used=field("NvMapMemUsed") if "NvMapMemUsed" in kib else self._nvmap_used(),
            pressure=self._pressure(),
            oom_kills=_number(self._proc / "vmstat", _OOM_KILL),
        )

    def _zram_used(self) -> Reading[Bytes]:
        used = 0
        for file in self._zrams:
            text, why = _text(file)
            numbers = text.split()
            if len(numbers) <= _ZRAM_USED or not _COUNT.fullmatch(numbers[_ZRAM_USED]):
                return Reading(None, why or Why.GARBAGE)
            used += int(numbers[_ZRAM_USED])
        return Reading(Bytes(used))

    def _nvmap_used(self) -> Reading[Bytes]:
        kib = _number(self._nvmap, _NVMAP_TOTAL)
        return Reading(None, kib.why) if kib.value is None else Reading(Bytes(kib.value * _KIB))

    def _pressure(self) -> Reading[Pressure]:
        """Kernels built without PSI have no such file; with `psi=0` it answers EOPNOTSUPP."""
        text, why = _text(self._proc / "pressure/memory")
        match = _PRESSURE.search(text)
        if match is None:
            return Reading(None, why or Why.GARBAGE)
        return Reading(Pressure(Ratio(float(match[1]) / 100), Ratio(float(match[2]) / 100)))


def _number(path: Path, pattern: re.Pattern[str]) -> Reading[int]:
    text, why = _text(path)
    match = pattern.search(text)
    return Reading(None, why or Why.GARBAGE) if match is None else Reading(int(match[1]))


def _text(path: Path) -> tuple[str, Why | None]:
    try:
        return read_text(path), None
    except OSError as error:
        return "", why_unreadable(error)
