"""What of all that moves counts."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from agent.camera.motion import Motion, watch
from agent.camera.values import Box, Look
from agent.units import Ratio
from tests.unit.camera.looks import BEGIN, Seen, look, looks, night, still, swaying, then, walking

LEAST = Ratio(0.004)
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def counted(seen: Iterable[Look], zones: Mapping[str, Box] | None = None) -> list[float]:
    """When motion counted, in seconds after the begin."""
    motion, found = Motion(), []
    for each in seen:
        motion = watch(motion, each, LEAST, zones or {})
        if motion.is_counted:
            found.append(each.at - BEGIN)
    return found


def light_step(brightness: float, moved: float, *, lasts: float) -> Seen:
    """From 20 s on another brightness; the background model sees that as motion for a while."""

    def seen(after: float, chance: random.Random) -> Look:
        at = still(after, chance)
        if after < 20:
            return at
        if after < 20 + lasts:
            at = replace(at, moved=moved, regions=(Box(0.1, 0.1, 0.8, 0.8),))
        return replace(at, brightness=at.brightness + brightness)

    return seen


@pytest.mark.parametrize("rate", [1.0, 5.0])
@pytest.mark.parametrize(
    "seen",
    [
        still,
        night,
        swaying,
        light_step(40, 0.9, lasts=0.4),
        light_step(40, 0.9, lasts=8),
        light_step(40, 0.3, lasts=8),
        light_step(-40, 0.3, lasts=2),
        light_step(0, 0.9, lasts=1.1),
        light_step(0, 0.3, lasts=0.05),
    ],
)
def test_it_is_no_motion(seen: Seen, rate: float) -> None:
    assert counted(looks(seen, 120, a_second=rate)) == []


@pytest.mark.parametrize("rate", [1.0, 5.0])
@pytest.mark.parametrize("scene", [still, night, swaying])
def test_a_person_who_walks_through_is(scene: Seen, rate: float) -> None:
    found = counted(looks(walking(30, 37, scene=scene), 60, a_second=rate))
    assert found
    assert 30 < found[0] < 33.1
    assert found[-1] < 37


def test_far_away_and_small_is_motion_too() -> None:
    found = counted(looks(walking(30, 50, height=0.18), 60))
    assert 30 < found[0] < 33


def test_in_two_looks_at_the_earliest() -> None:
    seen = list(looks(walking(30, 37), 60))
    assert counted(seen)[0] == pytest.approx(30.2, abs=0.05)


def test_just_after_the_start_nothing_counts() -> None:
    assert counted(looks(walking(0, 2.8), 10)) == []


def test_in_zones_only_when_there_are_any() -> None:
    walk = list(looks(walking(30, 37), 60))
    left, nowhere = {"gate": Box(0, 0, 0.3, 1)}, {"sky": Box(0, 0, 1, 0.3)}
    assert counted(walk, nowhere) == []
    assert 0 < len(counted(walk, left)) < 0.5 * len(counted(walk))
    assert counted(walk, {"all": WHOLE, "again": WHOLE}) == counted(walk)


def test_movers_are_told_outside_of_the_zones_too() -> None:
    motion = Motion()
    for each in looks(walking(5, 60), 8):
        motion = watch(motion, each, LEAST, {"sky": Box(0, 0, 1, 0.3)})
    assert (len(motion.movers), motion.is_counted) == (1, False)


def test_still_since_the_last_motion() -> None:
    motion = Motion()
    assert motion.still is None
    told = {}
    for number, each in enumerate(looks(then(walking(10, 17), 12, still, 12.5), 30)):
        motion = watch(motion, each, LEAST, {})
        told[number / 5] = motion.still
    assert told[0.0] is None
    assert told[8.0] == pytest.approx(8, abs=0.05)
    assert told[11.0] == 0.0
    assert told[12.2] == 0.0  # a gap of half a second in what is measured
    assert told[15.0] == 0.0
    assert told[25.0] == pytest.approx(8.2, abs=0.3)


def test_a_look_is_compared_with_the_one_before_it() -> None:
    """A single look with motion between still ones is nothing, however often it comes."""
    person = replace(look(), moved=0.05, regions=(Box(0.4, 0.4, 0.1, 0.4),))
    assert counted(looks(lambda after, _: person if round(after * 5) % 3 == 0 else look(), 60)) == []
