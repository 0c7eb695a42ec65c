"""Whether a frame is exactly the one before: a live sensor's never is."""

import numpy as np

from agent.camera.looking.scaled import Scaled


def is_repeated(one: Scaled, other: Scaled) -> bool:
    """Whether two frames are the same in every pixel; the small ones first, which mostly say no."""
    return np.array_equal(one.grey, other.grey) and np.array_equal(one.full, other.full)
