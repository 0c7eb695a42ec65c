"""The frames of a story, one by one: what is there, then the light, the hand on the lens, the sensor's noise."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.demo.clip.backdrop import Pixels, draw_backdrop, draw_door, lamp_light
from agent.demo.clip.figures import draw_figure, draw_shadow
from agent.demo.clip.lens import HEIGHT, WIDTH
from agent.demo.clip.story import Story, Truth, truth
from agent.units import Hertz, Seconds

_DAY = np.array((1.0, 1.0, 1.0), np.float32)
_NIGHT = np.array((0.30, 0.20, 0.14), np.float32)
"""What is left of blue, green and red without the sky's light."""
_LAMP = np.array((0.34, 0.58, 0.72), np.float32)
_GAIN_ONE = 200
_COARSE = 4
"""Light is smooth: it is worked out on so many times fewer rows and columns."""
_SHADOW = 0.45
_HAND = (20, 24, 46)
"""The flesh before a lens, with a little light behind it."""
_NOISES = 4
_SLACK = 200
"""Pixels by which a field of noise is larger than a frame, so that there are many frames in it."""
_SOFT = 9


class Clip:
    """Draws any moment of a story. The same seed and moment give the same frame.

    Args:
        story: What happens.
        seed: Of textures and noise.
    """

    def __init__(self, story: Story, seed: int = 1) -> None:
        self._story = story
        self._seed = seed
        self._backdrop = draw_backdrop(seed)
        self._lamp = cv2.resize(lamp_light(), (WIDTH // _COARSE, HEIGHT // _COARSE))
        self._noises = _sensor_noises(story.noise, seed)
        self._light: tuple[float, bool] | None = None
        self._gains: Pixels = np.full((HEIGHT, WIDTH, 3), _GAIN_ONE, np.uint8)
        draw_door(self._backdrop, 0.0)

    def frames(self, per_second: Hertz) -> Iterator[tuple[Pixels, Truth]]:
        """All frames with what is true of each."""
        for number in range(round(self._story.lasts * per_second)):
            now = truth(self._story, Seconds(number / per_second))
            yield self.draw(now, number), now

    def draw(self, now: Truth, number: int) -> Pixels:
        """One frame.

        Args:
            now: What is true.
            number: The frame's: chooses its noise.
        """
        return self.sense(self.see(now), number)

    def see(self, now: Truth) -> Pixels:
        """What comes through the lens."""
        if now.cover >= 1:
            return np.full((HEIGHT, WIDTH, 3), _HAND, np.uint8)
        picture = self._backdrop.copy()
        if now.door > 0:
            draw_door(picture, now.door)
        if now.poses:
            self._draw_shadows(picture, now)
            for pose in now.poses:
                draw_figure(picture, pose)
        picture = self._lit(picture, now)
        return _covered(picture, now.cover) if now.cover > 0 else picture

    def sense(self, picture: Pixels, number: int) -> Pixels:
        """What the sensor makes of it: noise is added, another for each frame's number."""
        if not self._noises:
            return picture
        chance = np.random.default_rng((self._seed, number))
        noise = self._noises[int(chance.integers(len(self._noises)))]
        top, left = (int(each) for each in chance.integers(_SLACK, size=2))
        part = noise[top : top + HEIGHT, left : left + WIDTH]
        return np.asarray(cv2.add(picture, part, dtype=cv2.CV_8U), np.uint8)

    def _draw_shadows(self, picture: Pixels, now: Truth) -> None:
        mask = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        for pose in now.poses:
            draw_shadow(mask, pose)
        strength = _SHADOW * min(1.0, now.sky + 0.25)
        rows = np.flatnonzero(mask[:, :, 0].min(axis=1) < 255)  # noqa: PLR2004 - white
        if rows.size:
            part = slice(max(rows[0] - _SOFT, 0), rows[-1] + _SOFT)
            soft = cv2.blur(mask[part], (_SOFT, _SOFT))
            darkened = cv2.convertScaleAbs(soft, alpha=strength, beta=255 * (1 - strength))
            picture[part] = cv2.multiply(picture[part], darkened, scale=1 / 255)

    def _lit(self, picture: Pixels, now: Truth) -> Pixels:
        light = (round(now.sky, 2), now.lamp)
        if light != self._light:
            self._light = light
            sky = _NIGHT + (_DAY - _NIGHT) * np.float32(light[0])
            lamp = self._lamp[..., None] * (_LAMP * np.float32(1.0 - 0.6 * light[0])) if light[1] else np.float32(0)
            gains = np.broadcast_to(np.minimum(sky + lamp, 1.15) * _GAIN_ONE, (*self._lamp.shape, 3)).astype(np.uint8)
            self._gains = np.asarray(cv2.resize(gains, (WIDTH, HEIGHT)), np.uint8)
        if light == (1.0, False):
            return picture
        return np.asarray(cv2.multiply(picture, self._gains, scale=1 / _GAIN_ONE), np.uint8)


def _sensor_noises(deviation: float, seed: int) -> list[NDArray[np.int8]]:
    """Some fields of noise, larger than a frame: each frame gets a part of one."""
    if deviation <= 0:
        return []
    chance = np.random.default_rng(seed)
    fields = []
    for _ in range(_NOISES):
        field = chance.standard_normal((HEIGHT + _SLACK, WIDTH + _SLACK, 3), np.float32) * np.float32(deviation)
        fields.append(np.clip(field, -127, 127).round().astype(np.int8))
    return fields


def _covered(picture: Pixels, cover: float) -> Pixels:
    """A hand that comes from below, out of focus; the rest is in its shadow."""
    edge = round(HEIGHT * (1.15 - 1.3 * cover))
    mask = np.zeros((HEIGHT // 8, WIDTH // 8), np.uint8)
    for finger, (x, ahead) in enumerate(((0.12, 0.10), (0.34, 0.0), (0.56, 0.01), (0.78, 0.07))):
        top = round((edge + ahead * HEIGHT) / 8)
        left, right = round(x * WIDTH / 8) - 14, round((x + 0.2) * WIDTH / 8) - 12
        cv2.rectangle(mask, (left, top), (right, HEIGHT), 255 - finger, -1)
        cv2.circle(mask, ((left + right) // 2, top), (right - left) // 2, 255, -1)
    mask[max(0, min(round((edge + 0.28 * HEIGHT) / 8), HEIGHT // 8)) :] = 255
    soft = cv2.resize(cv2.GaussianBlur(mask, (0, 0), 5), (WIDTH, HEIGHT))[..., None].astype(np.float32) / 255
    rest = picture.astype(np.float32) * (1 - 0.55 * cover)
    return (rest * (1 - soft) + np.array(_HAND, np.float32) * soft).astype(np.uint8)
