"""How unlike a picture is to one that was kept: 1 - SSIM (Wang, Bovik, Sheikh, Simoncelli 2004, with its constants)."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.looking.scaled import Pixels
from agent.units import Seconds

Floats = NDArray[np.float32]

_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2
_WINDOW = (11, 11)
_SIGMA = 1.5
_FOLLOWS_IN = Seconds(120.0)
"""The reference goes towards what is seen with this time constant, so that the course of the day is no change."""


class Reference:
    """What a camera's pictures are compared with.

    Args:
        counts: Where something counts: (height, width).
    """

    def __init__(self, counts: NDArray[np.bool_]) -> None:
        self._counts = counts
        self._kept: Floats | None = None
        self._at = Seconds(0.0)

    def measure(self, grey: Pixels, at: Seconds) -> float:
        """How unlike, 0..1; 0 for the first picture.

        Args:
            grey: (height, width), of the reference's size.
            at: When the frame was read, on the boot clock.
        """
        seen = grey.astype(np.float32)
        if self._kept is None:
            self._kept, self._at = seen, at
            return 0.0
        similarity = _ssim(seen, self._kept)[self._counts]
        share = 1.0 - math.exp(-max(0.0, at - self._at) / _FOLLOWS_IN)
        cv2.accumulateWeighted(seen, self._kept, share)
        self._at = at
        return float(np.clip(1.0 - similarity.mean(), 0.0, 1.0)) if similarity.size else 0.0


def _ssim(one: Floats, other: Floats) -> Floats:
    """The index at each pixel."""
    mean_one, mean_other = _blurred(one), _blurred(other)
    both, squares = mean_one * mean_other, mean_one**2 + mean_other**2
    variances = _blurred(one * one + other * other) - squares
    covariance = _blurred(one * other) - both
    index = (2 * both + _C1) * (2 * covariance + _C2) / ((squares + _C1) * (variances + _C2))
    return np.asarray(index, np.float32)


def _blurred(values: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, _WINDOW, _SIGMA), np.float32)
