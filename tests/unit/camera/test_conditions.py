"""What is wrong with a picture, and when it is said."""

import math
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.camera.conditions import LASTS, Sight, judge, lose
from agent.camera.values import Condition, Look
from tests.unit.camera.looks import BEGIN, Seen, covered, look, looks, night, repeated, still, swaying, taped, then

CLEAR, COVERED, BLACK = Condition.CLEAR, Condition.COVERED, Condition.BLACK
FROZEN, BLURRED, LOST = Condition.FROZEN, Condition.BLURRED, Condition.LOST
RATES = [1.0, 5.0]


def changes(seen: Iterable[Look], sight: Sight | None = None) -> list[tuple[float, Condition]]:
    """When the condition changed, in seconds after the begin, and to what."""
    found = []
    sight = sight or Sight()
    for each in seen:
        before, sight = sight, judge(sight, each)
        if sight.condition is not before.condition:
            found.append((each.at - BEGIN, sight.condition))
    return found


def defocused(after: float, chance: random.Random) -> Look:
    return replace(still(after, chance), contrast=34.0, sharpness=14.0)


def dazzled(after: float, chance: random.Random) -> Look:
    return replace(still(after, chance), brightness=248.0, contrast=9.0, sharpness=5.0)


def dusk(after: float, chance: random.Random) -> Look:
    """Within six minutes from day to nothing; the exposure's automatic amplifies the noise."""
    light = math.exp(-after / 60)
    contrast, noise = 38 * light, 1 + 2 * (1 - light)
    return replace(
        still(after, chance),
        brightness=119 * light + 2,
        contrast=math.hypot(contrast, noise) + chance.gauss(0, 0.05),
        sharpness=0.33 * contrast**2 + 20 * noise**2 * chance.gauss(1, 0.03),
    )


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("cover", [covered, taped])
@pytest.mark.parametrize("begins", [20.0, 20.45, 20.95])
def test_a_covered_lens_is_told_within_five_seconds(cover: Seen, rate: float, begins: float) -> None:
    [(told, condition)] = changes(looks(then(still, begins, cover), 40, a_second=rate))
    assert condition is COVERED
    assert told - begins < 5


@pytest.mark.parametrize("rate", RATES)
def test_it_is_clear_again_soon_after_the_hand_is_gone(rate: float) -> None:
    [_, (told, condition)] = changes(looks(then(still, 20, covered, 40), 60, a_second=rate))
    assert condition is CLEAR
    assert 42 <= told < 45


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "seen", [still, night, swaying, dazzled, then(still, 20, dazzled, 30), then(still, 20, covered, 21.5)]
)
def test_nothing_is_wrong(seen: Seen, rate: float) -> None:
    assert changes(looks(seen, 120, a_second=rate)) == []


def test_the_dark_comes_slowly_and_is_no_cover() -> None:
    assert [condition for _, condition in changes(looks(dusk, 600))] == [BLACK]


def test_the_morning_ends_the_night() -> None:
    def day(after: float, chance: random.Random) -> Look:
        return dusk(600 - after, chance)

    assert [condition for _, condition in changes(looks(day, 600))] == [BLACK, CLEAR]


def dark(after: float, chance: random.Random) -> Look:
    """A night without any light."""
    return replace(night(after, chance), brightness=chance.gauss(3, 0.2), contrast=1.0, sharpness=20.0)


def lit(begins: float, ends: float) -> Seen:
    """That night, but for a torch."""
    return then(dark, begins, night, ends)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("lasts", [1.0, 3.0, 8.0, 50.0])
def test_the_dark_after_a_torch_is_the_dark_of_before_it(lasts: float, rate: float) -> None:
    found = changes(looks(lit(40, 40 + lasts), 120, a_second=rate))
    assert COVERED not in [condition for _, condition in found]
    assert found[-1][1] is BLACK


@pytest.mark.parametrize("cover", [covered, taped])
@pytest.mark.parametrize("light", [4.0, 90.0])
def test_a_cover_is_not_taken_for_the_dark_of_before(cover: Seen, light: float) -> None:
    """What is lighter than the dark was is a cover at once, and what is as dark when the light has been there long."""
    seen = then(then(dark, 40, still), 40 + light, cover)
    expected = BLACK if cover is taped and light < 60 else COVERED
    assert [condition for _, condition in changes(looks(seen, 150))] == [BLACK, CLEAR, expected]


def test_a_lens_that_is_covered_in_the_dark_is_covered() -> None:
    def in_the_dark(after: float, chance: random.Random) -> Look:
        return replace(taped(after, chance), brightness=4.0, contrast=3.0, sharpness=20 * 3.0**2)

    assert [condition for _, condition in changes(looks(then(night, 20, in_the_dark), 40))] == [COVERED]


@pytest.mark.parametrize(("brightness", "expected"), [(2.0, BLACK), (20.0, BLACK), (90.0, COVERED)])
def test_at_the_start_by_the_brightness_alone(brightness: float, expected: Condition) -> None:
    def bare(after: float, chance: random.Random) -> Look:
        return replace(taped(after, chance), brightness=brightness)

    assert [condition for _, condition in changes(looks(bare, 20))] == [expected]


