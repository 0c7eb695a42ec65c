"""What is true of a story's moments."""

import pytest

from agent.camera.values import Direction
from agent.demo.clip.story import Actor, Held, Kind, Level, Span, Story, Waypoint, truth
from agent.demo.clip.yard import YARD
from agent.units import Seconds


def path(*points: tuple[float, float, float]) -> tuple[Waypoint, ...]:
    """Seconds, metres to the right, metres away."""
    return tuple(Waypoint(Seconds(at), x_m, z_m) for at, x_m, z_m in points)


def span(begins: float, ends: float) -> Span:
    return Span(Seconds(begins), Seconds(ends))


WALKER = Actor(Kind.PERSON, 0, path((1.0, -4.0, 8.0), (5.0, 0.0, 8.0), (7.0, 0.0, 8.0), (9.0, 3.0, 12.0)))


def story(**changes: object) -> Story:
    return Story(lasts=Seconds(20.0), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "x_m", "z_m", "walked_m", "direction"),
    [
        (1.0, -4.0, 8.0, 0.0, Direction.RIGHT),
        (3.0, -2.0, 8.0, 2.0, Direction.RIGHT),
        (6.0, 0.0, 8.0, 4.0, None),
        (8.0, 1.5, 10.0, 6.5, Direction.AWAY),
    ],
)
def test_where_somebody_is(at: float, x_m: float, z_m: float, walked_m: float, direction: Direction | None) -> None:
    (pose,) = truth(story(actors=(WALKER,)), Seconds(at)).poses
    assert (pose.x_m, pose.z_m, pose.walked_m) == pytest.approx((x_m, z_m, walked_m))
    assert pose.direction is direction


@pytest.mark.parametrize("at", [0.0, 0.99, 9.0, 15.0])
def test_nobody_is_there_before_and_after(at: float) -> None:
    assert truth(story(actors=(WALKER,)), Seconds(at)).poses == ()


@pytest.mark.parametrize(
    ("x_m", "z_m", "direction"),
    [
        (3.0, 8.0, Direction.RIGHT),
        (-3.0, 8.0, Direction.LEFT),
        (0.0, 4.0, Direction.CLOSER),
        (1.0, 12.0, Direction.AWAY),
    ],
)
def test_where_it_goes_as_the_camera_sees_it(x_m: float, z_m: float, direction: Direction) -> None:
    (pose,) = truth(story(actors=(Actor(Kind.DOG, 0, path((0, 0.0, 8.0), (2, x_m, z_m))),)), Seconds(1.0)).poses
    assert pose.direction is direction


def test_who_is_farther_away_is_drawn_first() -> None:
    near, far = (Actor(Kind.PERSON, 0, path((0, 0.0, z_m), (9, 1.0, z_m))) for z_m in (4.0, 9.0))
    assert [pose.z_m for pose in truth(story(actors=(near, far)), Seconds(1.0)).poses] == [9.0, 4.0]


def test_a_code_is_held_up_for_its_time_only() -> None:
    holder = Actor(Kind.PERSON, 0, path((0.0, 0.0, 3.0), (10.0, 0.1, 3.0)), Held("B-2041", span(4.0, 6.0)))
    told = [truth(story(actors=(holder,)), Seconds(at)).codes for at in (3.9, 4.0, 5.9, 6.0)]
    assert told == [(), ("B-2041",), ("B-2041",), ()]


def test_light_goes_from_level_to_level() -> None:
    sky = (Level(Seconds(2.0), 1.0), Level(Seconds(4.0), 0.5))
    assert [truth(story(sky=sky), Seconds(at)).sky for at in (0.0, 3.0, 9.0)] == [1.0, 0.75, 0.5]


def test_a_cover_comes_and_goes_within_half_a_second() -> None:
    covers = [truth(story(covered=(span(2.0, 8.0),)), Seconds(at)).cover for at in (1.9, 2.25, 2.5, 5.0, 7.75, 8.0)]
    assert covers == pytest.approx([0.0, 0.5, 1.0, 1.0, 0.5, 0.0])


def test_the_yard_ends_as_it_begins() -> None:
    first, last = truth(YARD, Seconds(0.0)), truth(YARD, Seconds(YARD.lasts - 0.01))
    assert (first.poses, first.sky, first.lamp, first.door, first.cover) == ((), last.sky, last.lamp, last.door, 0.0)
    assert (last.poses, last.cover) == ((), 0.0)
