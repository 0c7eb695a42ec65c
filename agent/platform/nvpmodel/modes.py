"""The power modes of a board, by name: what the numbers mean differs from board to board. Only reads.

`/etc/nvpmodel.conf` names the modes, `/var/lib/nvpmodel/status` holds the number of the one that is set, and everybody
may read both, so nothing has to be asked of the program `nvpmodel`, which can hang on a question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from agent.platform.files import read_text
from agent.platform.readings import Reading, Why

_SECTION = re.compile(r"^\s*<.*", re.MULTILINE)
_MODE = re.compile(r"\s*<\s*POWER_MODEL\s+ID=(\d{1,9})\s+NAME=(\S+)\s*>")
_DEFAULT = re.compile(r"^\s*<\s*PM_CONFIG\s+DEFAULT=(\d{1,9})\s*>", re.MULTILINE)
_STATUS = re.compile(r"pmode:(\d{1,9})")
_BOOT_SETTING = re.compile(r"^\s*((?:CPU_ONLINE|\w+_POWER_GATING)\s.*?)\s*$", re.MULTILINE)
"""Which cores are on, and which parts of the GPU are powered: a running system does not change them (on Orin; boards
before it change cores at once, and are asked for a reboot all the same)."""


@dataclass(frozen=True, slots=True)
class PowerMode:
    """One mode. Its number says nothing of its power.

    Attributes:
        boot_settings: What of it can only be changed by a reboot.
    """

    number: int
    name: str
    boot_settings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PowerModes:
    """The modes of this board.

    Attributes:
        modes: In the order of the file.
        current: The one that is set.
        default: The one that a new system starts with.
    """

    modes: tuple[PowerMode, ...]
    current: Reading[PowerMode]
    default: PowerMode | None

    def named(self, name: str) -> PowerMode | None:
        """The mode of this name; None when the board has none."""
        return next((mode for mode in self.modes if mode.name == name), None)

    def needs_reboot(self, mode: PowerMode) -> bool | None:
        """Whether going there from the mode that is set needs one; None when that one is not known."""
        if self.current.value is None:
            return None
        return mode.boot_settings != self.current.value.boot_settings


def read_power_modes(root: Path = Path("/")) -> PowerModes | None:
    """The modes; None on a machine without `nvpmodel`."""
    try:
        text = read_text(root / "etc/nvpmodel.conf")
    except OSError:
        return None
    modes = tuple(_modes(text))
    default = _DEFAULT.search(text)
    return PowerModes(
        modes=modes,
        current=_current(root, modes),
        default=None if default is None else _by_number(modes, int(default[1])),
    )


def _modes(text: str) -> Sequence[PowerMode]:
    """A mode's settings go on to the next line that begins with `<`."""
    starts = [match.start() for match in _SECTION.finditer(text)]
    sections = (text[start:end] for start, end in pairwise([*starts, len(text)]))
    return [
        PowerMode(int(match[1]), match[2], frozenset(_BOOT_SETTING.findall(section)))
        for section in sections
        if (match := _MODE.match(section)) is not None
    ]


def _current(root: Path, modes: Sequence[PowerMode]) -> Reading[PowerMode]:
    try:
        match = _STATUS.search(read_text(root / "var/lib/nvpmodel/status"))
    except PermissionError:
        return Reading(None, Why.DENIED)
    except OSError:
        return Reading(None, Why.GONE)
    if match is None:
        return Reading(None, Why.GARBAGE)
    mode = _by_number(modes, int(match[1]))
    return Reading(None, Why.IMPLAUSIBLE) if mode is None else Reading(mode)


def _by_number(modes: Sequence[PowerMode], number: int) -> PowerMode | None:
    return next((mode for mode in modes if mode.number == number), None)