def test_a_light_that_leaves_something_to_see_is_no_cover() -> None:
    def lamp_off(after: float, chance: random.Random) -> Look:
        return replace(still(after, chance), brightness=12.0, contrast=6.0, sharpness=60.0)

    assert changes(looks(then(still, 20, lamp_off), 60)) == []


def test_a_light_at_night_is_not_taken_for_a_loss_of_focus() -> None:
    assert changes(looks(then(night, 60, still), 180)) == []


@pytest.mark.parametrize("rate", RATES)
def test_frozen_after_ten_seconds_of_the_same_picture(rate: float) -> None:
    (frozen, froze), (lively, cleared) = changes(looks(then(still, 20, repeated, 50), 70, a_second=rate))
    assert (froze, cleared) == (FROZEN, CLEAR)
    assert 30 <= frozen < 32.1
    assert 50 <= lively < 51.1


def test_an_encoder_may_repeat_a_picture_until_its_next_key_frame() -> None:
    def encoded(after: float, chance: random.Random) -> Look:
        return replace(still(after, chance), repeated=after % 4 > 0.2)

    assert changes(looks(encoded, 120)) == []


def test_a_picture_that_changes_now_and_then_is_frozen_in_between() -> None:
    def slides(after: float, chance: random.Random) -> Look:
        return replace(still(after, chance), repeated=after % 20 > 0.2)

    assert [condition for _, condition in changes(looks(slides, 55))] == [FROZEN, CLEAR, FROZEN, CLEAR, FROZEN]


@pytest.mark.parametrize(("after", "expected"), [(taped, COVERED), (defocused, BLURRED)])
def test_what_is_wrong_after_a_frozen_picture_is_told_in_its_time(after: Seen, expected: Condition) -> None:
    found = changes(looks(then(then(still, 40, repeated), 60, after), 90))
    assert [condition for _, condition in found if condition is not CLEAR] == [FROZEN, expected]
    assert found[-1][0] < 60 + LASTS[expected] + 1


def test_black_pictures_repeat_themselves_and_are_black() -> None:
    def nothing(after: float, chance: random.Random) -> Look:
        return replace(taped(after, chance), brightness=0.0, contrast=0.0, sharpness=0.0, repeated=True)

    assert [condition for _, condition in changes(looks(nothing, 60))] == [BLACK]


@pytest.mark.parametrize("rate", RATES)
def test_without_focus(rate: float) -> None:
    found = changes(looks(then(still, 60, defocused, 90), 120, a_second=rate))
    assert [condition for _, condition in found] == [BLURRED, CLEAR]
    assert 70 <= found[0][0] < 73
    assert 92 <= found[1][0] < 95


def test_what_is_usual_has_to_be_known_before_something_is_blurred() -> None:
    assert changes(looks(defocused, 120)) == []


def test_a_lost_camera_is_clear_after_two_seconds_of_frames() -> None:
    [(at, condition)] = changes(looks(still, 20), lose(Sight()))
    assert condition is CLEAR
    assert 2 <= at < 2.3


def test_a_lens_that_is_covered_while_no_frames_come_is_covered() -> None:
    sight = Sight()
    for each in looks(still, 30):
        sight = judge(sight, each)
    assert changes(looks(taped, 10, begin=BEGIN + 60), lose(sight))[0][1] is COVERED


@pytest.mark.parametrize("before", [still, then(still, 20, taped)])
def test_a_night_that_comes_while_no_frames_come_is_no_cover(before: Seen) -> None:
    def dark(after: float, chance: random.Random) -> Look:
        return replace(taped(after, chance), brightness=3.0)

    sight = Sight()
    for each in looks(before, 30):
        sight = judge(sight, each)
    found = changes(looks(dark, 60, begin=BEGIN + 8 * 3600), lose(sight))
    assert [condition for _, condition in found] == [BLACK]


def test_at_a_look_every_two_minutes_a_cover_is_one() -> None:
    found = changes(looks(then(still, 1000, taped), 3000, a_second=1 / 120))
    assert [condition for _, condition in found] == [COVERED]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.floats(0.01, 20),
            st.floats(0, 255),
            st.floats(0, 127),
            st.floats(0, 1e5),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_whatever_is_measured_no_condition_holds_before_its_time(
    measured: list[tuple[float, float, float, float, bool]],
) -> None:
    sight, at = Sight(), BEGIN
    changed_at = None
    for gap, brightness, contrast, sharpness, same in measured:
        at += gap
        seen = replace(look(at), brightness=brightness, contrast=contrast, sharpness=sharpness, repeated=same)
        before, sight = sight, judge(sight, seen)
        assert len(sight.usual) <= 3
        if sight.condition is not before.condition:
            is_end_of_frozen = before.condition is FROZEN and sight.condition is CLEAR
            assert is_end_of_frozen or changed_at is None or at - changed_at >= LASTS[sight.condition]
            changed_at = at
