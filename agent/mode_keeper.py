"""Keeps a Jetson in the power mode that suits its budget: `power.nvpmodel: manage`.

`budget.modes` decides; this looks a few times a minute, remembers what each model was seen to add in each mode, and has
the mode set by a tool that may take half a minute. A task of its own, so that nobody waits for it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.budget.modes import ModeDraw, faded, suitable_mode
from agent.governor import Governor
from agent.platform.nvpmodel import ModeSetter, read_power_modes
from agent.units import Milliwatts, Seconds

_EVERY = Seconds(15.0)
"""Longer than the governor needs to learn what the engine draws in another mode."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Learned:
    """What a model was seen to add in a mode, and when."""

    rise: Milliwatts
    at: Seconds


class ModeKeeper:
    """Only modes that need no reboot. One that could not be set is not tried again before the next start.

    Args:
        setter: Sets modes.
        governor: Knows the budget that holds, and what the machine draws; told when that changes.
        now: The boot clock.
        root: Where the machine's file system is mounted.
    """

    def __init__(
        self, setter: ModeSetter, governor: Governor, *, now: Callable[[], Seconds], root: Path = Path("/")
    ) -> None:
        self._setter = setter
        self._governor = governor
        self._now = now
        self._root = root
        self._learned: dict[tuple[tuple[str, str] | None, str], _Learned] = {}
        """By the model and its engine, and the mode."""
        self._refused: set[str] = set()

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.look()

    async def look(self) -> None:
        """Set another mode if one suits better."""
        modes = await asyncio.to_thread(read_power_modes, self._root)
        current = None if modes is None else modes.current.value
        if modes is None or current is None:
            return
        if (rise := self._governor.rise) is not None:
            self._learned[self._governor.loaded, current.name] = _Learned(rise, self._now())
        usable = [mode.name for mode in modes.modes if not modes.needs_reboot(mode) and mode.name not in self._refused]
        draws = [ModeDraw(name, self._draw(name)) for name in usable]
        name = suitable_mode(self._governor.state.budget, current.name, draws)
        if name == current.name:
            return
        change = await self._setter.set(name)
        if change.problem is not None:
            self._refused.add(name)
            _log.warning("power_mode_not_set", extra={"mode": name, "reason": change.problem})
            return
        self._governor.forget_engine()
        _log.info("power_mode_set", extra={"mode": name, "before": current.name})

    def _draw(self, mode: str) -> Milliwatts | None:
        """What the machine would draw with the loaded model, what other programs draw now included."""
        learned, without = self._learned.get((self._governor.loaded, mode)), self._governor.without_engine
        if learned is None or without is None:
            return None
        return Milliwatts(without + faded(learned.rise, Seconds(self._now() - learned.at)))
