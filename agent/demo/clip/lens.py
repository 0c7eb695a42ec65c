"""From metres before the camera to pixels. Pure."""

from dataclasses import dataclass

WIDTH, HEIGHT = 1280, 720

_FOCAL_PIXELS = 900.0
_HORIZON = 232.0
_CAMERA_HEIGHT_M = 2.6


@dataclass(frozen=True, slots=True)
class Point:
    """In pixels of the full picture; may lie outside of it."""

    x: float
    y: float

    @property
    def rounded(self) -> tuple[int, int]:
        """As drawing functions want it."""
        return round(self.x), round(self.y)


def project(x_m: float, z_m: float, up_m: float = 0.0) -> Point:
    """Where a point shows.

    Args:
        x_m: To the right of the camera's axis.
        z_m: Away from the camera, above 0.
        up_m: Above the ground.
    """
    scale = pixels_per_m(z_m)
    return Point(WIDTH / 2 + scale * x_m, _HORIZON + scale * (_CAMERA_HEIGHT_M - up_m))


def pixels_per_m(z_m: float) -> float:
    """How large a metre is at a distance."""
    return _FOCAL_PIXELS / z_m
