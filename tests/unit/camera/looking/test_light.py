"""Brightness, contrast and sharpness tell a good picture from a covered, black or blurred one."""

import cv2
import numpy as np

from agent.camera.looking.light import measure_light
from agent.camera.looking.scaled import Pixels, Scaled
from tests.synthetic_frames import Yard


def scaled(frame: Pixels) -> Pixels:
    return Scaled.of(frame).grey


def test_a_covered_lens_has_neither_light_nor_contrast() -> None:
    yard = Yard()
    seen, covered = measure_light(scaled(yard.frame())), measure_light(scaled(yard.seen(np.full_like(yard.ground, 3))))
    assert seen.brightness > 80
    assert seen.contrast > 10
    assert covered.brightness < 10
    assert covered.contrast < 5


def test_an_even_grey_is_exact() -> None:
    light = measure_light(np.full((36, 64), 77, np.uint8))
    assert (light.brightness, light.contrast, light.sharpness) == (77.0, 0.0, 0.0)


def test_out_of_focus_is_less_sharp() -> None:
    yard = Yard(noise=2.0)
    sharp = measure_light(scaled(yard.frame())).sharpness
    blurred = measure_light(scaled(yard.seen(np.asarray(cv2.GaussianBlur(yard.ground, (0, 0), 6), np.float32))))
    assert blurred.sharpness < sharp / 5
