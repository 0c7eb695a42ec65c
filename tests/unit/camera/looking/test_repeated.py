"""A frozen stream repeats itself to the bit; a still scene does not."""

import numpy as np

from agent.camera.looking.repeated import is_repeated
from agent.camera.looking.scaled import Scaled
from tests.synthetic_frames import Yard


def test_the_same_frame_again_is_repeated_and_a_still_scene_is_not() -> None:
    yard = Yard(noise=1.0)
    frame = yard.frame()
    assert is_repeated(Scaled.of(frame), Scaled.of(frame.copy()))
    assert not is_repeated(Scaled.of(frame), Scaled.of(yard.frame()))


def test_one_pixel_that_the_small_picture_does_not_show_is_a_difference() -> None:
    frame = np.full((720, 1280, 3), 100, np.uint8)
    other = frame.copy()
    other[300, 300, 0] = 101
    assert np.array_equal(Scaled.of(frame).grey, Scaled.of(other).grey)
    assert not is_repeated(Scaled.of(frame), Scaled.of(other))


def test_another_size_is_a_difference() -> None:
    black = np.zeros((90, 160, 3), np.uint8)
    assert not is_repeated(Scaled.of(black), Scaled.of(np.zeros((80, 160, 3), np.uint8)))
