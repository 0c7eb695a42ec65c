"""What moves is found where it is; noise, wind, light and a covered lens do not move."""

import numpy as np
import pytest

from agent.camera.looking.motion import Motion, Moved
from agent.camera.looking.scaled import Scaled, unmasked
from agent.camera.values import Box
from agent.units import Seconds
from tests.synthetic_frames import Pixels, Yard, overlap

LEAST_MOTION = 0.004
"""The default of `least_motion`."""
PERIOD = 0.2


class Watching:
    """Looks at frames five times a second."""

    def __init__(self, *masks: Box) -> None:
        self._masks = masks
        self._motion: Motion | None = None
        self._number = 0

    def see(self, frame: Pixels) -> Moved:
        small = Scaled.of(frame).small
        if self._motion is None:
            self._motion = Motion(unmasked(small.shape, self._masks))
        self._number += 1
        return self._motion.measure(small, Seconds(self._number * PERIOD))


@pytest.mark.parametrize(("noise", "light", "looks"), [(6.0, 1.0, 600), (20.0, 0.3, 200)])
def test_noise_does_not_move(noise: float, light: float, looks: int) -> None:
    yard, watching = Yard(noise), Watching()
    shares = [watching.see(yard.frame(light)).share for _ in range(looks)]
    assert max(shares) < LEAST_MOTION / 10
    assert np.mean(shares) < 1e-5


def test_a_person_is_found_where_they_walk() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    for step in range(30):
        frame, where = yard.with_person(0.05 + 0.03 * step)
        moved = watching.see(frame)
        assert moved.share > LEAST_MOTION, step
        assert overlap(moved.regions[0], where) > 0.4, step
        assert len(moved.regions) == 1, step


def test_a_person_who_left_is_gone() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    for step in range(10):
        watching.see(yard.with_person(0.05 + 0.05 * step)[0])
    for _ in range(3):
        watching.see(yard.frame())
    assert watching.see(yard.frame()).share < LEAST_MOTION


def test_what_stays_where_it_stopped_becomes_background() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    parked = [watching.see(yard.with_person(0.4)[0]).share for _ in range(100)]
    assert parked[0] > LEAST_MOTION
    assert parked[-1] == 0.0


def test_leaves_in_the_wind_are_learnt() -> None:
    yard, watching = Yard(), Watching()
    shares = [watching.see(yard.with_swaying_leaves(number)).share for number in range(150)]
    assert np.mean(np.array(shares[50:]) > LEAST_MOTION) < 0.05


@pytest.mark.parametrize("light", [0.4, 0.7, 1.3])
def test_sudden_light_does_not_move_and_what_moves_after_it_does(light: float) -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    assert all(watching.see(yard.frame(light)).share < LEAST_MOTION / 10 for _ in range(20))
    for _ in range(20):
        watching.see(yard.frame())
    frame, where = yard.with_person(0.5)
    assert overlap(watching.see(frame).regions[0], where) > 0.4


def test_light_that_rises_over_a_second_does_not_move() -> None:
    yard, watching = Yard(), Watching()
    lights = [0.5] * 20 + [0.6, 0.7, 0.8, 0.9] + [1.0] * 10
    assert max(watching.see(yard.frame(light)).share for light in lights) < LEAST_MOTION / 10


def test_somebody_is_found_while_the_light_fades() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    for step in range(30):
        frame, where = yard.with_person(0.05 + 0.03 * step, light=1.0 - 0.012 * step)
        moved = watching.see(frame)
        assert moved.share < 2 * where.area, step
        assert overlap(moved.regions[0], where) > 0.4, step


def test_a_lamp_that_lights_a_third_of_the_picture_does_not_move() -> None:
    yard, watching = Yard(), Watching()
    lamp = np.full((*yard.ground.shape[:2], 1), 0.6, np.float32)
    for _ in range(20):
        watching.see(yard.frame(lamp))
    lamp[100:, :250] = 1.0
    assert all(watching.see(yard.frame(lamp)).share < LEAST_MOTION / 10 for _ in range(20))


def test_something_large_that_passes_is_seen_one_look_later() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    shares = []
    for step in range(4):
        scene = yard.ground.copy()
        scene[60:300, 130 * step : 130 * step + 180] = (40, 90, 30)
        shares.append(watching.see(yard.seen(scene)).share)
    assert shares[0] == 0.0
    assert min(shares[1:]) > LEAST_MOTION


def test_a_shadow_is_not_what_moves() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    for step in range(20):
        shade = np.ones((*yard.ground.shape[:2], 1), np.float32)
        shade[200:280, 50 + 20 * step : 130 + 20 * step] = 0.75
        assert watching.see(yard.frame(shade)).share < LEAST_MOTION, step


def test_a_hand_over_the_lens_does_not_move() -> None:
    yard, watching = Yard(), Watching()
    for _ in range(20):
        watching.see(yard.frame())
    covered = np.full_like(yard.ground, 10)
    frames = [*(yard.seen(covered) for _ in range(10)), *(yard.frame() for _ in range(10))]
    assert max(watching.see(frame).share for frame in frames) < LEAST_MOTION / 10


def test_what_moves_in_a_mask_does_not_count() -> None:
    yard, watching = Yard(), Watching(Box(0.0, 0.0, 0.5, 1.0))
    for _ in range(20):
        watching.see(yard.frame())
    assert watching.see(yard.with_person(0.2)[0]) == Moved(0.0, ())
    inside = watching.see(yard.with_person(0.7)[0])
    frame, _ = yard.with_person(0.7)
    whole = Watching()
    for _ in range(20):
        whole.see(yard.frame())
    assert inside.share == pytest.approx(2 * whole.see(frame).share, rel=0.2)  # of the half that counts


def test_everything_may_be_masked() -> None:
    yard, watching = Yard(), Watching(Box(0.0, 0.0, 1.0, 1.0))
    assert [watching.see(yard.frame(light)) for light in (1.0, 0.5, 1.0)] == [Moved(0.0, ())] * 3
