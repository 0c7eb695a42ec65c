"""What holds of triggers whatever a camera sees."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agent.camera.triggers import Rules
from agent.camera.values import Look, Trigger
from tests.unit.camera.looks import (
    BEGIN,
    Seen,
    covered,
    flooding,
    looks,
    night,
    repeated,
    still,
    swaying,
    taped,
    then,
    walking,
)
from tests.unit.camera.watching import Watched, settings, told

EVERYTHING = ["always", "motion", "scene_change", "code"]


SCENES: dict[str, Seen] = {
    "still": still,
    "night": night,
    "swaying": swaying,
    "covered": covered,
    "taped": taped,
    "frozen": repeated,
    "walking": walking(0, 600),
    "codes": flooding(still),
}
episodes = st.lists(st.tuples(st.sampled_from(sorted(SCENES)), st.integers(1, 40)), min_size=1, max_size=5)


def watched(seen: Sequence[tuple[str, int]], a_second: float, **keys: object) -> tuple[Watched, list[Look]]:
    """One episode after the other."""
    camera, begin, all_looks = Watched(settings(**keys)), BEGIN, list[Look]()
    for name, seconds in seen:
        episode = list(looks(SCENES[name], seconds, a_second=a_second, begin=begin))
        camera.watch(episode)
        all_looks += episode
        begin += seconds
    return camera, all_looks


@hypothesis_settings(max_examples=8, deadline=None)
@given(episodes, st.integers(1, 12))
def test_never_more_than_allowed_in_an_hour(seen: list[tuple[str, int]], most: int) -> None:
    camera, _ = watched(seen, 2.0, when=EVERYTHING, every="0s", most_per_hour=most)
    counted = [at for at, fire in camera.told if fire.trigger is not Trigger.CONDITION]
    for at in counted:
        assert len([each for each in counted if at - 3600 < each <= at]) <= most


@hypothesis_settings(max_examples=8, deadline=None)
@given(st.integers(4, 60), st.integers(2, 360), st.integers(1, 20), st.sampled_from([2.0, 5.0]))
def test_whatever_codes_come_motion_is_told(begins: int, most: int, every: int, rate: float) -> None:
    seen = flooding(walking(begins, begins + 8))
    camera = Watched(settings(when=["code", "motion"], every=f"{every}s", most_per_hour=most))
    camera.watch(looks(seen, begins + 10, a_second=rate))
    assert any(at >= begins for at in camera.times(Trigger.MOTION))


@hypothesis_settings(max_examples=8, deadline=None)
@given(episodes, st.sampled_from([1.0, 3.0]))
def test_no_motion_is_told_where_nothing_moved_in_this_look_and_the_one_before(
    seen: list[tuple[str, int]], rate: float
) -> None:
    camera, all_looks = watched(seen, rate, when=["motion"], every="1s")
    moved = [each.moved >= Rules.of(camera.settings).least_motion for each in all_looks]
    at = [each.at - BEGIN for each in all_looks]
    for fired in camera.times(Trigger.MOTION):
        number = at.index(fired)
        assert number > 0
        assert moved[number]
        assert moved[number - 1]


@hypothesis_settings(max_examples=8, deadline=None)
@given(episodes)
def test_the_same_looks_tell_the_same(seen: list[tuple[str, int]]) -> None:
    one, _ = watched(seen, 2.0, when=EVERYTHING)
    other, _ = watched(seen, 2.0, when=EVERYTHING)
    assert (one.told, one.state, one.scene) == (other.told, other.state, other.scene)


@hypothesis_settings(max_examples=8, deadline=None)
@given(episodes)
def test_the_memory_of_what_was_told_stays_small(seen: list[tuple[str, int]]) -> None:
    camera, _ = watched(seen, 5.0, when=EVERYTHING, every="1h", most_per_hour=100000)
    assert len(camera.state.codes) <= 32
    assert len(camera.state.hour.minutes) <= 61
    assert len(camera.state.fired) <= len(Trigger)


@pytest.mark.parametrize(("seen", "rate"), [(still, 5.0), (night, 1.0), (night, 2.0), (swaying, 1.0), (swaying, 2.0)])
def test_ten_minutes_of_nothing_make_no_observation(seen: Seen, rate: float) -> None:
    assert told(looks(seen, 600, a_second=rate), when=["motion", "scene_change", "code"]).told == []


def test_an_evening_with_a_person_and_a_hand() -> None:
    person = walking(30, 37, scene=night)
    camera = told(looks(then(person, 60, taped, 90), 120), when=["motion", "scene_change", "code"])
    assert [fire.trigger for _, fire in camera.told] == [Trigger.MOTION, Trigger.CONDITION, Trigger.CONDITION]
