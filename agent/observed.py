"""What a prompt of a camera carries beside the question, until it is answered; and why an observation is not made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.units import UnixSeconds

_CODE: Final = "code"
MOST_UNSENT: Final = 16
"""So many answers of a camera wait for the broker at most; and as many of what it told without a model, where one does
not make the other old."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a camera saw when it asked. Plain text and numbers: the journal keeps it, and another version may read it.

    Attributes:
        camera: Which camera.
        trigger: Why it asked.
        taken_at: When, by the wall clock.
        facts: What was known of the scene, as the JSON text of `wire.camera.FactsPayload`.
    """

    camera: str
    trigger: str
    taken_at: UnixSeconds
    facts: str

    def makes_old(self, older: "Observed") -> bool:
        """Whether a prompt of it takes the place of an older one that waits.

        What a camera saw is worth less than what it sees now. What somebody asked by a code is not, and only another
        code takes its place.
        """
        return self.camera == older.camera and (self.trigger == _CODE) is (older.trigger == _CODE)


class Dropped(StrEnum):
    """Why an observation came to nothing."""

    REPLACED = "replaced"
    """A newer one of the same camera took its place before its turn, or before the broker had it."""
    OVER_BUDGET = "over_budget"
    """The power budget lets nothing run."""
    MEMORY = "memory"
    """There is no memory to run anything."""
    DRAINING = "draining"
    """The device starts no prompts."""
    QUEUE_FULL = "queue_full"
    """`queue.max_prompts` others wait."""
    STORAGE_FULL = "storage_full"
    """The journal has no room."""
