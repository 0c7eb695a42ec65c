"""What makes a camera's life hard: wind, rain, headlights, somebody who turns the camera. Frame in, frame out."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from agent.demo.clip.backdrop import Pixels
from agent.demo.clip.lens import HEIGHT, WIDTH, pixels_per_m, project
from agent.demo.clip.story import Span, Truth
from agent.units import Seconds

Effect = Callable[[Pixels, Truth, int], Pixels]
"""Takes a frame, what is true of it, and its number."""

_TREE_Z_M = 11.5
_CROWN = project(7.6, _TREE_Z_M, 2.8)
_CROWN_PIXELS = round(1.6 * pixels_per_m(_TREE_Z_M))
_DROPS = 160


def wind(sway_pixels: float) -> Effect:
    """The tree's crown sways; the top goes farthest, gusts come and go."""
    top, left = max(0, round(_CROWN.y) - _CROWN_PIXELS), round(_CROWN.x) - _CROWN_PIXELS
    height, width = round(_CROWN.y) + _CROWN_PIXELS - top, min(WIDTH, left + 2 * _CROWN_PIXELS) - left
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    from_edge = np.minimum(np.minimum(columns, width - columns), rows) / 40
    bend = np.clip(from_edge, 0, 1) * np.clip((height - rows) / height * 1.4, 0, 1)

    def sway(picture: Pixels, now: Truth, _number: int) -> Pixels:
        gust = 0.6 + 0.4 * math.sin(0.9 * now.at)
        offset = sway_pixels * gust * math.sin(3.1 * now.at) + 0.3 * sway_pixels * math.sin(7.7 * now.at)
        part = picture[top : top + height, left : left + width]
        moved = cv2.remap(
            part, columns + np.float32(offset) * bend, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        picture[top : top + height, left : left + width] = moved
        return picture

    return sway


def rain(seed: int) -> Effect:
    """Streaks, elsewhere in each frame."""

    def fall(picture: Pixels, _now: Truth, number: int) -> Pixels:
        chance = np.random.default_rng((seed, number))
        streaks = picture.copy()
        for x, y, length in chance.uniform((0, -40, 14), (WIDTH, HEIGHT, 46), (_DROPS, 3)):
            end = round(x + 0.12 * length), round(y + length)
            cv2.line(streaks, (round(x), round(y)), end, (205, 205, 200), 1, cv2.LINE_AA)
        return np.asarray(cv2.addWeighted(streaks, 0.45, picture, 0.55, 0), np.uint8)

    return fall


def headlights(*sweeps: Span) -> Effect:
    """Two cones of light that sweep over the house from the left to the right."""
    rows, columns = np.mgrid[0 : HEIGHT // 4, 0 : WIDTH // 4].astype(np.float32)

    def sweep(picture: Pixels, now: Truth, _number: int) -> Pixels:
        for span in sweeps:
            if span.holds(now.at):
                share = (now.at - span.begins) / (span.ends - span.begins)
                x, y = (-0.1 + 1.2 * share) * WIDTH / 4, 0.52 * HEIGHT / 4
                cones = sum(np.exp(-(((columns - x + far) / 26) ** 2 + ((rows - y) / 20) ** 2)) for far in (-22, 22))
                light = cv2.resize(np.asarray(np.minimum(150 * cones, 190), np.uint8), (WIDTH, HEIGHT))
                picture = np.asarray(cv2.add(picture, cv2.merge((light, light, light))), np.uint8)
        return picture

    return sweep


def turned(at: Seconds, by_pixels: int) -> Effect:
    """From a moment on the camera looks elsewhere."""

    def turn(picture: Pixels, now: Truth, _number: int) -> Pixels:
        return np.roll(picture, -by_pixels, axis=1) if now.at >= at else picture

    return turn
