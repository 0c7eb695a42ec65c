"""When an observation is made, and why."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.camera.scene import lost
from agent.camera.triggers import Fire, Quiet, Rules, decide
from agent.camera.values import Box, Code, Condition, Detection, Look, Trigger
from agent.units import MinuteOfDay, Ratio, Seconds, UnixSeconds
from tests.unit.camera.looks import BEGIN, Seen, covered, flooding, looks, night, repeated, still, taped, then, walking
from tests.unit.camera.watching import NOON, Watched, detector, settings, told

HELLO, THANKS = Code("qr", "hello"), Code("qr", "thanks")
ALL = ["always", "motion", "scene_change", "code", "class"]
CLASSES = detector("person", "dog")


def holding(*spans: tuple[float, float, Code], scene: Seen = still) -> Seen:
    """Codes are held up."""

    def seen(after: float, chance: random.Random) -> Look:
        held = tuple(code for begins, ends, code in spans if begins <= after < ends)
        return replace(scene(after, chance), codes=held)

    return seen


def with_people(people: Callable[[float], int], label: str = "person") -> Seen:
    def seen(after: float, chance: random.Random) -> Look:
        detection = Detection(label, 0.8, Box(0.4, 0.4, 0.1, 0.4))
        return replace(still(after, chance), detections=(detection,) * people(after))

    return seen


def changing(at: float) -> Seen:
    """Something is put there."""

    def seen(after: float, chance: random.Random) -> Look:
        each = still(after, chance)
        return replace(each, changed=each.changed + (0.05 if after >= at else 0.0))

    return seen


def test_the_rules_as_configured() -> None:
    configured = settings(
        when=["class", "on_demand"],
        detector=detector("person", "dog", classes={"dog": 0.7}),
        quiet=[{"from": "22:00", "to": "06:00"}],
        prompt="What is there?",
        every="20s",
    )
    assert Rules.of(configured) == Rules(
        is_on=True,
        when=frozenset({Trigger.CLASS, Trigger.ON_DEMAND}),
        every=Seconds(20.0),
        prompt="What is there?",
        most_per_hour=360,
        quiet=(Quiet(MinuteOfDay(1320), MinuteOfDay(360)),),
        least_motion=Ratio(0.004),
        classes=frozenset({"dog"}),
    )


def test_always_every_so_long() -> None:
    watched = told(looks(still, 60), when=["always"], every="10s")
    assert watched.times(Trigger.EVERY) == pytest.approx([0, 10, 20, 30, 40, 50], abs=1.1)
    assert watched.told[0][1].why == "every 10 s"


def test_motion_that_goes_on_is_told_each_time_that_every_is_over() -> None:
    watched = told(looks(walking(30, 65), 90), when=["motion"], every="10s")
    assert watched.times(Trigger.MOTION) == pytest.approx([30.6, 40.6, 50.6, 60.6], abs=0.9)


def test_motion_in_no_zone_is_not_told() -> None:
    zones = {"sky": {"x": 0, "y": 0, "width": 1, "height": 0.3}}
    assert told(looks(walking(30, 37), 60), when=["motion"], zones=zones).told == []


def test_less_motion_than_is_wanted_is_not_told() -> None:
    assert told(looks(walking(30, 37), 60), when=["motion"], least_motion=0.1).told == []


def test_a_change_of_the_scene_is_told_once() -> None:
    watched = told(looks(changing(30), 120), when=["scene_change"])
    assert watched.triggers == [Trigger.SCENE_CHANGE]
    assert 33 < watched.told[0][0] < 36


def test_a_change_that_nobody_wanted_to_hear_of_is_not_told_later() -> None:
    watched = told(looks(changing(30), 60), when=["motion"])
    watched.rules = Rules.of(settings(when=["scene_change"]))
    assert watched.watch(looks(changing(-1), 60, begin=BEGIN + 60)).told == []


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(5, 9, HELLO)], [(5, HELLO)]),
        ([(5, 50, HELLO)], [(5, HELLO)]),
        ([(5, 7, HELLO), (9, 12, HELLO), (16, 18, HELLO)], [(5, HELLO)]),
        ([(5, 7, HELLO), (20, 22, HELLO)], [(5, HELLO), (20, HELLO)]),
        ([(5, 9, HELLO), (9, 12, THANKS)], [(5, HELLO), (9, THANKS)]),
        ([(5, 9, HELLO), (5, 9, THANKS)], [(5, HELLO), (5.2, THANKS)]),
    ],
)
def test_a_code_is_told_once_for_each_time_that_it_is_held_up(
    spans: list[tuple[float, float, Code]], expected: list[tuple[float, Code]]
) -> None:
    watched = told(looks(holding(*spans), 60), when=["code"])
    assert [fire.code for _, fire in watched.told] == [code for _, code in expected]
    assert [at for at, _ in watched.told] == pytest.approx([at for at, _ in expected], abs=0.05)
    assert set(watched.triggers) == {Trigger.CODE}


def test_the_same_code_waits_for_every_too() -> None:
    again_and_again = [(5.0 + 12 * number, 6.0 + 12 * number, HELLO) for number in range(10)]
    assert len(told(looks(holding(*again_and_again), 120), when=["code"], every="30s").told) == 4


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (lambda _: 0, []),
        (lambda after: int(after > 20), [20.4]),
        (lambda after: int(after > 20) + int(after > 40), [20.4, 40.4]),
        (lambda after: int(after > 20) + int(after > 22), [20.4, 30.4]),
        (lambda after: int(after > 20) + int(22 < after < 26), [20.4]),
        (lambda after: int(20 < after < 40 or after > 50), [20.4, 50.4]),
        (lambda after: int(after > 20 and round(after * 5) % 4 != 0), [20.4]),
        (lambda after: int(20 < after < 20.15), []),
    ],
)
def test_a_class_that_is_there_anew_or_more_often(people: Callable[[float], int], expected: list[float]) -> None:
    watched = told(looks(with_people(people), 90), when=["class"], detector=CLASSES, every="10s")
    assert watched.times(Trigger.CLASS) == pytest.approx(expected, abs=0.3)


def test_only_the_named_classes_when_there_are_any() -> None:
    one = with_people(lambda after: int(after > 20))
    named = detector("person", "dog", classes={"dog": 0.7})
    assert told(looks(one, 60), when=["class"], detector=named).told == []
    dog = with_people(lambda after: int(after > 20), "dog")
    assert told(looks(dog, 60), when=["class"], detector=named).told[0][1].why == "dog: 1 instead of 0"


def test_the_one_that_says_most_goes_and_the_others_are_told_with_it() -> None:
    def seen(after: float, chance: random.Random) -> Look:
        person = Detection("person", 0.8, Box(0.4, 0.4, 0.1, 0.4))
        each = walking(10, 60)(after, chance)
        return replace(each, detections=(person,) * (after > 13), codes=(HELLO,) if after > 13 else ())

    watched = Watched(settings(when=ALL, detector=CLASSES, every="20s"))
    watched.rules = replace(watched.rules, when=frozenset())
    watched.watch(looks(seen, 15))
    assert watched.told == []
    watched.rules = Rules.of(watched.settings)
    watched.watch(looks(lambda after, chance: seen(after + 15, chance), 10, begin=BEGIN + 15))
    assert watched.triggers == [Trigger.CODE, Trigger.CLASS]


@pytest.mark.parametrize("wrong", [covered, repeated])
def test_while_the_picture_is_out_of_order_only_that_is_told(wrong: Seen) -> None:
    def with_motion(after: float, chance: random.Random) -> Look:
        return replace(wrong(after, chance), moved=0.3, regions=(Box(0.1, 0.1, 0.5, 0.6),), changed=after / 100)

    watched = told(looks(then(still, 40, with_motion), 100), when=["scene_change", "motion", "always"], every="15s")
    after = [(at, fire.trigger) for at, fire in watched.told if at > 50.5]
    assert after == []
    assert watched.scene.sight.condition.value in {"covered", "frozen"}


def test_a_changed_condition_is_told_at_any_hour_and_counts_for_nothing() -> None:
    watched = Watched(settings(when=["always"], quiet=[{"from": "00:00", "to": "00:00"}]))
    watched.watch(looks(then(still, 20, covered, 40), 60))
    assert [(fire.trigger, fire.why) for _, fire in watched.told] == [
        (Trigger.CONDITION, "covered: it was clear"),
        (Trigger.CONDITION, "clear: it was covered"),
    ]
    assert watched.state.hour.times(Seconds(BEGIN + 60)) == 0


def dark_road(after: float, chance: random.Random) -> Look:
    """Headlights come by."""
    return night(after, chance) if after % 20 > 16 else replace(taped(after, chance), brightness=3.0)


def repeating(after: float, chance: random.Random) -> Look:
    """An encoder that repeats its picture until the next key frame, which takes too long."""
    return (still if after % 15 < 3 else repeated)(after, chance)


@pytest.mark.parametrize("seen", [dark_road, repeating])
def test_what_comes_and_goes_is_told_once_a_minute(seen: Seen) -> None:
    watched = told(looks(seen, 1800), when=["motion"])
    assert 55 <= watched.triggers.count(Trigger.CONDITION) <= 61
    words = {fire.why.partition(":")[0] for _, fire in watched.told if fire.trigger is Trigger.CONDITION}
    assert words == {"clear", "black" if seen is dark_road else "frozen"}


@pytest.mark.parametrize(
    ("before", "lasts", "within"), [(repeated, 3, 0.5), (repeated, 5, 0.5), (taped, 4, 3.5), (taped, 5, 3.5)]
)
def test_who_walks_by_after_a_picture_that_was_out_of_order_is_told(before: Seen, lasts: int, within: float) -> None:
    watched = told(looks(then(walking(40, 40 + lasts), 20, before, 40), 50), when=["motion"])
    assert watched.times(Trigger.MOTION)[0] < 40 + within


def test_a_cover_is_told_at_once_whatever_came_and_went_before() -> None:
    watched = told(looks(then(repeating, 301, covered), 320), when=["motion"])
    at, fire = watched.told[-1]
    assert fire.why.startswith("covered")
    assert at < 301 + 5


def test_a_lost_camera_is_told_with_the_reason() -> None:
    watched = Watched(settings(when=ALL, detector=CLASSES)).watch(looks(still, 5))
    scene, _ = lost(watched.scene, "it is unplugged", Seconds(BEGIN + 10), UnixSeconds(0.0))
    state, fire = decide(watched.state, scene, watched.rules, Seconds(BEGIN + 10), NOON)
    assert fire == Fire(Trigger.CONDITION, "lost: it is unplugged")
    assert decide(state, scene, watched.rules, Seconds(BEGIN + 30), NOON) == (state, None)


def test_what_happens_in_quiet_hours_is_not_told_later() -> None:
    def minute(after: float) -> MinuteOfDay:
        return MinuteOfDay(1439 if after < 20 else int(after < 40) * 10 + int(after >= 40) * 400)

    def seen(after: float, chance: random.Random) -> Look:
        each = changing(10)(after, chance)
        person = Detection("person", 0.8, Box(0.4, 0.4, 0.1, 0.4))
        return replace(each, detections=(person,), codes=(HELLO,))

    quiet = [{"from": "23:00", "to": "06:00"}]
    when = ["code", "class", "scene_change"]
    watched = Watched(settings(when=when, detector=CLASSES, quiet=quiet)).watch(looks(seen, 80), minute)
    assert watched.told == []
    assert told(looks(seen, 80), when=when, detector=CLASSES).triggers[0] is Trigger.CODE


def test_off_is_silent_and_on_tells_what_is_wrong() -> None:
    watched = Watched(settings(when=["always", "motion"]))
    watched.rules = replace(watched.rules, is_on=False)
    assert watched.watch(looks(then(walking(5, 12), 20, covered), 40)).told == []
    watched.rules = replace(watched.rules, is_on=True)
    watched.watch(looks(covered, 1, begin=BEGIN + 40))
    assert [fire.why for _, fire in watched.told] == ["covered: it was clear"]


def test_no_more_than_are_allowed_in_an_hour() -> None:
    watched = told(looks(still, 7400, a_second=0.2), when=["always"], every="30s", most_per_hour=20)
    times = watched.times(Trigger.EVERY)
    assert 570 <= times[19] < 700
    assert 3590 < times[20] < 3670
    assert times[40] - times[20] > 3590
    assert len(times) == 43


@pytest.mark.parametrize(
    ("when", "most", "codes"),
    [(["code", "motion"], 40, 10), (["code", "class"], 3, 1), (["code", "on_demand"], 40, 40)],
)
def test_codes_get_a_quarter_of_the_hour_where_there_are_other_reasons(when: list[str], most: int, codes: int) -> None:
    given = {"detector": CLASSES} if "class" in when else {}
    watched = told(looks(flooding(still), 300, a_second=1), when=when, most_per_hour=most, **given)
    assert watched.triggers == [Trigger.CODE] * codes


def test_motion_amid_codes_is_told_while_these_still_have_a_share() -> None:
    watched = told(looks(flooding(walking(4, 10)), 12), when=["code", "motion"], every="5s", most_per_hour=1000)
    assert watched.times(Trigger.MOTION)[0] == pytest.approx(4.6, abs=0.9)
    assert watched.triggers.count(Trigger.CODE) > 40


def test_a_condition_is_of_the_scene_and_not_of_one_look() -> None:
    watched = told(looks(then(still, 20, covered, 21), 40), when=["motion"])
    assert watched.told == []
    assert watched.state.troubles.told is Condition.CLEAR
