"""Regions are followed over the looks."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.camera.movers import MOST, Track, follow, mover
from agent.camera.values import Box, Direction
from agent.units import Seconds

PERSON = Box(0.4, 0.4, 0.1, 0.3)


def followed(regions: Callable[[float], list[Box]], seconds: float, a_second: float = 5.0) -> tuple[Track, ...]:
    tracks: tuple[Track, ...] = ()
    for number in range(round(seconds * a_second)):
        after = number / a_second
        tracks = follow(tracks, regions(after), Seconds(after), Seconds(1 / a_second))
    return tracks


def grown(box: Box, factor: float) -> Box:
    x, y = box.centre
    width, height = box.width * factor, box.height * factor
    return Box(x - width / 2, y - height / 2, width, height)


@pytest.mark.parametrize("a_second", [1.0, 5.0, 15.0])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (lambda after: Box(0.1 + 0.12 * after, 0.4, 0.1, 0.3), Direction.RIGHT),
        (lambda after: Box(0.8 - 0.12 * after, 0.4, 0.1, 0.3), Direction.LEFT),
        (lambda after: grown(PERSON, 1.2**after), Direction.CLOSER),
        (lambda after: grown(PERSON, 0.8**after), Direction.AWAY),
        (lambda _: PERSON, None),
        (lambda after: Box(0.4, 0.1 + 0.05 * after, 0.1, 0.1), None),
    ],
)
def test_where_it_goes(path: Callable[[float], Box], expected: Direction | None, a_second: float) -> None:
    [track] = followed(lambda after: [path(after)], 4, a_second)
    assert mover(track, {}).direction is expected


def test_what_comes_in_at_the_edge_goes_along_and_does_not_come_closer() -> None:
    [track] = followed(lambda after: [Box(0.0, 0.4, 0.02 + 0.1 * after, 0.3)], 2)
    assert mover(track, {}).direction is Direction.RIGHT


def test_who_is_seen_in_parts_does_not_come_closer() -> None:
    """At night the head alone is brighter than the dark, then all of the person is."""

    def path(after: float) -> list[Box]:
        return [Box(0.1 + 0.06 * after, 0.4, 0.06, 0.13 if round(after * 5) % 12 < 6 else 0.3)]

    for seconds in range(2, 9):
        [track] = followed(path, seconds)
        assert mover(track, {}).direction is Direction.RIGHT


def test_who_comes_closer_more_than_aside_comes_closer() -> None:
    def path(after: float) -> list[Box]:
        return [Box(0.7 - 0.1 * after, 0.4, 0.06, 0.2 * 1.25**after)]

    [track] = followed(path, 4)
    assert mover(track, {}).direction is Direction.CLOSER


def test_a_direction_is_lost_again_when_it_stops() -> None:
    [track] = followed(lambda after: [Box(0.1 + 0.12 * min(after, 3), 0.4, 0.1, 0.3)], 6)
    assert mover(track, {}).direction is None


def test_two_are_kept_apart() -> None:
    tracks = followed(lambda after: [Box(0.1 + 0.1 * after, 0.1, 0.1, 0.2), Box(0.8 - 0.1 * after, 0.7, 0.1, 0.1)], 4)
    assert [track.direction for track in tracks] == [Direction.RIGHT, Direction.LEFT]
    assert [track.looks for track in tracks] == [20, 20]


def test_a_gap_is_bridged_and_an_end_is_not() -> None:
    def with_a_gap(after: float) -> list[Box]:
        return [] if 2 <= after < 2.9 else [PERSON]

    [track] = followed(with_a_gap, 4)
    assert track.since == 0.0
    assert followed(lambda after: [PERSON] if after < 1 else [], 4) == ()


def test_what_sways_has_not_travelled() -> None:
    [track] = followed(lambda after: [Box(0.4 + 0.06 * math.sin(5 * after), 0.4, 0.1, 0.3)], 10)
    assert not track.has_travelled
    [track] = followed(lambda after: [Box(0.4 + 0.06 * after, 0.4, 0.1, 0.3)], 4)
    assert track.has_travelled


def test_the_zone_is_the_first_that_holds_its_middle() -> None:
    [track] = followed(lambda _: [PERSON], 2)
    told = mover(track, {"gate": Box(0, 0, 0.3, 1), "door": Box(0.4, 0.4, 0.2, 0.5), "all": Box(0, 0, 1, 1)})
    assert told.zone == "door"
    assert told.size == pytest.approx(0.03)
    assert told.seconds == pytest.approx(1.8)
    assert mover(track, {"gate": Box(0, 0, 0.3, 1)}).zone is None


shares = st.sampled_from([0.0, 0.004, 0.1, 0.25, 0.3, 0.6, 0.95, 1.0])
boxes = st.builds(Box, shares, shares, shares, shares)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from([0.066, 0.2, 1.0, 7.0]), st.lists(boxes, max_size=8)), max_size=12))
def test_it_stays_small_and_no_region_is_in_two_tracks(seen: list[tuple[float, list[Box]]]) -> None:
    tracks: tuple[Track, ...] = ()
    at = 0.0
    for gap, regions in seen:
        at += gap
        tracks = follow(tracks, regions, Seconds(at), Seconds(gap))
        assert len(tracks) <= MOST
        now = [track.box for track in tracks if track.seen_at == at]
        assert all(now.count(box) <= regions.count(box) for box in now)
