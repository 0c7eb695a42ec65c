"""Writes a board's tree and changes it as hardware does: powers, temperatures, gating, renumbering, vanishing."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.boards.board import Board, Channel, Chip, Gpu, Zone


class BoardTree:
    """The tree of a board; a context manager, because a gated zone holds its file open.

    Args:
        root: An empty or missing folder.
        board: What is written into it.
        first_hwmon: The number of the first power monitor's `hwmon`.
    """

    def __init__(self, root: Path, board: Board, *, first_hwmon: int = 1) -> None:
        self.root = root
        self.board = board
        self._held: list[int] = []
        self._write_identity()
        self._write_modes()
        self._write_over_current()
        for number, chip in enumerate(board.chips):
            self._write_chip(chip, first_hwmon + number)
        self._write_gpu(board.gpu)
        for number, zone in enumerate(board.zones):
            self._write_zone(zone, number)
        for number, name in enumerate(board.cooling):
            self._write(f"sys/class/thermal/cooling_device{number}/type", name)
            self._write(f"sys/class/thermal/cooling_device{number}/cur_state", "0")
        self._write_memory()
        self._write("dev/nvmap", "")

    def __enter__(self) -> Self:
        """The tree."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go of what is held open."""
        while self._held:
            os.close(self._held.pop())

    def set_power(self, label: str, milliwatts: float) -> None:
        """Have a rail measure a power, as near as its sensor's steps of current allow."""
        chip, number, channel = self._channel(label)
        milliamperes = round(milliwatts * 1000 / channel.millivolts)
        self._write_channel(chip, self._folder(chip), number, Channel(label, channel.millivolts, milliamperes))

    def rail_file(self, label: str) -> Path:
        """The file that makes the difference between this rail's power and none."""
        chip, number, _ = self._channel(label)
        folder = self._folder(chip)
        match chip.name:
            case "ina238":
                return folder / "power1_input"
            case "ina3221x":
                return folder / f"in_power{number}_input"
            case _:
                return folder / f"curr{number + 1}_input"

    def zone_file(self, name: str) -> Path:
        """A zone's temperature."""
        number = [zone.name for zone in self.board.zones].index(name)
        return self.root / f"sys/class/thermal/thermal_zone{number}/temp"

    def cooling_file(self, name: str) -> Path:
        """A cooling device's state."""
        return self.root / f"sys/class/thermal/cooling_device{self.board.cooling.index(name)}/cur_state"

    def gate(self, name: str) -> None:
        """Power a zone's sensor down: from now on every read of it fails with EAGAIN, as a pipe without data does."""
        file = self.zone_file(name)
        file.unlink()
        os.mkfifo(file)
        self._held.append(os.open(file, os.O_RDWR | os.O_NONBLOCK))

    def remove_chip(self, address: str) -> None:
        """Unbind a power monitor's driver."""
        chip = next(chip for chip in self.board.chips if chip.address == address)
        shutil.rmtree(self._folder(chip))

    def add_chip(self, address: str, hwmon: int) -> None:
        """Bind it again, under another number."""
        self._write_chip(next(chip for chip in self.board.chips if chip.address == address), hwmon)

    def _write(self, path: str | Path, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_name(f"{file.name}~")  # a sensor that is read meanwhile has the old value or the new one
        whole.write_text(text + "\n")
        whole.replace(file)

    def _write_identity(self) -> None:
        tree = self.root / "proc/device-tree"
        tree.mkdir(parents=True)
        (tree / "model").write_bytes(self.board.model.encode() + b"\0")
        (tree / "compatible").write_bytes(b"".join(name.encode() + b"\0" for name in self.board.compatible))
        self._write("etc/nv_tegra_release", f"{self.board.release}\n# KERNEL_VARIANT: oot")

    def _write_modes(self) -> None:
        lines = [
            f"< POWER_MODEL ID={number} NAME={name} >\nCPU_ONLINE CORE_0 1" for number, name in self.board.modes.items()
        ]
        self._write("etc/nvpmodel.conf", "\n\n".join([*lines, f"< PM_CONFIG DEFAULT={self.board.default_mode} >"]))
        self._write("var/lib/nvpmodel/status", f"pmode:{self.board.mode:04}")

    def _write_over_current(self) -> None:
        """`soctherm_oc` where there is one, else any other `hwmon`."""
        folder = self.root / "sys/class/hwmon/hwmon0"
        self._write(folder / "name", "soctherm_oc" if self.board.over_current else "pwmfan")
        for counter in (1, 2, 3) if self.board.over_current else ():
            self._write(folder / f"oc{counter}_event_cnt", "0")
            self._write(folder / f"oc{counter}_throt_en", "1")

    def _chip_folder(self, chip: Chip) -> Path:
        return self.root / "sys/bus/i2c/devices" / chip.address

    def _folder(self, chip: Chip) -> Path:
        pattern = "iio:device*" if chip.name == "ina3221x" else "hwmon/hwmon*"
        return next(self._chip_folder(chip).glob(pattern))

    def _channel(self, label: str) -> tuple[Chip, int, Channel]:
        for chip in self.board.chips:
            for number, channel in enumerate(chip.channels):
                if channel.label == label:
                    return chip, number, channel
        raise KeyError(label)

    def _write_chip(self, chip: Chip, number: int) -> None:
        bus = self._chip_folder(chip)
        self._write(bus / "name", chip.name)
        if chip.name == "ina3221x":
            folder = bus / f"iio:device{number}"
        else:
            folder = bus / f"hwmon/hwmon{number}"
            self._write(folder / "name", chip.name)
            self._link(self.root / f"sys/class/hwmon/hwmon{number}", folder)
        if chip.name == "ina3221":
            self._write(folder / "in7_label", "sum of shunt voltages")
            self._write(folder / "in7_input", "12")
        for position, channel in enumerate(chip.channels):
            self._write_channel(chip, folder, position, channel)

    def _link(self, link: Path, target: Path) -> None:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(target, link.parent))

    def _write_channel(self, chip: Chip, folder: Path, position: int, channel: Channel) -> None:
        milliwatts = channel.millivolts * channel.milliamperes / 1000
        match chip.name:
            case "ina238":
                files = {"label": channel.label, "power1_input": str(round(milliwatts * 1000))}
            case "ina3221x":
                files = {
                    f"rail_name_{position}": channel.label,
                    f"in_voltage{position}_input": str(channel.millivolts),
                    f"in_current{position}_input": str(channel.milliamperes),
                    f"in_power{position}_input": str(int(milliwatts)),
                    f"crit_current_limit_{position}": "32760 ma",
                }
            case _:
                number = position + 1
                files = {
                    f"in{number}_label": channel.label,
                    f"in{number}_input": str(channel.millivolts),
                    f"curr{number}_input": str(channel.milliamperes),
                    f"curr{number}_max": "32760",
                    f"curr{number}_crit": "32760",
                }
        for name, text in files.items():
            self._write(folder / name, text)

    def _write_gpu(self, gpu: Gpu) -> None:
        self._write("sys/class/devfreq/15340000.vic/device/of_node/name", "vic\0")
        self._write("sys/class/devfreq/15340000.vic/cur_freq", "1")
        folder = self.root / "sys/class/devfreq" / gpu.entry
        for name, hertz in (("cur_freq", gpu.hertz), ("min_freq", 76_800_000), ("max_freq", gpu.max_hertz)):
            self._write(folder / name, str(hertz))
        if gpu.node is not None:
            self._write(folder / "device/of_node/name", f"{gpu.node}\0")
        if gpu.load is not None:
            self._write(folder / gpu.load if gpu.load.startswith("device/") else gpu.load, "250")

    def _write_zone(self, zone: Zone, number: int) -> None:
        folder = f"sys/class/thermal/thermal_zone{number}"
        self._write(f"{folder}/type", zone.name)
        self._write(f"{folder}/temp", str(zone.millidegrees))
        for trip, (kind, millidegrees) in enumerate(zone.trips):
            self._write(f"{folder}/trip_point_{trip}_type", kind)
            self._write(f"{folder}/trip_point_{trip}_temp", str(millidegrees))

    def _write_memory(self) -> None:
        total = self.board.mem_total_kb
        lines = [
            f"MemTotal:       {total} kB",
            f"MemFree:        {total // 4} kB",
            f"MemAvailable:   {total // 2} kB",
            f"SwapTotal:      {total // 2} kB",
            f"SwapFree:       {total // 2} kB",
        ]
        if self.board.nvmap is not None:
            lines.append(f"NvMapMemUsed:   {self.board.nvmap} kB")
        self._write("proc/meminfo", "\n".join(lines))
        self._write("proc/vmstat", "nr_free_pages 1000\noom_kill 0\nzone_reclaim_success 0")
        for number in range(2):
            self._write(f"sys/block/zram{number}/mm_stat", "     4096       75    12288        0    12288        0")
