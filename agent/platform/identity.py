"""What machine this is. "Not a Jetson" is an ordinary answer.

Sources: the device tree's `model` and `compatible`, `/etc/nv_tegra_release`, `/proc/cpuinfo`, DMI and os-release(5).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from agent.platform.files import text_or_none
from agent.platform.jetpack import MODULES, SOCS, jetpack_of

_PART = re.compile(r"p\d{4}-\d{4}")
_L4T = re.compile(r"#\s*R(\d+)\s*\(release\),\s*REVISION:\s*([\d.]+)")
_OS_NAME = re.compile(r'^PRETTY_NAME="?([^"\n]*)"?$', re.MULTILINE)
_CPU_NAME = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)
_CPU = re.compile(r"^processor\s*:", re.MULTILINE)
_UNSET_DMI = ("", "To be filled by O.E.M.", "System Product Name", "Default string")


@dataclass(frozen=True, slots=True)
class Jetson:
    """An NVIDIA Jetson. What could not be found out is None.

    Attributes:
        board: As the device tree calls it.
        module: The module's product name.
        part: The module's part number, `p3767-0005`.
        soc: The chip, by its name and its number.
        l4t: The release of Jetson Linux, `36.4.3`.
        jetpack: The release of JetPack that it belongs to; only its major number where that is all that is known.
    """

    board: str
    module: str | None
    part: str | None
    soc: str
    l4t: str | None
    jetpack: str | None

    @property
    def name(self) -> str:
        """The machine in a few words."""
        return self.board


@dataclass(frozen=True, slots=True)
class Computer:
    """Any other machine.

    Attributes:
        machine: Maker and product.
        cpu: The processor's name.
        cpus: Logical processors.
        distribution: Name and version of the operating system.
    """

    machine: str | None
    cpu: str | None
    cpus: int
    distribution: str | None

    @property
    def name(self) -> str:
        """The machine in a few words."""
        return self.machine or self.cpu or "an unknown machine"


Machine = Jetson | Computer


def identify(root: Path = Path("/")) -> Machine:
    """Find out what machine this is; `root` is where its file system is mounted."""
    compatible = (text_or_none(root / "proc/device-tree/compatible") or "").split("\0")
    soc = next((SOCS[name] for name in compatible if name in SOCS), None)
    model = text_or_none(root / "proc/device-tree/model")
    if soc is None:
        return _computer(root, model)
    part = _part(compatible)
    l4t = _l4t(root)
    return Jetson(
        board=model or "NVIDIA Jetson",
        module=None if part is None else MODULES.get(part),
        part=part,
        soc=soc,
        l4t=l4t,
        jetpack=None if l4t is None else jetpack_of(l4t),
    )


def has_nvidia_gpu(root: Path = Path("/")) -> bool:
    """Whether this is a Jetson, or has a card with NVIDIA's driver; whether that works, a load shows."""
    return isinstance(identify(root), Jetson) or (root / "proc/driver/nvidia/version").exists()


def _part(compatible: list[str]) -> str | None:
    """The module's number: a known one, wherever it stands; else the last, as in `nvidia,<carrier>+<module>`."""
    parts = [part for name in compatible for part in _PART.findall(name)]
    known = [part for part in parts if part in MODULES]
    candidates = known or parts[-1:]
    return candidates[0] if candidates else None


def _l4t(root: Path) -> str | None:
    match = _L4T.search(text_or_none(root / "etc/nv_tegra_release") or "")
    return None if match is None else f"{match[1]}.{match[2]}"


def _computer(root: Path, model: str | None) -> Computer:
    cpuinfo = text_or_none(root / "proc/cpuinfo") or ""
    release = _OS_NAME.search(text_or_none(root / "etc/os-release") or "")
    cpu = _CPU_NAME.search(cpuinfo)
    return Computer(
        machine=model or _dmi(root),
        cpu=None if cpu is None else cpu[1].strip(),
        cpus=len(_CPU.findall(cpuinfo)),
        distribution=None if release is None else release[1],
    )


def _dmi(root: Path) -> str | None:
    parts = (text_or_none(root / "sys/class/dmi/id" / name) for name in ("sys_vendor", "product_name"))
    return " ".join(part for part in parts if part is not None and part not in _UNSET_DMI) or None
