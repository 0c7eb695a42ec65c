"""Which power mode suits a budget. Pure.

A mode caps clocks; it does not limit watts. `25W` was measured at 16.9 W on an Orin NX, MAXN_SUPER at 29.4 W. So what a
model really adds in a mode is learned; until then the mode's name is taken for an upper bound, and a mode without watts
in its name (MAXN) for unbounded. At lower clocks a token costs fewer joules, while pacing keeps a budget at the price
of the idle floor: the mode that just stays within the budget comes first, and pacing does what is left.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.units import Milliwatts, Seconds

_WATTS = re.compile(r"(?<![0-9.])(\d{1,4})W(?![A-Za-z])")
_WORTH_IT = 1.1
"""Up only for a tenth more: the learned watts move by a few per cent."""
_HALVES = Seconds(43_200.0)


@dataclass(frozen=True, slots=True)
class ModeDraw:
    """A mode that could be set.

    Attributes:
        learned: The machine's mean power in this mode with the engine at full duty, by what the loaded model was seen
            to add there; None: never seen.
    """

    name: str
    learned: Milliwatts | None = None

    @property
    def expected(self) -> float:
        """Milliwatts under load, infinite where nothing is known."""
        if self.learned is not None:
            return self.learned
        named = named_watts(self.name)
        return float("inf") if named is None else named


def faded(rise: Milliwatts, age: Seconds) -> Milliwatts:
    """What a model is taken to add in a mode in which it was not seen for so long: half after twelve hours.

    A figure that was too high for the budget would stay for ever otherwise, since the mode is not set to correct it. To
    try it again costs little: pacing keeps the budget meanwhile, and the next look sees what it draws.
    """
    return Milliwatts(rise * math.pow(0.5, age / _HALVES))


def named_watts(name: str) -> Milliwatts | None:
    """The watts in a mode's name: of `15W` and `MODE_15W_2CORE`, but not of `MAXN_SUPER`."""
    match = _WATTS.search(name)
    return None if match is None else Milliwatts(int(match[1]) * 1000.0)


def suitable_mode(budget: Milliwatts | None, current: str, modes: Sequence[ModeDraw]) -> str:
    """The mode to be in.

    The one that draws most within the budget; where none stays within it, the one that draws least. The current one
    stays while it is within the budget and no other draws a tenth more, and where there is no budget.

    Args:
        budget: For the machine; None: no limit.
        current: The mode that is set.
        modes: Those that can be set without a reboot, the current one included.
    """
    if budget is None or not modes:
        return current
    within = [mode for mode in modes if mode.expected <= budget]
    if not within:
        return min(modes, key=lambda mode: (mode.expected, mode.name != current)).name
    most = max(within, key=lambda mode: mode.expected)
    now = next((mode for mode in within if mode.name == current), None)
    return current if now is not None and most.expected < now.expected * _WORTH_IT else most.name
