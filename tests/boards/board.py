"""What a board's tree is built from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """A channel of a power monitor. `NC` is not connected."""

    label: str
    millivolts: int = 0
    milliamperes: int = 0


@dataclass(frozen=True)
class Chip:
    """A power monitor.

    Attributes:
        name: As on the I2C bus: `ina3221` (hwmon), `ina3221x` (JetPack 4's iio) or `ina238`.
        address: Bus and address, `1-0040`.
    """

    name: str
    address: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class Zone:
    """A thermal zone; its trip points as (type, millidegrees)."""

    name: str
    millidegrees: int
    trips: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Gpu:
    """The GPU's devfreq entry.

    Attributes:
        node: The name of its device-tree node; None: it has none.
        load: Where its load is, below the root; None: nowhere.
    """

    entry: str
    node: str | None
    hertz: int
    max_hertz: int
    load: str | None


@dataclass(frozen=True)
class Board:
    """A board.

    Attributes:
        compatible: The device tree's, most special first.
        release: The first line of `/etc/nv_tegra_release`.
        modes: `nvpmodel`'s, by number.
        cooling: Types of the cooling devices.
        over_current: Whether it has `soctherm_oc`.
        nvmap: `NvMapMemUsed` in kB; None: not in meminfo.
        unverified: What of it no primary source confirms.
    """

    model: str
    compatible: tuple[str, ...]
    release: str
    modes: dict[int, str]
    default_mode: int
    mode: int
    chips: tuple[Chip, ...]
    gpu: Gpu
    zones: tuple[Zone, ...]
    cooling: tuple[str, ...]
    over_current: bool
    mem_total_kb: int
    nvmap: int | None
    unverified: tuple[str, ...]
