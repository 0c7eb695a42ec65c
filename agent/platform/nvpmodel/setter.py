"""Sets a power mode by its name: only where it is allowed, never one that needs a reboot, and reads back the outcome.

What the tool says is no proof, because it can keep the old mode silently; the mode that is read back is.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from agent.platform.nvpmodel.modes import PowerMode, PowerModes, read_power_modes
from agent.platform.nvpmodel.tool import Tool

_QUESTION = re.compile(r"\breboot\b", re.IGNORECASE)
_HARMLESS = "fan mode is not set"
"""A warning that `nvpmodel` prints on boards without a fan profile, whatever it does."""


@dataclass(frozen=True, slots=True)
class ModeChange:
    """What came of it.

    Attributes:
        wanted: The mode's name.
        mode: The one that is set now; None when it is not known.
        problem: Why it is not the wanted one, for a person; None when it is.
    """

    wanted: str
    mode: PowerMode | None
    problem: str | None


class ModeSetter:
    """Sets modes. One caller: two changes at once would read back each other's.

    Args:
        allowed: `power.nvpmodel` is `manage`.
        tool: What sets them; None: nothing may.
        root: Where the machine's file system is mounted.
    """

    def __init__(self, tool: Tool | None, *, allowed: bool, root: Path = Path("/")) -> None:
        self._tool = tool
        self._allowed = allowed
        self._root = root

    async def set(self, name: str) -> ModeChange:
        """Set a mode. Takes as long as the tool does; a tool that hangs is killed."""
        modes = read_power_modes(self._root)
        if modes is None:
            return ModeChange(name, None, "this machine has no nvpmodel")
        current = modes.current.value
        wanted = modes.named(name)
        if wanted is not None and wanted == current:
            return ModeChange(name, current, None)
        if not self._allowed:
            return ModeChange(name, current, "power.nvpmodel is keep: the mode is not for the agent to set")
        if self._tool is None:
            return ModeChange(name, current, "this user may not set modes: jetson-agent doctor says what it takes")
        if wanted is None or (problem := _why_not(modes, wanted)) is not None:
            names = ", ".join(mode.name for mode in modes.modes)
            return ModeChange(name, current, f"there is no mode {name}, only {names}" if wanted is None else problem)
        problem = await _ask(self._tool, wanted)
        after = read_power_modes(self._root)
        now = None if after is None else after.current.value
        return ModeChange(name, now, None if now == wanted else problem)


def _why_not(modes: PowerModes, wanted: PowerMode) -> str | None:
    match modes.needs_reboot(wanted):
        case None:
            return f"the mode that is set is not known ({modes.current.why}), so neither is whether it takes a reboot"
        case True:
            return (
                f"{wanted.name} takes a reboot, which is not for the agent to decide: sudo nvpmodel -m {wanted.number}"
            )
        case False:
            return None


async def _ask(tool: Tool, wanted: PowerMode) -> str:
    """Have the mode set; what is to blame should it not be."""
    try:
        said = await tool(wanted.number)
    except TimeoutError:
        return "nvpmodel did not end, and was killed"
    except OSError as error:
        return f"nvpmodel cannot be run: {error.strerror or error}"
    if _QUESTION.search(said):
        return f"nvpmodel wants to reboot for {wanted.name}, and was told no"
    lines = [line.strip() for line in said.splitlines() if line.strip() and _HARMLESS not in line]
    return f"nvpmodel kept the old mode{f': {lines[-1]}' if lines else ', and said nothing'}"
