"""Where a capture process puts its frames: scaled to what was asked for, not more often than they are wanted."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.capture.frame_size import check_size
from agent.camera.frames import FrameSlots
from agent.clock import Clock

_EARLY: Final = 0.75
"""Frames do not come evenly: one may come before its turn by a part of the interval, or every second would be lost."""


class Outlet:
    """Puts frames into the shared memory.

    Args:
        slots: The shared memory.
        width: Frames are scaled down to fit into it, in pixels; smaller ones stay as they are.
        height: Likewise.
        per_second: More than these are not passed on.
        clock: When frames came.
    """

    def __init__(self, slots: FrameSlots, width: int, height: int, *, per_second: float, clock: Clock) -> None:
        self._slots = slots
        self._width = width
        self._height = height
        self._interval = 1.0 / per_second
        self._clock = clock
        self._next_at = 0.0

    def wants(self) -> bool:
        """Whether a frame that came now would be passed on: if not, it need not be converted."""
        return self._clock.now() >= self._next_at

    def put(self, pixels: NDArray[np.uint8]) -> None:
        """Pass a frame on, if one is wanted.

        Args:
            pixels: Blue, green and red; shape (height, width, 3).

        Raises:
            SourceError: It is absurdly large.
        """
        if not self.wants():
            return
        at = self._clock.now()
        self._next_at = at + self._interval * _EARLY
        self._slots.write(self._scaled(pixels), at, self._clock.wall())

    def _scaled(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = pixels.shape[:2]
        check_size(width, height)
        share = min(self._width / width, self._height / height)
        if share < 1.0:
            size = (max(1, round(width * share)), max(1, round(height * share)))
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        return np.ascontiguousarray(pixels)
