"""Both layouts of the YOLO family mean the same things."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.camera.looking.detector_output import MOST_DETECTIONS, Letterbox, interpret, is_understood
from agent.camera.values import Detection
from agent.units import Ratio

LABELS = ("person", "dog")
LEAST = (Ratio(0.5), Ratio(0.7))
PLACED = Letterbox(scale=0.5, left=0, top=140, width=1280, height=720)
"""1280x720 in 640x640."""

Row = tuple[float, float, float, float, float, float]
"""Middle, width and height in pixels of the input; how likely a person, how likely a dog."""


def v8(*rows: Row) -> NDArray[np.float32]:
    return np.asarray(rows, np.float32).reshape(-1, 6).T[None]


def v5(*rows: Row) -> NDArray[np.float32]:
    values = np.asarray(rows, np.float32).reshape(-1, 6)
    return np.concatenate([values[:, :4], np.full((len(values), 1), 1.0, np.float32), values[:, 4:]], axis=1)[None]


def found(output: NDArray[np.float32]) -> list[Detection]:
    return interpret(output, LABELS, LEAST, PLACED)


@pytest.mark.parametrize("layout", [v5, v8])
def test_a_box_is_in_shares_of_the_frame(layout: Callable[[Row], NDArray[np.float32]]) -> None:
    (detection,) = found(layout((320, 320, 64, 180, 0.9, 0.1)))
    box = detection.box
    assert detection.label == "person"
    assert detection.confidence == pytest.approx(0.9)
    assert (box.x, box.y, box.width, box.height) == pytest.approx((0.45, 0.25, 0.1, 0.5))


def test_every_class_has_its_own_least_confidence() -> None:
    detections = found(v8((100, 300, 20, 20, 0.55, 0), (200, 300, 20, 20, 0, 0.65), (300, 300, 20, 20, 0, 0.75)))
    assert [(each.label, round(each.confidence, 2)) for each in detections] == [("dog", 0.75), ("person", 0.55)]


def test_v5_is_as_sure_of_a_class_as_of_there_being_anything() -> None:
    output = v5((320, 320, 64, 64, 0.9, 0.0))
    output[0, 0, 4] = 0.5
    assert found(output) == []


def test_one_thing_is_found_once_and_two_classes_may_be_at_one_place() -> None:
    near = [(300 + shift, 300, 80, 80, 0.6 + shift / 100, 0) for shift in range(5)]
    detections = found(v8(*near, (300, 300, 80, 80, 0, 0.8), (500, 300, 80, 80, 0.95, 0)))
    assert [(each.label, round(each.confidence, 2)) for each in detections] == [
        ("person", 0.95), ("dog", 0.8), ("person", 0.64)
    ]  # fmt: skip


def test_a_box_ends_at_the_frame_s_edge_and_outside_there_is_none() -> None:
    (detection,) = found(v8((0, 320, 64, 64, 0.9, 0), (320, 60, 40, 40, 0.9, 0)))
    assert (detection.box.x, detection.box.width) == pytest.approx((0.0, 0.05))


def test_there_is_a_most() -> None:
    rows = [(10 + 40 * (each % 15), 150 + 40 * (each // 15), 20, 20, 0.6 + each / 1000, 0) for each in range(100)]
    detections = found(v8(*rows))
    assert len(detections) == MOST_DETECTIONS
    assert detections[0].confidence == pytest.approx(0.699)


@pytest.mark.parametrize(
    ("shape", "understood"),
    [
        ((1, 25200, 7), True),
        ((1, 6, 8400), True),
        ((1, 300, 6), False),
        ((1, 25200, 85), False),
        ((1, 84, 8400), False),
        ((2, 6, 8400), False),
        ((6, 8400), False),
        ((1, 255, 80, 80), False),
    ],
)
def test_which_shapes_are_understood_with_two_classes(shape: tuple[int, ...], understood: bool) -> None:  # noqa: FBT001
    assert is_understood(shape, 2) == understood


@settings(max_examples=50, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.tuples(*[st.floats(width=32)] * 6), max_size=4))
def test_whatever_a_network_gives_boxes_are_within_the_frame(rows: list[Row]) -> None:
    for detection in found(v8(*rows)):
        box = detection.box
        assert 0 <= box.x <= box.x + box.width <= 1.0001
        assert 0 <= box.y <= box.y + box.height <= 1.0001
        assert 0.5 <= detection.confidence <= 1
