"""Looks at one camera: takes its latest frame and has it measured."""

import math
from collections.abc import Sequence

from agent.camera.frames import Frame, FrameSlots
from agent.camera.looking import picture
from agent.camera.looking.change import Reference
from agent.camera.looking.codes import CodeReader
from agent.camera.looking.detecting import Detecting
from agent.camera.looking.light import measure_light
from agent.camera.looking.motion import Motion, Moved
from agent.camera.looking.plan import LookPlan
from agent.camera.looking.regions import around
from agent.camera.looking.repeated import is_repeated
from agent.camera.looking.scaled import Pixels, Scaled, for_codes, grey_of, pixels_in, unmasked
from agent.camera.values import Box, CameraName, Code, Detection, Look, Picture
from agent.units import Bytes, Seconds

_CODES_AFTER_MOTION = Seconds(3.0)
"""For so long after something moved, codes are looked for where it did: somebody has to hold them up."""
_CODES_EVERY_MOVING = Seconds(0.3)
_CODES_EVERY = Seconds(2.0)
"""When nothing moves, the whole picture is read. What is always there is found all the same."""
_WHOLE_EVERY = 4
"""Of pictures without a code in them, every so manieth is read again at the frame's full size."""


class Eye:
    """Looks at one camera.

    Args:
        camera: Its name.
        slots: Where its frames are. Owned: closed with this.
        plan: What is to be done with them.
        detecting: The detectors of all cameras.
    """

    def __init__(self, camera: CameraName, slots: FrameSlots, plan: LookPlan, detecting: Detecting) -> None:
        self._camera = camera
        self._slots = slots
        self._detecting = detecting
        self._number = 0
        self._before: Scaled | None = None
        self._codes_at = Seconds(-math.inf)
        self._moving: list[tuple[Seconds, Box]] = []
        self._without_codes = 0
        self._plan = plan
        self._codes = CodeReader(plan.code_kinds)
        self._size = (0, 0)

    @property
    def has_news(self) -> bool:
        """Whether there is a frame that was not looked at."""
        return self._slots.header().number > self._number

    def look(self) -> Look | None:
        """Measure the latest frame; None: it is the one that was measured last.

        Raises:
            cv2.error: OpenCV cannot work with this frame.
        """
        frame = self._slots.latest(self._number)
        if frame is None:
            return None
        self._number = frame.number
        scaled = Scaled.of(frame.pixels)
        self._fit(scaled.small.shape)
        light = measure_light(scaled.grey)
        moved = self._motion.measure(scaled.small, frame.at)
        changed = self._reference.measure(grey_of(scaled.small), frame.at)
        repeated = self._before is not None and is_repeated(scaled, self._before)
        self._before = scaled
        return Look(
            camera=self._camera,
            number=frame.number,
            at=frame.at,
            at_wall=frame.at_wall,
            width=frame.pixels.shape[1],
            height=frame.pixels.shape[0],
            brightness=light.brightness,
            contrast=light.contrast,
            sharpness=light.sharpness,
            moved=moved.share,
            regions=moved.regions,
            changed=changed,
            repeated=repeated,
            codes=self._read_codes(scaled, frame.at, moved),
            detections=self._detect(frame),
        )

    def take_picture(self, most_bytes: Bytes) -> Picture | str:
        """The latest frame as a picture; in words why there is none."""
        frame = self._slots.latest()
        if frame is None:
            return f"camera {self._camera} has given no frame yet"
        taken = picture.encode(frame.pixels, self._camera, frame.at_wall, most_bytes)
        return f"no picture of camera {self._camera} fits in {most_bytes} bytes" if taken is None else taken

    def close(self) -> None:
        """Give back the frames' memory, as far as this process has it."""
        self._slots.close()

    def _fit(self, shape: Sequence[int]) -> None:
        """Begin anew when frames have another size than before."""
        if self._size != (shape[0], shape[1]):
            self._size = shape[0], shape[1]
            counts = unmasked(shape, self._plan.masks)
            self._motion, self._reference = Motion(counts), Reference(counts)

    def _read_codes(self, scaled: Scaled, at: Seconds, moved: Moved) -> tuple[Code, ...] | None:
        moving = [*self._moving, *((at, box) for box in moved.regions)]
        self._moving = [(then, box) for then, box in moving if at - then <= _CODES_AFTER_MOTION]
        every = _CODES_EVERY_MOVING if self._moving else _CODES_EVERY
        if not self._plan.code_kinds or at - self._codes_at < every:
            return None
        self._codes_at = at
        whole = _covered(grey_of(scaled.full), self._plan.masks)
        if self._moving:
            whole = whole[pixels_in(around([box for _, box in self._moving]), whole.shape)]
        found = self._codes.read(for_codes(whole), thoroughly=False)
        self._without_codes = 0 if found else self._without_codes + 1
        if self._without_codes == _WHOLE_EVERY:
            self._without_codes = 0
            found = self._codes.read(whole, thoroughly=not self._moving)
        return found

    def _detect(self, frame: Frame) -> tuple[Detection, ...] | None:
        if self._plan.detector is None:
            return None
        found = self._detecting.detect(self._camera, self._plan.detector, frame.pixels)
        if found is None:
            return None
        return tuple(each for each in found if not any(_holds(mask, each.box) for mask in self._plan.masks))


def _covered(grey: Pixels, masks: Sequence[Box]) -> Pixels:
    """The picture with its masks black."""
    if not masks:
        return grey
    covered = grey.copy()
    for mask in masks:
        covered[pixels_in(mask, grey.shape)] = 0
    return covered


def _holds(mask: Box, box: Box) -> bool:
    x, y = box.centre
    return mask.x <= x <= mask.x + mask.width and mask.y <= y <= mask.y + mask.height
