"""What the owner of the cameras is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.camera.first_looks import FirstLooks
from agent.camera.observing import Observer
from agent.camera.values import CameraName, Picture
from agent.camera.watch import Watch
from agent.units import Bytes


class Runs(Protocol):
    """Something that runs until it is cancelled, and ends its processes then."""

    async def run(self) -> None:
        """Until cancelled."""
        ...


class Closes(Protocol):
    """Something that is let go of."""

    def close(self) -> None:
        """Let go."""
        ...


class Eye(Runs, Protocol):
    """Who makes pictures: the looking process."""

    async def picture(self, camera: CameraName, *, most_bytes: Bytes) -> Picture:
        """The latest picture; raises `NoPictureError`."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a camera owner is made of.

    Attributes:
        watches: What is concluded of each camera.
        observers: Who tells what it saw.
        captures: Who reads its frames.
        eye: Who looks at the frames of all.
        frames: The memory that frames are in.
        first_looks: Who waits for the first look at each.
    """

    watches: Mapping[CameraName, Watch]
    observers: Mapping[CameraName, Observer]
    captures: Mapping[CameraName, Runs]
    eye: Eye
    frames: Sequence[Closes]
    first_looks: FirstLooks
