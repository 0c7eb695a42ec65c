"""A frame at the sizes that it is measured at, and rectangles on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.values import Box

Pixels = NDArray[np.uint8]

SHARP_WIDTH = 640
"""For sharpness and codes."""
SMALL_WIDTH = 320
"""For motion and change: a person at ten metres still has a few dozen pixels, and noise has averaged out."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A frame, smaller. What is narrower than a size stays as it is.

    Attributes:
        full: As it came: (height, width, 3), blue, green, red.
        grey: At `SHARP_WIDTH`: (height, width).
        small: At `SMALL_WIDTH`, a little blurred against noise: (height, width, 3).
    """

    full: Pixels
    grey: Pixels
    small: Pixels

    @classmethod
    def of(cls, full: Pixels) -> Self:
        """Scale a frame: (height, width, 3)."""
        middle = _at_most(full, SHARP_WIDTH)
        small = cv2.GaussianBlur(_at_most(middle, SMALL_WIDTH), (3, 3), 0)
        return cls(full, grey_of(middle), np.asarray(small, np.uint8))


def grey_of(picture: Pixels) -> Pixels:
    """The grey values of a picture: (height, width)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def for_codes(picture: Pixels) -> Pixels:
    """A part of a frame, at the size that codes are looked for in; a small part stays as it is."""
    return _at_most(picture, SHARP_WIDTH)


def unmasked(shape: Sequence[int], masks: Sequence[Box]) -> NDArray[np.bool_]:
    """Where something counts: (height, width).

    Args:
        shape: Of the picture: height, width.
        masks: Where nothing does.
    """
    counts = np.ones((shape[0], shape[1]), np.bool_)
    for mask in masks:
        counts[pixels_in(mask, shape)] = False
    return counts


def pixels_in(box: Box, shape: Sequence[int]) -> tuple[slice, slice]:
    """Rows and columns of a rectangle: every pixel that it touches.

    Args:
        box: In shares.
        shape: Of the picture: height, width.
    """
    height, width = shape[0], shape[1]
    bottom, right = np.ceil((box.y + box.height) * height), np.ceil((box.x + box.width) * width)
    return slice(int(box.y * height), int(bottom)), slice(int(box.x * width), int(right))


def _at_most(picture: Pixels, width: int) -> Pixels:
    if picture.shape[1] <= width:
        return picture
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
