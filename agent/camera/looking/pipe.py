"""What the agent and the looking process say to each other. `children/pipe.py` puts it on their socket."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NewType

from agent.camera.looking.plan import LookPlan
from agent.camera.values import CameraName, Look, Picture
from agent.children.pipe import ChildPipe
from agent.units import Bytes

PictureId = NewType("PictureId", int)


@dataclass(frozen=True, slots=True)
class Watched:
    """A camera to look at.

    Attributes:
        slots: The descriptor of its `FrameSlots`, inherited.
        plan: What is to be done with its frames.
    """

    slots: int
    plan: LookPlan


@dataclass(frozen=True, slots=True)
class Begin:
    """To the looking process, once and first.

    Attributes:
        cameras: All of them.
        left_out: Those not to be touched until a `LookAgain`.
    """

    cameras: Mapping[CameraName, Watched]
    left_out: Collection[CameraName] = ()


@dataclass(frozen=True, slots=True)
class LookAgain:
    """To the looking process: look at this one too, which was left out."""

    camera: CameraName


@dataclass(frozen=True, slots=True)
class TakePicture:
    """To the looking process: encode a camera's latest frame.

    Attributes:
        id: Comes back with the picture.
        camera: Whose.
        most_bytes: The most bytes of the JPEG.
    """

    id: PictureId
    camera: CameraName
    most_bytes: Bytes


@dataclass(frozen=True, slots=True)
class Touches:
    """To the agent: a frame of this camera is worked on now. When the process ends before it says more, that is why."""

    camera: CameraName


@dataclass(frozen=True, slots=True)
class Taken:
    """To the agent: the answer to a `TakePicture`.

    Attributes:
        id: Its own.
        picture: The picture; in words why there is none.
    """

    id: PictureId
    picture: Picture | str


@dataclass(frozen=True, slots=True)
class Rate:
    """How many frames of a camera were looked at in a second, and how many should have been but were not.

    What was not there to be looked at is in neither.
    """

    looked: float
    shed: float


@dataclass(frozen=True, slots=True)
class Rates:
    """To the agent, every few seconds: the latest rates. Also the sign that the process does not hang."""

    of: Mapping[CameraName, Rate]


@dataclass(frozen=True, slots=True)
class DetectorRefused:
    """To the agent: a camera's detector cannot be used, and why. What it sees is measured all the same."""

    camera: CameraName
    why: str


@dataclass(frozen=True, slots=True)
class LookFailed:
    """To the agent: a frame of this camera could not be measured, and why."""

    camera: CameraName
    why: str


ToLooking = Begin | LookAgain | TakePicture
ToAgent = Touches | Look | Taken | Rates | DetectorRefused | LookFailed
LookingPipe = ChildPipe[ToAgent]
"""The looking process's end."""
