"""What an operator should know of the looking at cameras."""

from dataclasses import dataclass

from agent.camera.looking.pipe import DetectorRefused, LookFailed, Rate
from agent.camera.values import CameraName
from agent.units import Seconds


@dataclass(frozen=True, slots=True)
class LookingLost:
    """The looking process ended, or was killed because it hung; another one is started.

    Told once until one has been sound.
    """

    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """This camera's frames ended the looking process, and did so again: it is not looked at for now. Told once.

    Attributes:
        camera: Which.
        why: How the process ended.
        out_for: When it is tried again; each time it fails, it takes longer until the next.
    """

    camera: CameraName
    why: str
    out_for: Seconds


@dataclass(frozen=True, slots=True)
class LooksShed:
    """A camera is looked at less often than configured, for want of time. Told when it begins, and not often."""

    camera: CameraName
    rate: Rate


Trouble = LookingLost | LeftOut | LooksShed | DetectorRefused | LookFailed
