"""Where something moves: a background model (MOG2: Zivkovic 2004) that knows noise, swaying, shadows and light.

A pixel is compared with what it usually looks like, which may be several things in turn, as under a tree. When the
light itself changes, most pixels become brighter or darker together; then the model begins anew with that picture, and
nothing is said to have moved.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.looking.regions import find_regions
from agent.camera.looking.scaled import Pixels, grey_of
from agent.camera.values import Box
from agent.units import Seconds

_LEARNS_IN = Seconds(60.0)
"""Time constant of the model. What stays where it stopped is background after about a tenth of it."""
_FIRST_RATE = 0.1
"""A model that has just begun learns faster: with its nth picture by 1 / (n + 1 / this), until that is slower."""
_VARIANCE_THRESHOLD = 20.0
"""Squared distance, in variances, beyond which a pixel is not what it was."""
_LIGHT_STEP = 6.0
"""Grey levels by which the middle pixel differs from the background when the light has changed."""
_TOO_MUCH = 0.6
"""Nothing that moves fills so much of the picture at once without that the light changes."""
_SHADOW = 0.6
"""A shadow leaves at least so much of the brightness, and the colour as it is."""
_FOREGROUND = 255
"""In the mask of MOG2; a shadow is 127."""
_SAMPLED = 4
"""The middle pixel is found among every fourth in each direction."""
_GRAIN = np.ones((3, 3), np.uint8)
"""What is smaller than this is noise."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What `Look` calls moved and regions."""

    share: float
    regions: tuple[Box, ...]


NOTHING = Moved(0.0, ())


class Motion:
    """The background of one camera.

    Args:
        counts: Where something counts: (height, width).
    """

    def __init__(self, counts: NDArray[np.bool_]) -> None:
        self._counts = counts
        self._counted = max(1, int(counts.sum()))
        self._model = cv2.createBackgroundSubtractorMOG2(varThreshold=_VARIANCE_THRESHOLD, detectShadows=True)
        self._model.setShadowThreshold(_SHADOW)
        self._usual: NDArray[np.float32] | None = None
        self._at = Seconds(0.0)
        self._seen = 0

    def measure(self, small: Pixels, at: Seconds) -> Moved:
        """What is in this picture and not in the background; nothing in the first picture.

        Args:
            small: (height, width, 3), of the model's size.
            at: When the frame was read, on the boot clock.
        """
        sampled = grey_of(small)[::_SAMPLED, ::_SAMPLED].astype(np.float32)
        if self._usual is None or self._is_other_light(sampled, self._usual):
            return self._begin(small, sampled, at)
        self._seen += 1
        rate = max(1.0 - math.exp(-max(0.0, at - self._at) / _LEARNS_IN), 1.0 / (self._seen + 1.0 / _FIRST_RATE))
        mask = np.asarray(self._model.apply(small, learningRate=rate), np.uint8)
        cv2.accumulateWeighted(sampled, self._usual, rate)
        self._at = at
        mask[~self._counts] = 0
        if np.count_nonzero(mask) > _TOO_MUCH * self._counted:
            return self._begin(small, sampled, at)
        solid = np.asarray(cv2.morphologyEx((mask == _FOREGROUND).astype(np.uint8), cv2.MORPH_OPEN, _GRAIN), np.uint8)
        moving, regions = find_regions(solid)
        return Moved(moving / self._counted, regions)

    def _is_other_light(self, sampled: NDArray[np.float32], usual: NDArray[np.float32]) -> bool:
        difference = (sampled - usual)[self._counts[::_SAMPLED, ::_SAMPLED]]
        return difference.size > 0 and abs(float(np.median(difference))) > _LIGHT_STEP

    def _begin(self, small: Pixels, sampled: NDArray[np.float32], at: Seconds) -> Moved:
        self._model.apply(small, learningRate=1.0)
        self._usual, self._at, self._seen = sampled, at, 0
        return NOTHING
