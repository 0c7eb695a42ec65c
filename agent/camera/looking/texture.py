"""Whether something new is in a part of the picture, or only other light on what was there.

Light multiplies what it falls on: the grain of a wall stays where it is. What steps before the wall hides it. So the
fine structure (the picture less itself out of focus) of the part is correlated with that of the background.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_FINE = 2.0
"""Pixels (standard deviation) out of focus."""
_SAME = 0.6
"""With so much correlation it is the same surface. One without grain correlates with nothing, and counts as new."""


def fine(grey: Floats) -> Floats:
    """The fine structure of a picture: (height, width)."""
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), _FINE), np.float32)


def is_same_surface(seen: Floats, usual: Floats, where: NDArray[np.bool_]) -> bool:
    """Whether two fine structures are of the same surface.

    Args:
        seen: Of the picture: (height, width).
        usual: Of the background, likewise.
        where: The part, likewise.
    """
    one, other = seen[where], usual[where]
    power = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return power > 0 and float((one * other).sum()) > _SAME * power
