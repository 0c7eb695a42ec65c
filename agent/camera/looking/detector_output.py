"""What the output of a detector of the YOLO family means.

Two layouts, by whose exports they are: YOLOv5 gives (1, candidates, 5 + classes), each row a box, how likely it is
anything, and how likely each class then is; YOLOv8 and 11 give (1, 4 + classes, candidates), a box and the classes
alone. A box is its middle, width and height in pixels of the network's input.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.camera.values import Box, Detection
from agent.units import Ratio

Floats = NDArray[np.float32]

MOST_DETECTIONS = 50
_MOST_CANDIDATES = 1000
"""The most confident ones; a usual network gives 8,400 or 25,200."""
_FAR = 1e6
"""Pixels of the input. A box with such an edge is none."""
_OVERLAP = 0.45
"""Of two boxes of one class with more in common than this (intersection over union), the less confident one goes."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a frame was put into the network's input: scaled, then in the middle of grey.

    Attributes:
        scale: Pixels of the input for one of the frame.
        left: Grey at the left, in pixels of the input.
        top: Grey at the top, likewise.
        width: Of the frame, in its own pixels.
        height: Likewise.
    """

    scale: float
    left: float
    top: float
    width: int
    height: int


def is_understood(shape: Sequence[int], classes: int) -> bool:
    """Whether an output of this shape is one of the two layouts."""
    return len(shape) == 3 and shape[0] == 1 and (shape[2] == 5 + classes or shape[1] == 4 + classes)  # noqa: PLR2004


def interpret(output: Floats, labels: Sequence[str], least: Sequence[Ratio], placed: Letterbox) -> list[Detection]:
    """What was detected, most confident first, `MOST_DETECTIONS` at most.

    Args:
        output: Of the network, in a shape that `is_understood`.
        labels: The names of the classes.
        least: The least confidence for each.
        placed: Where the frame was in the input.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # whatever the numbers are: what is none is not sure
        boxes, scores = _split(output[0], len(labels))
        kinds = scores.argmax(axis=1)
        confidences = scores[np.arange(len(scores)), kinds]
        sure = (confidences >= np.asarray(least, np.float32)[kinds]) & np.isfinite(confidences)
        sure &= (np.abs(boxes) < _FAR).all(axis=1)
    best = np.flatnonzero(sure)
    best = best[np.argsort(-confidences[best], kind="stable")][:_MOST_CANDIDATES]
    corners = _corners(boxes[best], placed)
    kept = _without_doubles(corners, confidences[best], kinds[best])
    return [_detection(labels[kinds[best[each]]], confidences[best[each]], corners[each]) for each in kept]


def _split(rows: Floats, classes: int) -> tuple[Floats, Floats]:
    """Boxes (candidates, 4) and how likely each class is (candidates, classes)."""
    if rows.shape[0] == 4 + classes:
        return rows[:4].T, rows[4:].T
    return rows[:, :4], rows[:, 4:5] * rows[:, 5:]


def _corners(boxes: Floats, placed: Letterbox) -> Floats:
    """Left, top, right, bottom as shares of the frame: (candidates, 4)."""
    middles = (boxes[:, :2] - (placed.left, placed.top)) / placed.scale
    halves = np.abs(boxes[:, 2:]) / placed.scale / 2
    corners = np.concatenate([middles - halves, middles + halves], axis=1) / np.tile((placed.width, placed.height), 2)
    return np.asarray(np.clip(corners, 0.0, 1.0), np.float32)


def _without_doubles(corners: Floats, confidences: Floats, kinds: NDArray[np.intp]) -> list[int]:
    """Which remain; a box outside the frame does not."""
    inside = np.flatnonzero((corners[:, 2:] > corners[:, :2]).all(axis=1))
    if not inside.size:
        return []
    rectangles = np.concatenate([corners[inside, :2], corners[inside, 2:] - corners[inside, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        rectangles.tolist(), confidences[inside].tolist(), kinds[inside].tolist(), 0.0, _OVERLAP
    )
    return sorted((int(inside[each]) for each in kept), key=lambda each: -float(confidences[each]))[:MOST_DETECTIONS]


def _detection(label: str, confidence: float, corners: Floats) -> Detection:
    left, top, right, bottom = (float(edge) for edge in corners)
    return Detection(label, min(1.0, float(confidence)), Box(left, top, right - left, bottom - top))
