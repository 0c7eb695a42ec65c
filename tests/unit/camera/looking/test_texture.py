"""Light leaves a surface as it was; what steps before it does not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.camera.looking.scaled import Pixels, Scaled, grey_of
from agent.camera.looking.texture import fine, is_same_surface
from tests.synthetic_frames import Yard

WHERE = np.zeros((180, 320), np.bool_)
WHERE[40:140, 100:220] = True


def structure(frame: Pixels) -> NDArray[np.float32]:
    return fine(grey_of(Scaled.of(frame).small).astype(np.float32))


@pytest.mark.parametrize("light", [0.5, 0.8, 1.4])
def test_a_wall_in_other_light_is_the_same_surface(light: float) -> None:
    yard = Yard()
    assert is_same_surface(structure(yard.frame(light)), structure(yard.frame()), WHERE)


def test_something_before_the_wall_is_another_one() -> None:
    yard = Yard()
    even = yard.ground.copy()
    even[80:280, 200:440] = (60, 80, 100)
    for other in (yard.ground[:, ::-1].copy(), even):
        assert not is_same_surface(structure(yard.seen(other)), structure(yard.frame()), WHERE)


def test_surfaces_without_grain_count_as_others() -> None:
    blank = np.zeros((180, 320), np.float32)
    assert not is_same_surface(blank, blank, WHERE)
    yard = Yard()
    even = np.full_like(yard.ground, 120)
    assert not is_same_surface(structure(yard.seen(even)), structure(yard.seen(even)), WHERE)
