"""How much the machine takes when it answers nothing: learnt, because no data sheet knows the board. Pure."""

from typing import Final

from agent.units import Milliwatts, Seconds

_MEMORY: Final = Seconds(30.0)
"""The floor follows a change of the idle power (a fan, a power mode) with this time constant."""


class IdleFloor:
    """The mean power while no request runs.

    Until the machine was idle with its model loaded, the lowest power that was measured stands in for it: the model is
    loaded at the start, and a device that has prompts waiting then goes from loading to answering.
    """

    def __init__(self) -> None:
        self._lowest: float | None = None
        self._mean: float | None = None
        self._learnt = 0.0

    @property
    def value(self) -> Milliwatts | None:
        """The floor; None before anything was measured."""
        known = self._lowest if self._mean is None else self._mean
        return None if known is None else Milliwatts(known)

    def saw(self, power: Milliwatts, lasted: Seconds, *, idle: bool) -> None:
        """So much was measured for so long."""
        self._lowest = power if self._lowest is None else min(self._lowest, power)
        if idle:
            self._learnt = min(self._learnt + lasted, _MEMORY)
            mean = power if self._mean is None else self._mean
            self._mean = mean + (power - mean) * min(1.0, lasted / self._learnt)
