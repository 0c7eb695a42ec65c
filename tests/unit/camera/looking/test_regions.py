"""Rectangles around what moves: few, merged, largest first."""

import numpy as np

from agent.camera.looking.regions import MOST_REGIONS, around, find_regions
from agent.camera.looking.scaled import Pixels
from agent.camera.values import Box


def solid(*rectangles: tuple[int, int, int, int]) -> Pixels:
    """A mask of 320x180 pixels in which these move: left, top, width, height."""
    mask = np.zeros((180, 320), np.uint8)
    for left, top, width, height in rectangles:
        mask[top : top + height, left : left + width] = 1
    return mask


def test_a_rectangle_is_in_shares() -> None:
    assert find_regions(solid((32, 90, 64, 45))) == (64 * 45, (Box(0.1, 0.5, 0.2, 0.25),))


def test_nothing_moves() -> None:
    assert find_regions(solid()) == (0, ())


def test_specks_do_not_count() -> None:
    assert find_regions(solid((10, 10, 3, 3), (200, 50, 3, 4))) == (0, ())


def test_a_head_above_its_coat_is_one_person() -> None:
    count, regions = find_regions(solid((100, 40, 10, 10), (95, 53, 20, 60)))
    assert regions == (Box(95 / 320, 40 / 180, 20 / 320, 73 / 180),)
    assert count == 100 + 1200


def test_rectangles_that_overlap_are_one() -> None:
    """An L, and what lies in its corner."""
    _, regions = find_regions(solid((50, 50, 5, 80), (50, 125, 80, 5), (90, 70, 15, 15)))
    assert regions == (Box(50 / 320, 50 / 180, 80 / 320, 80 / 180),)


def test_the_largest_come_first_and_no_more_than_eight() -> None:
    _, regions = find_regions(solid(*((5 + 30 * number, 20, 5 + number, 10) for number in range(10))))
    assert len(regions) == MOST_REGIONS
    assert [round(box.width * 320) for box in regions] == [14, 13, 12, 11, 10, 9, 8, 7]


def test_around_some_is_a_quarter_more_within_the_picture() -> None:
    assert around([Box(0.25, 0.5, 0.25, 0.25), Box(0.5, 0.625, 0.25, 0.25)]) == Box(0.125, 0.40625, 0.75, 0.5625)
    assert around([Box(0.0, 0.75, 0.5, 0.25)]) == Box(0.0, 0.6875, 0.625, 0.3125)
