"""Simulated time, and what passes in it: power, energy, heat."""

import math
import random
from bisect import bisect_left
from collections.abc import Callable

from agent.units import Seconds
from tests.plant.boards import PlantBoard

BIN_S = 0.05
"""The true power is kept as means over so long."""
_LINGER_S = 0.003
_LINGER_SHARE = 0.4
"""After a step the chip needs a moment to become quiet: power is not quite linear in the duty. [assumed]"""
_WANDER_S = 5.0
_THROTTLED_CLOCK = 0.6
_HYSTERESIS_K = 3.0
_MEMORY_S = 5.0
_TICK_S = 1e-6
"""No wait is shorter, as on a real clock: else rounding could make time stand still."""


class World:
    """One board in simulated time.

    Args:
        board: How it draws power.
        air: Degrees Celsius around it.
        throttles_at: Where its hardware slows itself down; None: nowhere.
        wander: How much the base wanders by itself, as a share of it (standard deviation).
        seed: Of that.
    """

    def __init__(
        self,
        board: PlantBoard,
        *,
        air: float = 25.0,
        throttles_at: float | None = None,
        wander: float = 0.01,
        seed: int = 0,
    ) -> None:
        self.board = board
        self.air = air
        self.celsius = air + board.kelvin_per_w * board.idle_w
        self.mode_clock = board.modes[board.mode]
        self.extra_w = 0.0
        self.throttled = False
        self.bins: list[float] = []
        self.joules = 0.0
        self._throttles_at = throttles_at
        self._wander = wander
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self._wandered = 0.0
        self._now = 0.0
        self._busy_until = -math.inf
        self._lingering_w = 0.0
        self._events: list[tuple[float, Callable[[], None]]] = []
        self._times, self._energies = [0.0], [0.0]

    def now(self) -> Seconds:
        """The boot clock of this world."""
        return Seconds(self._now)

    @property
    def clock(self) -> float:
        """The GPU's, relative to the highest: by mode, and lower while the hardware throttles."""
        return self.mode_clock * (_THROTTLED_CLOCK if self.throttled else 1.0)

    @property
    def base_w(self) -> float:
        """Without the engine."""
        return self.board.idle_w * (1 + self._wandered) + self.extra_w

    def set_mode(self, name: str) -> None:
        """Set a power mode."""
        self.mode_clock = self.board.modes[name]

    def rise_w(self, watts: float) -> float:
        """What a load of the board adds at this clock, whose watts are those of the mode that is set first.

        Voltage falls with the clock: power goes with something between its square and its cube.
        """
        relative = self.clock / self.board.modes[self.board.mode]
        return (watts - self.board.idle_w) * math.pow(relative, 2.2)

    def step_s(self, seconds: float, clock_bound: float) -> float:
        """How long a step takes at this clock."""
        relative = self.clock / self.board.modes[self.board.mode]
        return seconds * (1 - clock_bound + clock_bound / relative)

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Have something happen."""
        self._events.append((time, do))
        self._events.sort(key=lambda event: event[0])

    def work(self, seconds: float, rise_w: float) -> None:
        """Pass the time of a step."""
        self._pass(self._now + seconds, rise_w, lambda: False)
        self._busy_until, self._lingering_w = self._now, _LINGER_SHARE * rise_w

    def rest(self, seconds: float, until: Callable[[], bool]) -> None:
        """Pass time without a step, until something is the case."""
        end = self._now + (max(seconds, _TICK_S) if seconds > 0 else 0.0)
        calm = self._busy_until + _LINGER_S
        if self._now < calm and not until():
            self._pass(min(end, calm), self._lingering_w, until)
        self._pass(end, 0.0, until)

    def energy(self, time: float) -> float:
        """Joules drawn up to a moment of the last seconds."""
        place = min(max(1, bisect_left(self._times, time)), len(self._times) - 1)
        before, after = self._times[place - 1], self._times[place]
        share = (time - before) / (after - before) if after > before else 0.0
        return self._energies[place - 1] + share * (self._energies[place] - self._energies[place - 1])

    def _pass(self, end: float, rise_w: float, until: Callable[[], bool]) -> None:
        while self._now < end and not until():
            to = min(end, self._events[0][0]) if self._events else end
            self._draw(max(0.0, to - self._now), self.base_w + rise_w)
            while self._events and self._events[0][0] <= self._now:
                self._events.pop(0)[1]()

    def _draw(self, seconds: float, watts: float) -> None:
        if seconds <= 0:
            return
        left = seconds
        while left > 0:
            place = int(self._now / BIN_S + 1e-9)
            part = min(left, (place + 1) * BIN_S - self._now)
            self.bins.extend([0.0] * (place + 1 - len(self.bins)))
            self.bins[place] += watts * part / BIN_S
            self._now += part
            left -= part
            if part <= 0:  # the rest is below what a float of this size can hold
                break
        self.joules += watts * seconds
        self._times.append(self._now)
        self._energies.append(self.joules)
        if self._times[0] < self._now - 2 * _MEMORY_S:
            kept = bisect_left(self._times, self._now - _MEMORY_S)
            del self._times[:kept], self._energies[:kept]
        self._warm(seconds, watts)
        self._stray(seconds)

    def _warm(self, seconds: float, watts: float) -> None:
        settles_at = self.air + self.board.kelvin_per_w * watts
        self.celsius += (settles_at - self.celsius) * (1 - math.exp(-seconds / self.board.heat_s))
        if self._throttles_at is not None:
            limit = self._throttles_at - (_HYSTERESIS_K if self.throttled else 0.0)
            self.throttled = self.celsius >= limit

    def _stray(self, seconds: float) -> None:
        """The base wanders (an Ornstein-Uhlenbeck process)."""
        fades = math.exp(-seconds / _WANDER_S)
        self._wandered = fades * self._wandered + self._wander * math.sqrt(1 - fades**2) * self._random.gauss(0, 1)
