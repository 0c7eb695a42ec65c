"""How much there is to be seen in a picture, and on the average of many. Pure."""

import math
from dataclasses import dataclass

from agent.camera.values import Look
from agent.units import Seconds

_WHITE_NOISE = 20.0
"""Its sharpness is so many times its variance: the sum of the squares of the Laplacian's weights. Structure has 2 at
most."""
_NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Structure:
    """How much there is to be seen in a picture.

    Attributes:
        brightness: Mean of the grey values.
        contrast: Their standard deviation, as far as it is not noise.
        sharpness: Variance of the Laplacian.
        learnt: For how long it has been averaged.
    """

    brightness: float
    contrast: float
    sharpness: float
    learnt: Seconds = _NO_TIME

    @property
    def detail(self) -> float:
        """Sharpness in relation to the contrast's square: the same for a scene in more or in less light."""
        return self.sharpness / (self.contrast**2 + 1)

    @property
    def contrast_in_light(self) -> float:
        """Contrast in relation to the brightness, likewise."""
        return self.contrast / (self.brightness + 1)


def structure(look: Look) -> Structure:
    """What a look shows. Noise is found in the sharpness, where it outweighs the structure."""
    contrast = math.sqrt(max(0.0, look.contrast**2 - look.sharpness / _WHITE_NOISE))
    return Structure(look.brightness, contrast, look.sharpness)


def learnt(known: Structure | None, seen: Structure, lasted: Seconds, memory: Seconds) -> Structure:
    """A mean at first, and a sliding one once there is as much as the memory holds."""
    if known is None:
        return seen
    so_far = Seconds(min(known.learnt + lasted, memory))
    share = lasted / so_far if so_far > 0 else 1.0
    return Structure(
        known.brightness + share * (seen.brightness - known.brightness),
        known.contrast + share * (seen.contrast - known.contrast),
        known.sharpness + share * (seen.sharpness - known.sharpness),
        so_far,
    )
