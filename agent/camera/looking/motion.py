"""Where something moves: a background model (MOG2: Zivkovic 2004) that knows noise, swaying, shadows and light.

A pixel is compared with what it usually looks like, which may be several things in turn, as under a tree. When the
light fades, all pixels change by the same factor, which is taken back before they are compared. When it changes at
once, the model begins anew with that picture, and nothing is said to have moved. Light that falls on a part of the
picture leaves its texture as it was: such a part does not count.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.looking.regions import find_regions
from agent.camera.looking.scaled import Pixels, grey_of
from agent.camera.looking.texture import fine, is_same_surface
from agent.camera.values import Box
from agent.units import Seconds

Floats = NDArray[np.float32]

_LEARNS_IN = Seconds(60.0)
"""Time constant of the model. What stays where it stopped is background after about a tenth of it."""
_FIRST_RATE = 0.1
"""A model that has just begun learns faster: with its nth picture by 1 / (n + 1 / this), until that is slower."""
_VARIANCE_THRESHOLD = 20.0
"""Squared distance, in variances, beyond which a pixel is not what it was."""
_MOST_GAIN = 1.6
"""Light that changed by a larger factor since the model began is not taken back: noise would change with it."""
_LEAST_GREY = 16
"""Pixels below tell nothing about the light."""
_TOO_MUCH = 0.6
"""Nothing that moves fills so much of the picture without that the light changes."""
_JUMP = 0.15
"""Nor does it grow by so much of the picture from one look to the next, but for a truck that passes close by: so it is
taken for light only once in `_JUMPS_APART`."""
_JUMPS_APART = Seconds(1.0)
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
        self._usual: Floats | None = None
        self._at = self._jumped_at = Seconds(-math.inf)
        self._seen = 0
        self._share = 0.0

    def measure(self, small: Pixels, at: Seconds) -> Moved:
        """What is in this picture and not in the background; nothing in the first picture.

        Args:
            small: (height, width, 3), of the model's size.
            at: When the frame was read, on the boot clock.
        """
        gains = self._gains(small)
        if self._usual is None or not ((gains < _MOST_GAIN) & (gains > 1 / _MOST_GAIN)).all():
            return self._begin(small, at)
        level = _divided(small, gains)
        self._seen += 1
        rate = max(1.0 - math.exp(-max(0.0, at - self._at) / _LEARNS_IN), 1.0 / (self._seen + 1.0 / _FIRST_RATE))
        mask = np.asarray(self._model.apply(level, learningRate=rate), np.uint8)
        cv2.accumulateWeighted(_sampled(level), self._usual, rate)
        mask[~self._counts] = 0
        solid = np.asarray(cv2.morphologyEx((mask == _FOREGROUND).astype(np.uint8), cv2.MORPH_OPEN, _GRAIN), np.uint8)
        moving, regions = find_regions(solid, self._hides(level, rate))
        moved = Moved(moving / self._counted, regions)
        jumped = moved.share - self._share > _JUMP and at - self._jumped_at > _JUMPS_APART
        if jumped or np.count_nonzero(mask) > _TOO_MUCH * self._counted:
            self._jumped_at = at if jumped else self._jumped_at
            return self._begin(small, at)
        self._at, self._share = at, moved.share
        return moved

    def _hides(self, level: Pixels, rate: float) -> Callable[[NDArray[np.bool_]], bool]:
        """Whether a part of this picture hides the background, and is not only lit otherwise; learns the background."""
        grey = grey_of(level).astype(np.float32)
        seen, usual = fine(grey), fine(self._surface)
        cv2.accumulateWeighted(grey, self._surface, rate)
        return lambda where: not is_same_surface(seen, usual, where)

    def _gains(self, small: Pixels) -> Floats:
        """By which factor each colour is brighter than usual, at the middle one of all pixels that count."""
        if self._usual is None:
            return np.ones(3, np.float32)
        seen, usual = _sampled(small), self._usual
        telling = (usual.min(axis=2) >= _LEAST_GREY) & self._counts[::_SAMPLED, ::_SAMPLED]
        if np.count_nonzero(telling) * 10 < telling.size:  # a night, a mask over nearly everything
            return np.ones(3, np.float32)
        return np.asarray(np.median(seen[telling] / usual[telling], axis=0), np.float32)

    def _begin(self, small: Pixels, at: Seconds) -> Moved:
        self._model.apply(small, learningRate=1.0)
        self._usual, self._at, self._seen, self._share = _sampled(small), at, 0, 0.0
        self._surface = grey_of(small).astype(np.float32)
        return NOTHING


def _sampled(picture: Pixels) -> Floats:
    return picture[::_SAMPLED, ::_SAMPLED].astype(np.float32)


def _divided(picture: Pixels, gains: Floats) -> Pixels:
    """The picture in the light of the model."""
    table = np.clip(np.arange(256, dtype=np.float32)[:, None] / gains + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)
