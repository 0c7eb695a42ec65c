"""Cameras get a detector in turn, and detectors leave the other half of the time alone."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from agent.camera.looking import detecting
from agent.camera.looking.detecting import Detecting
from agent.camera.looking.detector import DetectorFailedError, DetectorRefusedError
from agent.camera.looking.plan import DetectorPlan
from agent.camera.looking.scaled import Pixels
from agent.camera.values import CameraName, Detection
from agent.units import Ratio, Seconds

DOOR, YARD, GATE = CameraName("door"), CameraName("yard"), CameraName("gate")
PLAN = DetectorPlan(Path("some.onnx"), ("person",), (Ratio(0.5),))
FRAME = np.zeros((4, 4, 3), np.uint8)


class Slow:
    """A detector that takes so long, on a clock of its own; the file `broken.onnx` is none."""

    takes = Seconds(0.0)
    now = Seconds(100.0)
    opened = 0
    fails = False

    @classmethod
    def open(cls, plan: DetectorPlan) -> type["Slow"]:
        if plan.model.name == "broken.onnx":
            raise DetectorRefusedError("broken")
        cls.opened += 1
        return cls

    @classmethod
    def detect(cls, _full: Pixels) -> tuple[Detection, ...]:
        cls.now = Seconds(cls.now + cls.takes)
        if cls.fails:
            raise DetectorFailedError("no memory")
        return ()


class Cameras:
    """Cameras that ask five times a second."""

    def __init__(self) -> None:
        self.refused: list[tuple[CameraName, str]] = []
        self.detecting = Detecting(lambda *said: self.refused.append(said), lambda: Slow.now)
        self.had: Counter[CameraName] = Counter()

    def ask(self, seconds: float, *cameras: CameraName) -> None:
        until = Slow.now + seconds
        while Slow.now < until:
            for camera in cameras:
                self.had[camera] += self.detecting.detect(camera, PLAN, FRAME) is not None
            Slow.now = Seconds(Slow.now + 0.2)


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> Cameras:
    monkeypatch.setattr(detecting, "Detector", Slow)
    monkeypatch.setattr(Slow, "now", Seconds(100.0))
    monkeypatch.setattr(Slow, "opened", 0)
    monkeypatch.setattr(Slow, "takes", Seconds(0.0))
    monkeypatch.setattr(Slow, "fails", False)
    return Cameras()


def test_a_fast_detector_sees_each_camera_every_second(cameras: Cameras) -> None:
    cameras.ask(10.0, DOOR, YARD)
    assert cameras.had[DOOR] == pytest.approx(10, abs=2)
    assert cameras.had[YARD] == pytest.approx(10, abs=2)
    assert Slow.opened == 1


def test_a_slow_one_sees_them_in_turn_and_takes_half_of_the_time(cameras: Cameras) -> None:
    Slow.takes = Seconds(0.5)
    cameras.ask(60.0, DOOR, YARD, GATE)
    counts = [cameras.had[camera] for camera in (DOOR, YARD, GATE)]
    assert max(counts) - min(counts) <= 1
    assert 20 <= sum(counts) * Slow.takes <= 31


def test_a_camera_that_is_gone_is_not_waited_for(cameras: Cameras) -> None:
    cameras.ask(5.0, DOOR, YARD)
    before = cameras.had[YARD]
    cameras.ask(20.0, YARD)
    assert cameras.had[YARD] - before > 15


def test_a_refused_file_is_told_once_for_each_camera_and_another_one_is_tried(cameras: Cameras) -> None:
    broken = DetectorPlan(Path("broken.onnx"), ("person",), (Ratio(0.5),))
    for _ in range(3):
        for camera in (DOOR, YARD):
            assert cameras.detecting.detect(camera, broken, FRAME) is None
        Slow.now = Seconds(Slow.now + 5)
    assert sorted(cameras.refused) == [(DOOR, "broken"), (YARD, "broken")]
    assert cameras.detecting.detect(DOOR, PLAN, FRAME) == ()


def test_one_that_fails_on_a_frame_is_tried_again_later_and_told_once_until_it_works(cameras: Cameras) -> None:
    Slow.fails = True
    cameras.ask(150.0, DOOR, YARD)
    assert sorted(cameras.refused) == [(DOOR, "no memory"), (YARD, "no memory")]
    assert not cameras.had[DOOR]
    Slow.fails = False
    cameras.ask(60.0, DOOR, YARD)
    assert min(cameras.had[DOOR], cameras.had[YARD]) > 15
    Slow.fails = True
    cameras.ask(5.0, DOOR)
    assert cameras.refused[2:] == [(DOOR, "no memory")]
