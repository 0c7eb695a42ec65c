"""The state of a camera's scene, and the facts."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.camera.scene import Scene, lost, saw
from agent.camera.settings import Camera
from agent.camera.values import Box, Code, Condition, Detection, Direction, Facts, Look
from agent.units import Ratio, Seconds, UnixSeconds
from agent.wire import encode_facts
from tests.unit.camera.looks import BEGIN, DOOR, Seen, covered, look, looks, night, repeated, still, then, walking

LEAST = Ratio(0.004)
CODE = Code("qr", "hello")
PERSON = Detection("person", 0.9, Box(0.4, 0.4, 0.1, 0.4))


def begun(**keys: object) -> Scene:
    return Scene.of(DOOR, Camera.model_validate({"source": "/dev/video0", **keys}))


def facts(seen: Seen, seconds: float, scene: Scene | None = None) -> Facts:
    """What is known after so long."""
    scene = scene or begun()
    for each in looks(seen, seconds):
        scene, known = saw(scene, each, LEAST)
        assert known == scene.facts
    return scene.facts


def test_before_the_first_look() -> None:
    assert begun().facts == Facts(DOOR, UnixSeconds(0.0), Condition.CLEAR, None, (), None, None, (), 0, 0)


def test_a_still_scene() -> None:
    known = facts(still, 30)
    assert known.taken_at == pytest.approx(BEGIN + 1e9 + 29.8, abs=0.05)
    assert (known.camera, known.condition, known.light) == (DOOR, Condition.CLEAR, "bright")
    assert (known.movers, known.counts, known.codes, known.width, known.height) == ((), None, (), 1280, 720)
    assert known.still == pytest.approx(29.8, abs=0.05)


def test_a_person_in_a_zone() -> None:
    zones = {"door": {"x": 0.0, "y": 0.0, "width": 0.5, "height": 1.0}}
    [mover] = facts(walking(30, 37), 32, begun(zones=zones)).movers
    assert (mover.zone, mover.direction) == ("door", Direction.RIGHT)
    assert mover.size == pytest.approx(0.0875)
    assert mover.seconds == pytest.approx(1.8, abs=0.3)


def test_at_night() -> None:
    assert facts(night, 30).light == "dark"


def test_while_nothing_is_to_be_seen_nothing_moves() -> None:
    def hand(after: float, chance: random.Random) -> Look:
        return replace(covered(after, chance), moved=0.9, regions=(Box(0, 0, 1, 1),))

    known = facts(then(walking(20, 27), 23, hand), 40)
    assert (known.condition, known.movers, known.still) == (Condition.COVERED, (), None)


@pytest.mark.parametrize("wrong", [repeated, covered])
def test_of_a_picture_that_is_out_of_order_nothing_is_known_and_then_from_there_on(wrong: Seen) -> None:
    scene, known = begun(), dict[float, Facts]()
    for each in looks(then(still, 20, wrong, 40), 50):
        scene, now = saw(scene, each, LEAST)
        known[round(each.at - BEGIN)] = now
    assert (known[35].condition, known[35].still) == (scene_condition(wrong), None)
    assert known[49].condition is Condition.CLEAR
    assert known[49].still == pytest.approx(9.2, abs=1)


def scene_condition(wrong: Seen) -> Condition:
    return Condition.FROZEN if wrong is repeated else Condition.COVERED


def test_what_moves_when_the_picture_is_back_is_no_fact_before_it_is_in_order() -> None:
    scene, at = begun(), None
    for each in looks(then(walking(40, 47), 20, covered, 40), 47):
        scene, known = saw(scene, each, LEAST)
        assert known.condition is Condition.CLEAR or not known.movers
        at = each.at - BEGIN if known.movers and at is None else at
    assert at == pytest.approx(43.2, abs=0.3)


def test_a_camera_that_is_lost_before_its_first_look_has_no_light() -> None:
    _, known = lost(begun(), "connection refused", Seconds(BEGIN), UnixSeconds(5.0))
    assert (known.condition, known.light) == (Condition.LOST, None)
    assert json.loads(encode_facts(known))["light"] is None


def test_lost_and_back() -> None:
    scene = begun(detector={"model": "yolo.onnx", "labels": ["person"]})
    for each in looks(walking(10, 17), 12):
        scene, _ = saw(scene, replace(each, detections=(PERSON,)), LEAST)
    assert (len(scene.facts.movers), scene.facts.counts) == (1, {"person": 1})
    scene, known = lost(scene, "the server does not answer", Seconds(BEGIN + 20), UnixSeconds(5.0))
    assert (known.condition, known.movers, known.still, known.counts) == (Condition.LOST, (), None, None)
    assert (known.taken_at, scene.lost_because) == (5.0, "the server does not answer")
    for each in looks(still, 4, begin=BEGIN + 30):
        scene, known = saw(scene, each, LEAST)
    assert (known.condition, scene.lost_because) == (Condition.CLEAR, None)


@pytest.mark.parametrize("detected_until", [0.0, 20.0])
def test_of_a_detector_that_does_not_run_nothing_is_said(detected_until: float) -> None:
    def seen(after: float, chance: random.Random) -> Look:
        return replace(still(after, chance), detections=(PERSON,) if after < detected_until else None)

    scene = begun(detector={"model": "missing.onnx", "labels": ["person"]})
    assert facts(seen, 29, scene).counts == (None if detected_until == 0 else {"person": 1})
    assert facts(seen, 32, scene).counts is None


def test_after_a_picture_without_anything_to_see_counts_are_known_when_the_detector_has_seen_enough() -> None:
    def seen(after: float, chance: random.Random) -> Look:
        each = (covered if 20 <= after < 30 else still)(after, chance)
        return replace(each, detections=(PERSON,) if after % 1 < 0.1 else None)

    scene, known = begun(detector={"model": "yolo.onnx", "labels": ["person"]}), []
    for each in looks(seen, 36):
        scene, now = saw(scene, each, LEAST)
        known.append((each.at - BEGIN, now.counts))
    unknown = [at for at, counts in known if counts is None]
    assert {0.5, 23.5, 29.5, 32.0} <= {round(at * 2) / 2 for at in unknown}
    assert known[-1][1] == {"person": 1}
    assert all(counts in (None, {"person": 1}) for _, counts in known)


def test_codes_and_counts_are_kept_where_a_frame_was_not_looked_at_for_them() -> None:
    scene = begun(detector={"model": "yolo.onnx", "labels": ["person"]})
    for number in range(20):
        searched = number < 10 and number % 2 == 0
        each = replace(look(BEGIN + number / 5), codes=(CODE,) if searched else None)
        scene, known = saw(scene, replace(each, detections=(PERSON, PERSON) if searched else None), LEAST)
    assert (known.codes, known.counts) == ((CODE,), {"person": 2})


def test_a_look_that_comes_late_changes_nothing() -> None:
    scene, _ = saw(begun(), look(BEGIN + 1), LEAST)
    assert saw(scene, look(BEGIN), LEAST) == (scene, scene.facts)


def test_it_is_deterministic() -> None:
    assert facts(walking(10, 17, scene=night), 30) == facts(walking(10, 17, scene=night), 30)


shares = st.floats(0, 1)
measured = st.builds(
    replace,
    st.just(look()),
    brightness=st.floats(0, 255),
    contrast=st.floats(0, 127),
    sharpness=st.floats(0, 60000),
    moved=shares,
    regions=st.lists(st.builds(Box, shares, shares, shares, shares), max_size=8).map(tuple),
    changed=shares,
    repeated=st.booleans(),
    codes=st.none() | st.lists(st.builds(Code, st.just("qr"), st.text(max_size=3)), max_size=4).map(tuple),
    detections=st.none() | st.lists(st.just(PERSON), max_size=5).map(tuple),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.06, 0.2, 1.0, 15.0]), measured), max_size=30))
def test_whatever_is_measured_it_stays_small(seen: list[tuple[float, Look]]) -> None:
    scene, at = begun(detector={"model": "yolo.onnx", "labels": ["person"]}), BEGIN
    for gap, each in seen:
        at += gap
        scene, known = saw(scene, replace(each, at=Seconds(at)), LEAST)
        assert max(len(scene.motion.tracks), len(scene.codes)) <= 8
        assert max(len(scene.counted), len(scene.sight.usual)) <= 16
        assert (known.still is None or known.still == 0.0) or not known.movers
