"""What models have been measured to take on this machine. Owns `<state_dir>/memory.json`."""

from pathlib import Path

from pydantic import TypeAdapter

from agent.budget.memory import Geometry, Learnt
from agent.remembered import Remembered

_WORTH = 0.01
"""A change by less than this share is not worth a write."""


class LearntModels(Remembered[Learnt]):
    """What is known, by model.

    Args:
        file: Where it is kept.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file, TypeAdapter(dict[str, Learnt]))

    def learn(self, geometry: Geometry, learnt: Learnt) -> None:
        """Remember; `save` makes it durable."""
        before = self.of(geometry)
        is_new = before is None or _differs(before.loaded, learnt.loaded) or _differs(before.excess, learnt.excess)
        self.put(geometry, learnt, is_worth_saving=is_new)


def _differs(before: float, after: float) -> bool:
    return abs(after - before) > _WORTH * max(before, after)
