"""Codes and counts, over the gaps of single frames."""

import pytest

from agent.camera.sightings import MOST_CODES, Counted, ReadCode, count, counts, read
from agent.camera.values import Box, Code, Detection
from agent.units import Seconds

BOX = Box(0.4, 0.4, 0.1, 0.3)
ONE, OTHER = Code("qr", "one"), Code("qr", "other")


def seen(*people: int, every: float = 0.2) -> dict[str, int]:
    """What is counted when so many were detected, look after look."""
    looks: tuple[Counted, ...] = ()
    for number, detected in enumerate(people):
        looks = count(looks, [Detection("person", 0.9, BOX)] * detected, Seconds(number * every))
    return counts(looks)


@pytest.mark.parametrize("every", [0.2, 1.0, 10.0])
@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([], 0),
        ([1], 0),
        ([1, 1], 1),
        ([0, 0, 1, 0, 0], 0),
        ([1, 1, 0], 1),
        ([1, 1, 1, 0, 1], 1),
        ([2, 2, 1, 2], 2),
        ([1, 1, 2, 1], 1),
        ([2, 2, 2, *[1] * 12], 1),
        ([1, 1, 1, *[0] * 12], 0),
    ],
)
def test_a_count_holds_that_two_looks_saw(people: list[int], expected: int, every: float) -> None:
    assert seen(*people, every=every) == ({"person": expected} if expected else {})


def test_counts_stay_few() -> None:
    looks: tuple[Counted, ...] = ()
    for number in range(200):
        detections = [Detection(f"label {label}", 0.9, BOX) for label in range(100)]
        looks = count(looks, detections, Seconds(number / 30))
    assert len(looks) == 16
    assert len(counts(looks)) == 32


def test_a_code_is_forgotten_ten_seconds_after_it_was_read() -> None:
    codes = read((), [ONE], Seconds(0.0))
    codes = read(codes, [OTHER], Seconds(5.0))
    codes = read(codes, [], Seconds(9.9))
    assert [each.code for each in codes] == [OTHER, ONE]
    assert [each.code for each in read(codes, [], Seconds(10.0))] == [OTHER]
    assert read(codes, [ONE], Seconds(15.0)) == (ReadCode(ONE, Seconds(15.0)),)


def test_codes_stay_few() -> None:
    codes: tuple[ReadCode, ...] = ()
    for number in range(100):
        codes = read(codes, [Code("qr", f"{number} {each}") for each in range(5)], Seconds(number / 30))
    assert len(codes) == MOST_CODES
    assert codes[0].code.text == "99 0"
