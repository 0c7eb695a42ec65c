"""The power mode of a Jetson, by name: what the numbers mean differs from board to board. Only reads.

`/etc/nvpmodel.conf` names the modes, `/var/lib/nvpmodel/status` holds the number of the one that is set, and everybody
may read both, so nothing has to be asked of the program `nvpmodel`, which can hang on a question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.platform.files import read_text
from agent.platform.readings import Reading, Why

_MODE = re.compile(r"^\s*<\s*POWER_MODEL\s+ID=(\d{1,9})\s+NAME=(\S+)\s*>", re.MULTILINE)
_DEFAULT = re.compile(r"^\s*<\s*PM_CONFIG\s+DEFAULT=(\d{1,9})\s*>", re.MULTILINE)
_STATUS = re.compile(r"pmode:(\d{1,9})")


@dataclass(frozen=True, slots=True)
class PowerMode:
    """One mode. Its number says nothing of its power."""

    number: int
    name: str


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


def read_power_modes(root: Path = Path("/")) -> PowerModes | None:
    """The modes; None on a machine without `nvpmodel`."""
    try:
        text = read_text(root / "etc/nvpmodel.conf")
    except OSError:
        return None
    modes = tuple(PowerMode(int(number), name) for number, name in _MODE.findall(text))
    default = _DEFAULT.search(text)
    return PowerModes(
        modes=modes,
        current=_current(root, modes),
        default=None if default is None else _by_number(modes, int(default[1])),
    )


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
