"""A picture fits, and says when it was taken and by which camera."""

import io
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from agent.camera.looking.picture import encode
from agent.camera.looking.scaled import Pixels
from agent.camera.values import CameraName
from agent.units import Bytes, UnixSeconds
from tests.synthetic_frames import Yard

DOOR = CameraName("door")
TAKEN = UnixSeconds(1_767_268_800.25)
"""2026-01-01 12:00:00.25 UTC."""


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is five and a half hours ahead."""
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def noise(width: int, height: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("most", [8 * 1024, 40 * 1024, 1024 * 1024])
def test_a_picture_is_no_larger_than_asked_for(most: int) -> None:
    for frame in (Yard(width=1280, height=720).frame(), noise(1280, 720)):
        picture = encode(frame, DOOR, TAKEN, Bytes(most))
        assert picture is not None
        assert len(picture.jpeg) <= most
        with Image.open(io.BytesIO(picture.jpeg)) as opened:
            assert opened.format == "JPEG"
            assert opened.size == (picture.width, picture.height)
            assert opened.width / opened.height == pytest.approx(16 / 9, rel=0.03)


def test_with_room_enough_it_keeps_its_size_and_colours() -> None:
    blue = np.full((90, 160, 3), (200, 30, 10), np.uint8)
    picture = encode(blue, DOOR, TAKEN, Bytes(100_000))
    assert picture is not None
    with Image.open(io.BytesIO(picture.jpeg)) as opened:
        assert opened.size == (160, 90)
        red, _, found = opened.getpixel((80, 45))  # type: ignore[misc]  # a tuple of three in a picture with colours
        assert (red < 30, found > 180) == (True, True)


@pytest.mark.usefixtures("in_india")
def test_its_exif_says_when_in_local_time_and_by_which_camera() -> None:
    picture = encode(noise(64, 64), CameraName("Tür"), TAKEN, Bytes(100_000))
    assert picture is not None
    assert picture.at_wall == TAKEN
    with Image.open(io.BytesIO(picture.jpeg)) as opened:
        exif = opened.getexif()
        described = exif[0x010E]
        taken = exif.get_ifd(0x8769)
    assert described.encode("latin-1").decode() == "Tür"
    assert taken[0x9003] == "2026:01:01 17:30:00"
    assert taken[0x9011] == "+05:30"
    assert taken[0x9291] == "250"


def test_what_does_not_fit_at_any_size_is_no_picture() -> None:
    assert encode(noise(1280, 720), DOOR, TAKEN, Bytes(500)) is None
    assert encode(noise(30, 30), DOOR, TAKEN, Bytes(200)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4096, 16)])
def test_any_form_is_a_picture(size: tuple[int, int]) -> None:
    picture = encode(noise(*size), DOOR, TAKEN, Bytes(20_000))
    assert picture is not None
    assert len(picture.jpeg) <= 20_000
