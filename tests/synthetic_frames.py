"""Frames that look like a camera's: a yard with texture, sensor noise that is never twice the same, things in it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.values import Box

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

WIDTH, HEIGHT = 640, 360
_ROOM = 160
"""Noise is cut from a larger sheet of it, at another place for each frame."""


class Yard:
    """A scene that does not change by itself.

    Args:
        noise: Standard deviation of the sensor's noise, in grey values.
        width: In pixels.
        height: Likewise.
    """

    def __init__(self, noise: float = 6.0, width: int = WIDTH, height: int = HEIGHT) -> None:
        self._random = np.random.default_rng(5)
        ground = cv2.resize(self._values(60, 200, height // 20, width // 20), (width, height))
        texture = cv2.resize(self._values(-25, 25, height // 4, width // 4), (width, height), interpolation=0)
        self.ground: Floats = np.asarray(cv2.GaussianBlur(ground, (0, 0), 10) + texture, np.float32)
        self._noise = self._random.normal(0, noise, (height + _ROOM, width + _ROOM, 3)).astype(np.float32)

    def frame(self, light: float | Floats = 1.0) -> Pixels:
        """The yard, under so much light, now."""
        return self.seen(self.ground * light)

    def seen(self, scene: Floats) -> Pixels:
        """What a sensor sees of a scene: (height, width, 3)."""
        top, left = self._random.integers(0, _ROOM, 2)
        noise = self._noise[top : top + scene.shape[0], left : left + scene.shape[1]]
        return np.asarray(cv2.add(scene, noise, dtype=cv2.CV_8U), np.uint8)

    def with_person(self, x: float, light: float = 1.0) -> tuple[Pixels, Box]:
        """Somebody stands with their left shoulder at `x`, a share of the width; and where that is."""
        height, width = self.ground.shape[:2]
        scene = self.ground.copy()
        left, top, wide, high = round(x * width), round(0.35 * height), round(0.07 * width), round(0.42 * height)
        cv2.rectangle(scene, (left, top + high // 6), (left + wide, top + high), (50, 60, 120), -1)
        cv2.circle(scene, (left + wide // 2, top + high // 12), high // 12, (150, 170, 200), -1)
        return self.seen(scene * np.float32(light)), Box(left / width, top / height, wide / width, high / height)

    def with_swaying_leaves(self, number: int) -> Pixels:
        """A tree in the wind, in the frame with this number."""
        scene = self.ground.copy()
        for leaf in range(12):
            x = 450 + leaf * 14 + round(7 * np.sin(number * 1.1 + leaf))
            angle = 10 * float(np.sin(number * 0.9 + leaf))
            cv2.ellipse(scene, (x, 100 + 10 * (leaf % 5)), (8, 30), angle, 0, 360, (30, 110, 40), -1)
        return self.seen(scene)

    def _values(self, low: int, high: int, rows: int, columns: int) -> Floats:
        return self._random.integers(low, high, (rows, columns, 3)).astype(np.float32)


def with_code(picture: Pixels, text: str, side: int, at: tuple[int, int]) -> Pixels:
    """A picture with a QR code held up.

    Args:
        picture: (height, width, 3).
        text: What the code says.
        side: Of the card, in pixels.
        at: Column and row of its corner.
    """
    code = cv2.copyMakeBorder(cv2.QRCodeEncoder.create().encode(text), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255.0,))
    card = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    held = picture.copy()
    held[at[1] : at[1] + side, at[0] : at[0] + side] = card[:, :, None]
    return held


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    common = max(0.0, wide) * max(0.0, high)
    return common / (one.area + other.area - common)
