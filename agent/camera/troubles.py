"""How often it is told that something is wrong with a camera's picture, or right again. Pure.

What comes and goes, as lights on a dark road do, would be told each time, hundreds of times an hour. A trouble is told
at once where all was told to be well. That all is well again is told at most once a minute, and as often one trouble
instead of another one; until then what was told stays told. When a loss and its end are told is `losses`' to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from agent.camera.losses import APART
from agent.camera.values import Condition
from agent.units import Seconds


@dataclass(frozen=True, slots=True)
class Troubles:
    """What is told of a camera's picture.

    Attributes:
        told: The condition that was told last.
        at: When each was told last.
    """

    told: Condition = Condition.CLEAR
    at: Mapping[Condition, Seconds] = field(default_factory=dict)

    def waits(self, condition: Condition, now: Seconds) -> bool:
        """Whether this condition, which is another than the one that is told, is to be told later."""
        if self.told is Condition.CLEAR or Condition.LOST in (self.told, condition):
            return False
        last = self.at.get(condition)
        return last is not None and now - last < APART

    def tell(self, condition: Condition, now: Seconds) -> Self:
        """After it has been told."""
        return type(self)(condition, {**self.at, condition: now})
