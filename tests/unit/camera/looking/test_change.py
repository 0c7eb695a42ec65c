"""How unlike the scene has become."""

import numpy as np
import pytest

from agent.camera.looking.change import Reference
from agent.camera.looking.scaled import Pixels, Scaled, grey_of, unmasked
from agent.camera.values import Box
from agent.units import Seconds
from tests.synthetic_frames import Yard


def grey(frame: Pixels) -> Pixels:
    return grey_of(Scaled.of(frame).small)


def reference(*masks: Box) -> Reference:
    return Reference(unmasked((180, 320), masks))


def test_noise_changes_little_and_another_scene_much() -> None:
    yard, kept = Yard(noise=20.0), reference()
    assert kept.measure(grey(yard.frame()), Seconds(0)) == 0.0
    assert kept.measure(grey(yard.frame()), Seconds(1)) < 0.1
    assert kept.measure(grey(yard.frame()[:, ::-1]), Seconds(2)) > 0.4
    assert kept.measure(np.full((180, 320), 9, np.uint8), Seconds(3)) > 0.7


def test_somebody_in_the_picture_changes_as_much_as_they_cover() -> None:
    yard, kept = Yard(), reference()
    kept.measure(grey(yard.frame()), Seconds(0))
    frame, where = yard.with_person(0.5)
    assert kept.measure(grey(frame), Seconds(1)) == pytest.approx(where.area, rel=0.8)


def test_what_stays_is_no_change_after_some_minutes() -> None:
    yard, kept = Yard(), reference()
    kept.measure(grey(yard.frame()), Seconds(0))
    changes = [kept.measure(grey(yard.frame(0.6)), Seconds(at)) for at in range(1, 600, 20)]
    assert changes[0] > 0.1
    assert changes[-1] < 0.02


def test_masks_do_not_count() -> None:
    yard, kept = Yard(), reference(Box(0.4, 0.0, 0.3, 1.0))
    kept.measure(grey(yard.frame()), Seconds(0))
    assert kept.measure(grey(yard.with_person(0.5)[0]), Seconds(1)) < 0.02


def test_everything_may_be_masked() -> None:
    kept = reference(Box(0.0, 0.0, 1.0, 1.0))
    assert [kept.measure(grey(Yard().frame(light)), Seconds(at)) for at, light in enumerate((1, 0.5))] == [0.0, 0.0]
