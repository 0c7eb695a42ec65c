"""The checker of observations: it must see every kind of wrong fact, or its figure is worth nothing."""

import time
from collections.abc import Iterator

import pytest

from agent.camera.values import CameraName, Code, Condition, Direction, Facts, Mover
from agent.units import Seconds, UnixSeconds
from tests.bench.observation_checker import judge


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def facts(**changes: object) -> Facts:
    """At 22:39, in dim light."""
    usual: dict[str, object] = {
        "camera": CameraName("yard"),
        "taken_at": UnixSeconds(1_780_007_999.0),
        "condition": Condition.CLEAR,
        "light": "dim",
        "movers": (),
        "still": Seconds(300.0),
        "counts": None,
        "codes": (),
        "width": 1280,
        "height": 720,
    }
    return Facts(**(usual | changes))  # type: ignore[arg-type]


def mover(zone: str | None, direction: Direction | None = None) -> Mover:
    return Mover(zone, direction, 0.02, Seconds(1.0))


SEEN = facts(counts={"person": 2, "bus": 1}, movers=(mover("back-door", Direction.LEFT),), still=Seconds(0.0))
MOVING = facts(movers=(mover("door", Direction.LEFT), mover("gate"), mover("gate")), still=Seconds(0.0))
STILL = facts(counts={}, codes=(Code("qr", "B-2041"),))


@pytest.mark.parametrize(
    ("scene", "sentence"),
    [
        (SEEN, "Two people and a bus are there at 22:39, the motion is at the back door and the light is dim."),
        (SEEN, "At 22:39 two people and a bus are there, motion is detected, the direction is left and it is dim."),
        (
            MOVING,
            "A thing is moving left at the door and two things are moving at the gate at 22:39 and the light is dim.",
        ),
        (
            STILL,
            "Nobody is there at 22:39, the QR code reads B-2041, there is no motion for 5 minutes and it is dim.",
        ),
        (facts(condition=Condition.LOST), "The camera is lost and there is no picture at 22:39."),
    ],
)
def test_what_is_right_and_complete(scene: Facts, sentence: str) -> None:
    verdict = judge(scene, sentence)
    assert (verdict.wrong, verdict.missing) == ([], [])


@pytest.mark.parametrize(
    ("scene", "sentence"),
    [
        (SEEN, "Three people and a bus are there at 22:39."),
        (SEEN, "Two people and a van are there at 22:39."),
        (SEEN, "Two people and a bus are there at 22:40."),
        (SEEN, "Two people and a bus are at the back door at 22:39."),
        (SEEN, "Two people are there and the bus is moving left at 22:39."),
        (SEEN, "Two people are there and the motion is at the gate at 22:39."),
        (SEEN, "Two people are there and the direction is right at 22:39."),
        (SEEN, "Two people are there at 22:39 and there is no motion."),
        (SEEN, "Two people are there at 22:39 and the light is dark."),
        (SEEN, "Two people are there at 22:39 and the weather is dim."),
        (SEEN, "Two people are there at 22:39 and the QR code reads B-2041."),
        (SEEN, "Nobody is there at 22:39."),
        (MOVING, "A thing is moving right at the door at 22:39."),
        (MOVING, "Two things are moving left at the door at 22:39."),
        (MOVING, "Four things are moving at 22:39."),
        (MOVING, "A person is moving left at the door at 22:39."),
        (STILL, "The QR code reads B-2014 at 22:39."),
        (STILL, "It has been no motion for 15 minutes at 22:39."),
        (STILL, "It has been dark for 5 minutes at 22:39."),
        (STILL, "A thing is moving at 22:39."),
        (STILL, "The picture is black at 22:39."),
        (facts(condition=Condition.COVERED), "The picture is frozen at 22:39."),
    ],
)
def test_what_is_wrong(scene: Facts, sentence: str) -> None:
    assert judge(scene, sentence).wrong


@pytest.mark.parametrize(
    ("scene", "sentence", "missing"),
    [
        (SEEN, "Two people are there at 22:39 and the light is dim.", ["bus", "motion"]),
        (MOVING, "A thing is moving left at the door at 22:39.", ["some of what moves", "light"]),
        (STILL, "Nobody is there.", ["code B-2041", "light", "still", "time"]),
        (facts(), "", ["light", "still", "time"]),
    ],
)
def test_what_is_left_out(scene: Facts, sentence: str, missing: list[str]) -> None:
    verdict = judge(scene, sentence)
    assert (verdict.wrong, verdict.missing) == ([], missing)
