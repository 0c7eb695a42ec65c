"""The configuration's `cameras` section: keys, defaults and what they mean."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ByteSize, Field, model_validator

from agent.camera.capture.source import source_of
from agent.config_values import Duration, Period, Section, Size, TimeOfDay, TopicLevel
from agent.units import Seconds

When = Annotated[str, Field(pattern="^(always|motion|scene_change|code|class|on_demand)$")]
MostPerHour = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
_MAX_PIXELS = 4096


def _size(text: str) -> str:
    width, times, height = text.partition("x")
    if not (times and width.isdigit() and height.isdigit()):
        raise ValueError("a size is width and height in pixels: 1280x720")
    if not (16 <= int(width) <= _MAX_PIXELS and 16 <= int(height) <= _MAX_PIXELS):  # noqa: PLR2004 - said in words
        raise ValueError(f"width and height are between 16 and {_MAX_PIXELS} pixels")
    return text


def _source(text: str) -> str:
    source_of(text)
    return text


PixelSize = Annotated[str, AfterValidator(_size)]


class Rectangle(Section):
    """A part of the picture, in shares of its width and height from the upper left corner."""

    x: Share
    """Its left edge."""
    y: Share
    """Its upper edge."""
    width: Annotated[float, Field(gt=0, le=1)]
    """Its width."""
    height: Annotated[float, Field(gt=0, le=1)]
    """Its height."""

    @model_validator(mode="after")
    def _within_the_picture(self) -> Self:
        for beyond, end in (("x and width", self.x + self.width), ("y and height", self.y + self.height)):
            if end > 1:
                raise ValueError(f"{beyond} make {end:g}, and the picture ends at 1")
        return self


class QuietSpan(Section):
    """A span of the day in which a camera makes no prompts; it may go over midnight."""

    begins: TimeOfDay = Field(alias="from")
    """Its begin, in local time."""
    ends: TimeOfDay = Field(alias="to")
    """Its end."""


class DetectedClass(Section):
    """One class of a detector."""

    confidence: Share
    """The least confidence with which it counts."""


class Detector(Section):
    """An ONNX file of the YOLO family that says what is in the picture."""

    model: Path
    """The file."""
    labels: tuple[str, ...]
    """The names of its classes, in its order."""
    confidence: Share = 0.5
    """The least confidence for a class that has none of its own."""
    classes: dict[str, DetectedClass] = Field(default_factory=dict)
    """What is said of single classes, by their names. When there are any, `when: class` fires for these alone."""


class Camera(Section):
    """A camera; `<name>` is what topics and prompts call it: docs/cameras.md."""

    source: Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_source)]
    """`/dev/video0`, `rtsp://...`, `http://...` (MJPEG, or a JPEG that is fetched again and again), `csi://0`, a video
    file, a folder of pictures, or `gst:` with a pipeline that ends in raw video."""
    password_file: Path | None = None
    """File with the password that goes with the user in the source's URL."""
    loop: bool = True
    """Whether a file or a folder begins again at its end."""
    size: PixelSize | None = None
    """Width and height that frames are asked for, and scaled to where the source gives others. Default: the source's
    own, and 1280x720 at most."""
    looks: Annotated[float, Field(gt=0, le=30)] = 5.0
    """How many frames a second are looked at."""
    stall_timeout: Annotated[Duration, Field(ge=1)] = Seconds(5.0)
    """Without a frame for so long the camera is lost, and opened anew."""
    when: Annotated[tuple[When, ...], Field(min_length=1)] = ("motion",)
    """What makes an observation. `always`: every `every`. `code`: a QR code held up is a prompt."""
    every: Period = Seconds(10.0)
    """The least time between two observations of the same kind."""
    prompt: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    """What the model is asked, with `{facts}` where the facts go; without it they go before. Left out: observations
    carry the facts and no text, and no model runs."""
    system: str | None = None
    """System message."""
    model: str | None = None
    """Which model answers: one on this machine, or upstream. Default: whichever is loaded."""
    max_tokens: Annotated[int, Field(ge=1)] = 64
    """The most tokens of an answer."""
    priority: Annotated[int, Field(ge=-100, le=100)] = -10
    """Of its prompts. A person's have 0."""
    timeout: Duration = Seconds(30.0)
    """After so long an answer is worth nothing."""
    most_per_hour: MostPerHour = 360
    """More observations than this in an hour are not made; for codes at most a quarter, where `when` has more."""
    quiet: tuple[QuietSpan, ...] = ()
    """When no prompts are made. Only what is wrong with the picture is still told."""
    least_motion: Annotated[float, Field(gt=0, le=1)] = 0.004
    """The share of the picture that has to move."""
    zones: dict[TopicLevel, Rectangle] = Field(default_factory=dict)
    """Parts of the picture with a name; when there are any, motion counts in them only."""
    masks: tuple[Rectangle, ...] = ()
    """Parts of the picture in which nothing counts."""
    code_kinds: tuple[Annotated[str, Field(pattern="^(qr|barcode)$")], ...] = ("qr",)
    """Which codes are read."""
    detector: Detector | None = None
    """What recognises things. Default: nothing does; OpenCV brings no detector that is good enough."""
    snapshot: Annotated[str, Field(pattern="^(never|always)$")] = "never"
    """Whether each observation comes with its picture on `R/camera/<name>/snapshot`."""
    snapshot_max: Annotated[Size, Field(ge=8 * 1024, le=16 * 1024 * 1024)] = ByteSize(256 * 1024)
    """The most bytes of such a picture."""
    ring: Size = ByteSize(16 * 1024 * 1024)
    """Disk space for the pictures of the latest observations; 0B: none are kept."""

    @model_validator(mode="after")
    def _class_needs_a_detector(self) -> Self:
        if "class" in self.when and self.detector is None:
            raise ValueError("when: class needs a detector")
        return self
