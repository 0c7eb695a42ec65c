"""A look says everything that was measured on the latest frame."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agent.camera.frames import FrameSlots
from agent.camera.looking.detecting import Detecting
from agent.camera.looking.eye import Eye
from agent.camera.looking.plan import DetectorPlan, LookPlan
from agent.camera.looking.scaled import Pixels
from agent.camera.values import Box, CameraName, Code, Look, Picture
from agent.units import Bytes, Ratio, Seconds, UnixSeconds
from tests.synthetic_frames import Yard, overlap, with_code
from tests.tiny_detector import write_people_detector

DOOR = CameraName("door")


class Camera:
    """A camera and who looks at it, on a clock of its own."""

    def __init__(self, plan: LookPlan) -> None:
        self.slots = FrameSlots.create(1280, 720)
        self.now = Seconds(50.0)
        self.refused: list[tuple[CameraName, str]] = []
        detecting = Detecting(lambda *said: self.refused.append(said), lambda: self.now)
        self.eye = Eye(DOOR, self.slots, plan, detecting)

    def show(self, frame: Pixels) -> Look:
        """A frame comes, and is looked at."""
        self.now = Seconds(self.now + 0.2)
        self.slots.write(frame, self.now, UnixSeconds(1e9 + self.now))
        look = self.eye.look()
        assert look is not None
        return look


@pytest.fixture
def camera() -> Iterator[Camera]:
    watched = Camera(LookPlan(5.0, code_kinds=("qr",)))
    yield watched
    watched.eye.close()


def detecting(tmp_path: Path, *masks: Box) -> LookPlan:
    write_people_detector(tmp_path / "people.onnx")
    labels = ("person", "dog")
    return LookPlan(5.0, masks, (), DetectorPlan(tmp_path / "people.onnx", labels, (Ratio(0.5), Ratio(0.5))))


def test_a_look_says_whose_frame_which_and_when(camera: Camera) -> None:
    look = camera.show(Yard(width=1280, height=720).frame())
    assert (look.camera, look.number, look.at, look.at_wall) == (DOOR, 1, camera.now, 1e9 + camera.now)
    assert (look.width, look.height) == (1280, 720)
    assert (look.moved, look.regions, look.changed, look.repeated) == (0.0, (), 0.0, False)
    assert look.codes == ()
    assert look.detections is None
    assert 60 < look.brightness < 200


def test_a_frame_is_looked_at_once(camera: Camera) -> None:
    assert camera.eye.look() is None
    camera.show(Yard().frame())
    assert camera.eye.look() is None


def test_a_frame_that_repeats_itself_is_said_to(camera: Camera) -> None:
    yard = Yard()
    frame = yard.frame()
    assert [camera.show(each).repeated for each in (frame, frame, yard.frame(), frame)] == [False, True, False, False]


def test_a_code_held_up_is_read_within_two_looks_and_codes_are_looked_for_seldom_when_nothing_moves(
    camera: Camera,
) -> None:
    yard = Yard()
    still = [camera.show(yard.frame()) for _ in range(40)]
    assert sum(look.codes is not None for look in still) <= 24  # of three seconds, and then each two seconds
    assert [look.codes is None for look in still[20:]].count(False) <= 3
    held = [camera.show(with_code(yard.frame(), "open the gate", 160, (240, 100))) for _ in range(2)]
    assert held[0].moved > 0.02
    assert (Code("qr", "open the gate"),) in [look.codes for look in held]


def test_a_small_code_is_read_at_full_size_within_two_looks(camera: Camera) -> None:
    yard = Yard(width=1280, height=720)
    for _ in range(5):
        camera.show(yard.frame())
    looks = [camera.show(with_code(yard.frame(), "small", 87, (600, 300))) for _ in range(2)]
    assert Code("qr", "small") in [code for look in looks for code in look.codes or ()]


def test_what_is_in_a_mask_does_not_count() -> None:
    camera = Camera(LookPlan(5.0, (Box(0.25, 0.0, 0.5, 1.0),), ("qr",)))
    yard = Yard()
    for _ in range(10):
        camera.show(yard.frame())
    look = camera.show(with_code(yard.frame(), "open the gate", 160, (240, 100)))
    assert (look.moved, look.codes or ()) == (0.0, ())
    assert look.changed < 0.05
    camera.eye.close()


def test_frames_of_another_size_begin_anew(camera: Camera) -> None:
    small, large = Yard(), Yard(width=1280, height=960 // 2)
    for frame in (small.frame(), large.frame(), small.frame()):
        assert camera.show(frame).moved == 0.0


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (2, 3), (4000, 17), (321, 640)])
def test_a_frame_of_any_form_is_measured(camera: Camera, size: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    for _ in range(6):
        look = camera.show(random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
        assert (look.width, look.height) == size
        assert 0.0 <= look.moved <= 1.0
        assert 0.0 <= look.changed <= 1.0


def test_a_person_is_found_in_a_region(camera: Camera) -> None:
    yard = Yard(width=1280, height=720)
    for _ in range(10):
        camera.show(yard.frame())
    frame, where = yard.with_person(0.6)
    assert overlap(camera.show(frame).regions[0], where) > 0.4


def test_what_the_detector_says_comes_with_the_look_every_second(tmp_path: Path) -> None:
    camera = Camera(detecting(tmp_path))
    looks = [camera.show(np.full((640, 640, 3), 250, np.uint8)) for _ in range(11)]
    camera.eye.close()
    seen = [look.detections for look in looks if look.detections is not None]
    assert [each[0].label for each in seen] == ["person"] * len(seen)
    assert 2 <= len(seen) <= 4


def test_what_a_detector_says_of_a_mask_does_not_count(tmp_path: Path) -> None:
    camera = Camera(detecting(tmp_path, Box(0.4, 0.4, 0.2, 0.2)))
    assert camera.show(np.full((640, 640, 3), 250, np.uint8)).detections == ()
    camera.eye.close()


def test_a_refused_detector_is_told_and_the_rest_is_measured(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no")
    plan = LookPlan(5.0, detector=DetectorPlan(tmp_path / "no.onnx", ("person",), (Ratio(0.5),)))
    camera = Camera(plan)
    looks = [camera.show(Yard().frame()) for _ in range(3)]
    camera.eye.close()
    assert [look.detections for look in looks] == [None] * 3
    assert [name for name, _ in camera.refused] == [DOOR]


def test_a_picture_is_of_the_latest_frame(camera: Camera) -> None:
    assert camera.eye.take_picture(Bytes(100_000)) == "camera door has given no frame yet"
    camera.show(Yard().frame())
    camera.show(Yard(width=320, height=240).frame())
    picture = camera.eye.take_picture(Bytes(100_000))
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height, picture.at_wall) == (320, 240, 1e9 + camera.now)
    assert camera.eye.take_picture(Bytes(100)) == "no picture of camera door fits in 100 bytes"
