"""Facts in words: what is said, and above all what is not."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.camera.values import CameraName, Code, Condition, Direction, Facts, Mover
from agent.camera.wording import describe_facts
from agent.units import Seconds, UnixSeconds

EMPTY = Facts(
    camera=CameraName("yard"),
    taken_at=UnixSeconds(1_780_007_999.0),
    condition=Condition.CLEAR,
    light="dim",
    movers=(),
    still=None,
    counts=None,
    codes=(),
    width=1280,
    height=720,
)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def moving(zone: str | None = None, direction: Direction | None = None) -> Mover:
    """Something that moves."""
    return Mover(zone, direction, 0.02, Seconds(1.0))


def seen(**what: object) -> str:
    """The wording of an empty scene with something in it."""
    return describe_facts(replace(EMPTY, **what))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "22:39, the light is dim."),
        ({"light": None}, "22:39."),
        ({"still": 0.0}, "no motion, 22:39, the light is dim."),
        ({"still": 119.0}, "no motion for 119 seconds, 22:39, the light is dim."),
        ({"still": 120.0}, "no motion for 2 minutes, 22:39, the light is dim."),
        ({"still": 7_199.0}, "no motion for 119 minutes, 22:39, the light is dim."),
        ({"still": 7_200.0}, "no motion for 2 hours, 22:39, the light is dim."),
        ({"still": 250_000.0}, "no motion for 2 days, 22:39, the light is dim."),
        ({"counts": {}, "still": 5.0}, "nothing recognised, no motion for 5 seconds, 22:39, the light is dim."),
        ({"counts": {"dog": 0}}, "nothing recognised, 22:39, the light is dim."),
        ({"counts": {"dog": 1, "person": 2}}, "two people and a dog, 22:39, the light is dim."),
        (
            {"counts": {"wine_glass": 3, "bus": 2, "elephant": 1, "mouse": 14}},
            "14 mice, three wine glasses, two buses and an elephant, 22:39, the light is dim.",
        ),
        ({"movers": (moving(),)}, "a thing moving, 22:39, the light is dim."),
        (
            {"movers": (moving("door", Direction.LEFT),)},
            "a thing moving left at the door, 22:39, the light is dim.",
        ),
        (
            {"movers": (moving("loading_bay", Direction.CLOSER), moving("zone-2", Direction.AWAY))},
            (
                "a thing moving towards the camera at the loading bay and a thing moving away from the camera "
                "at zone 2, 22:39, the light is dim."
            ),
        ),
        (
            {"movers": (moving("door", Direction.LEFT), moving("gate"), moving("gate", Direction.RIGHT))},
            "a thing moving at the door and two things moving at the gate, 22:39, the light is dim.",
        ),
        (
            {"movers": (moving("door"), moving("gate"), moving("yard"))},
            "three things moving, 22:39, the light is dim.",
        ),
        (
            {"counts": {"person": 1}, "movers": (moving("door", Direction.LEFT),)},
            "A person. The motion is at the door and the direction is left. 22:39. The light is dim.",
        ),
        (
            {"counts": {"person": 1}, "movers": (moving("door"), moving("gate"))},
            "A person. Motion is detected. 22:39. The light is dim.",
        ),
        (
            {"counts": {"person": 1}, "movers": (moving("door", Direction.LEFT), moving("door"))},
            "A person. The motion is at the door. 22:39. The light is dim.",
        ),
        ({"counts": {}, "movers": (moving("door"),)}, "a thing moving at the door, 22:39, the light is dim."),
        ({"codes": (Code("qr", "B-2041"),)}, 'QR code "B-2041", 22:39, the light is dim.'),
        (
            {"codes": (Code("ean_13", "4006381333931"),), "counts": {"person": 1}, "movers": (moving(),)},
            'A person, barcode "4006381333931". Motion is detected. 22:39. The light is dim.',
        ),
        ({"codes": (Code("qr", 'a"b\n\x1bc'),), "counts": {}}, 'QR code "a\'b c", 22:39, the light is dim.'),
        ({"codes": (Code("qr", "x" * 500),)}, f'QR code "{"x" * 80}...", 22:39, the light is dim.'),
        ({"condition": Condition.COVERED, "movers": (moving("door"),)}, "the camera is covered, 22:39."),
        ({"condition": Condition.LOST}, "the camera is lost and there is no picture, 22:39."),
    ],
)
def test_what_is_said(facts: dict[str, object], text: str) -> None:
    assert seen(**facts) == text


@pytest.mark.parametrize("condition", [each for each in Condition if each is not Condition.CLEAR])
def test_of_a_bad_picture_only_that_is_said(condition: Condition) -> None:
    text = seen(condition=condition, movers=(moving("door"),), counts={"person": 2}, codes=(Code("qr", "B-2041"),))
    assert not {"door", "people", "B-2041", "light"} & set(text.replace(",", "").split())


@given(
    st.lists(st.builds(moving, st.sampled_from([None, "door", "gate", "yard"]), st.sampled_from([None, *Direction]))),
    st.floats(min_value=0.0, max_value=1e9),
)
def test_without_a_detector_nobody_is_named_and_motion_is_told_when_there_is_some(
    movers: list[Mover], still: float
) -> None:
    text = seen(movers=tuple(movers), still=Seconds(0.0 if movers else still))
    assert not {"person", "people", "someone", "somebody", "animal"} & set(text.replace(",", "").split())
    assert ("moving" in text) == bool(movers)
    assert ("no motion" in text) == (not movers)


@given(st.text(max_size=200))
def test_a_code_stays_within_its_quotes_and_on_one_line(text: str) -> None:
    said = seen(codes=(Code("qr", text),))
    assert said.count('"') == 2
    assert len(said.splitlines()) == 1
