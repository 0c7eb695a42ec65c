"""Codes and counts, over the gaps of single frames."""

import pytest

from agent.camera.sightings import MOST_CODES, Counted, ReadCode, count, counts, read
from agent.camera.values import Box, Code, Detection
from agent.units import Seconds

BOX = Box(0.4, 0.4, 0.1, 0.3)
ONE, OTHER = Code("qr", "one"), Code("qr", "other")


def seen(*people: int, every: float = 0.2, later: float = 0.0) -> dict[str, int] | None:
    """What is counted when so many were detected, look after look, and so long after the last."""
    looks: tuple[Counted, ...] = ()
    for number, detected in enumerate(people):
        looks = count(looks, [Detection("person", 0.9, BOX)] * detected, Seconds(number * every))
    return counts(looks, Seconds((len(people) - 1) * every + later))


@pytest.mark.parametrize("every", [0.2, 1.0, 10.0])
@pytest.mark.parametrize(
    ("people", "expected"),
    [
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


@pytest.mark.parametrize("people", [[], [1], [0]])
def test_of_fewer_than_two_looks_nothing_is_known(people: list[int]) -> None:
    assert seen(*people) is None


@pytest.mark.parametrize(("every", "holds_for"), [(0.2, 10.0), (1.0, 10.0), (16.0, 48.0), (120.0, 360.0)])
def test_a_detector_that_sees_no_more_says_nothing_of_now(every: float, holds_for: float) -> None:
    assert seen(1, 1, 1, every=every, later=holds_for - 0.1) == {"person": 1}
    assert seen(1, 1, 1, every=every, later=holds_for + 0.1) is None


def test_after_a_gap_what_was_before_it_does_not_count() -> None:
    looks: tuple[Counted, ...] = ()
    for at in (0.0, 1.0, 2.0, 62.0):
        looks = count(looks, [Detection("person", 0.9, BOX)] * (at < 60), Seconds(at))
    assert counts(looks, Seconds(62.0)) is None
    looks = count(looks, [], Seconds(63.0))
    assert counts(looks, Seconds(63.0)) == {}
    assert counts(looks, Seconds(74.0)) is None


def test_counts_stay_few() -> None:
    looks: tuple[Counted, ...] = ()
    for number in range(200):
        detections = [Detection(f"label {label}", 0.9, BOX) for label in range(100)]
        looks = count(looks, detections, Seconds(number / 30))
    assert len(looks) == 16
    assert len(counts(looks, looks[0].at) or {}) == 32


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
