"""What is seen, as values. Coordinates are shares of the picture's width and height, from its upper left corner."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from agent.units import Seconds, UnixSeconds

CameraName = NewType("CameraName", str)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; all four in 0..1."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def area(self) -> float:
        """Its share of the picture."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was read: its kind (`qr`, or a barcode's: `ean_13`) and its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Detection:
    """Something that a detector recognised."""

    label: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured on one frame. No conclusions.

    Attributes:
        camera: Whose frame.
        number: The frame's number, rising; frames between two looks were skipped.
        at: When it was read, on the boot clock.
        at_wall: The same moment by the wall clock.
        width: Of the frame as captured, in pixels.
        height: Likewise.
        brightness: Mean of the grey values, 0 to 255.
        contrast: Their standard deviation.
        sharpness: Variance of the Laplacian of the picture at 640 pixels of width.
        moved: The share of the unmasked picture that is foreground to the background model.
        regions: Where, largest first, eight at most.
        changed: How unlike the picture is to the last one that was kept for comparison, 0..1 (1 - SSIM at 320 pixels).
        repeated: Whether its pixels are exactly those of the frame looked at before: a live sensor's never are.
        codes: None: not looked for in this frame.
        detections: None: not looked for in this frame.
    """

    camera: CameraName
    number: int
    at: Seconds
    at_wall: UnixSeconds
    width: int
    height: int
    brightness: float
    contrast: float
    sharpness: float
    moved: float
    regions: tuple[Box, ...]
    changed: float
    repeated: bool = False
    codes: tuple[Code, ...] | None = None
    detections: tuple[Detection, ...] | None = None


class Condition(StrEnum):
    """What is wrong with a camera's picture, as an operator would say it."""

    CLEAR = "clear"
    COVERED = "covered"
    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    LOST = "lost"
    """No frames: the capture process is being started anew, or waits for its device."""


class Trigger(StrEnum):
    """Why an observation was made."""

    EVERY = "every"
    MOTION = "motion"
    SCENE_CHANGE = "scene_change"
    CODE = "code"
    CLASS = "class"
    ON_DEMAND = "on_demand"
    CONDITION = "condition"
    """The picture's condition changed: told without a prompt."""


class Direction(StrEnum):
    """Where something moves, as seen by the camera."""

    LEFT = "left"
    RIGHT = "right"
    CLOSER = "closer"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Mover:
    """Something that moves, followed over several looks.

    Attributes:
        zone: The zone that its centre is in; None: in none.
        direction: None: not known yet, or it stays where it is.
        size: The share of the picture that its box takes.
        seconds: For how long it has been followed.
    """

    zone: str | None
    direction: Direction | None
    size: float
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a camera's scene at one moment: what goes into a prompt and into an observation.

    Attributes:
        camera: Which.
        taken_at: When, by the wall clock.
        condition: Of the picture.
        light: `dark`, `dim` or `bright`, by brightness with hysteresis; None: no look yet.
        movers: What moves, largest first; empty: nothing.
        still: For how long nothing has moved; 0 while something does. None: not known yet, just after the start.
        counts: How many of each label the detector saw; None: there is none, or it has not seen enough of late to say.
        codes: Read in the last seconds.
        width: Of the picture in pixels.
        height: Likewise.
    """

    camera: CameraName
    taken_at: UnixSeconds
    condition: Condition
    light: str | None
    movers: tuple[Mover, ...]
    still: Seconds | None
    counts: Mapping[str, int] | None
    codes: tuple[Code, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture.

    Attributes:
        jpeg: The bytes, with time and camera in their EXIF.
        at_wall: When the frame was read.
        width: In pixels.
        height: Likewise.
    """

    jpeg: bytes
    at_wall: UnixSeconds
    width: int
    height: int
