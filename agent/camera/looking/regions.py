"""Rectangles around what moves."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.looking.scaled import Pixels
from agent.camera.values import Box

MOST_REGIONS = 8
_LEAST_SHARE = 0.0003
"""Of the picture: at 320x180 pixels 17, a person at the far end of a yard. What is smaller is a leaf or noise."""
_GAP_SHARE = 0.02
"""Of the picture's width: parts of one thing are seldom further apart (a head, a coat and shoes)."""

_MARGIN = 0.25

_Edges = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels; the last two are outside."""


def find_regions(
    solid: Pixels, counts: Callable[[NDArray[np.bool_]], bool] = lambda _where: True
) -> tuple[int, tuple[Box, ...]]:
    """How many pixels move, but for specks, and where: largest first, `MOST_REGIONS` at most.

    Args:
        solid: (height, width), 0 where nothing moves.
        counts: Whether a part does: (height, width).
    """
    height, width = solid.shape
    gap = max(1, round(_GAP_SHARE * width))
    near = np.ones((gap, gap), np.uint8)
    count, labels = cv2.connectedComponents(np.asarray(cv2.dilate(solid, near), np.uint8))
    sizes = np.bincount(labels[solid > 0], minlength=count)
    least = max(1.0, _LEAST_SHARE * height * width)
    large = [(labels == number) & (solid > 0) for number in range(1, count) if sizes[number] >= least]
    kept = [where for where in large if counts(where)]
    boxes = [_box(edges, width, height) for edges in _merged([_edges(where) for where in kept])]
    boxes.sort(key=lambda box: box.area, reverse=True)
    return sum(int(np.count_nonzero(where)) for where in kept), tuple(boxes[:MOST_REGIONS])


def around(boxes: Sequence[Box]) -> Box:
    """The rectangle around some, and a quarter more at each side, as far as the picture goes.

    Args:
        boxes: One or more.
    """
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    wide, high = (right - left) * _MARGIN, (bottom - top) * _MARGIN
    left, top = max(0.0, left - wide), max(0.0, top - high)
    return Box(left, top, min(1.0, right + wide) - left, min(1.0, bottom + high) - top)


def _edges(where: NDArray[np.bool_]) -> _Edges:
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _merged(boxes: list[_Edges]) -> list[_Edges]:
    """Rectangles none of which overlap: those that do are one."""
    apart: list[_Edges] = []
    for box in boxes:
        whole = box
        while over := [other for other in apart if _overlap(whole, other)]:
            apart = [other for other in apart if other not in over]
            lefts, tops, rights, bottoms = zip(whole, *over, strict=True)
            whole = min(lefts), min(tops), max(rights), max(bottoms)
        apart.append(whole)
    return apart


def _overlap(one: _Edges, other: _Edges) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _box(edges: _Edges, width: int, height: int) -> Box:
    left, top, right, bottom = edges
    return Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
