"""Frames on their way into the shared memory."""

import numpy as np
import pytest

from agent.camera.capture.outlet import Outlet
from agent.camera.capture.spec import SourceError
from agent.camera.frames import FrameSlots
from agent.clock import Clock
from agent.units import Seconds, UnixSeconds


class _Outlet:
    """An outlet of 160x90 at a time of the test's."""

    def __init__(self, per_second: float = 10.0) -> None:
        self.now = 100.0
        self.slots = FrameSlots.create(160, 90)
        clock = Clock("boot", lambda: Seconds(self.now), lambda: UnixSeconds(1e9 + self.now))
        self.outlet = Outlet(self.slots, 160, 90, per_second=per_second, clock=clock)

    def put(self, width: int, height: int) -> tuple[int, ...]:
        self.now += 1.0
        self.outlet.put(np.full((height, width, 3), 7, np.uint8))
        frame = self.slots.latest()
        assert frame is not None
        assert (frame.at, frame.at_wall) == (self.now, 1e9 + self.now)
        assert (frame.pixels == 7).all()
        return frame.pixels.shape


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        (160, 90, (90, 160, 3)),
        (80, 45, (45, 80, 3)),
        (320, 180, (90, 160, 3)),
        (320, 240, (90, 120, 3)),
        (90, 160, (90, 51, 3)),
        (5000, 2, (1, 160, 3)),
    ],
)
def test_large_frames_are_scaled_into_the_size(width: int, height: int, shape: tuple[int, ...]) -> None:
    assert _Outlet().put(width, height) == shape


def test_absurd_frames_are_refused() -> None:
    with pytest.raises(SourceError, match="too large"):
        _Outlet().put(9000, 1)


def test_a_view_is_written_as_it_looks() -> None:
    mine = _Outlet()
    mine.outlet.put(np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)[::-1])
    frame = mine.slots.latest()
    assert frame is not None
    assert frame.pixels[-1, 0, 1] == 1


@pytest.mark.parametrize(
    ("rate", "per_second", "passed"), [(30, 10, 10), (25, 10, 13), (8, 10, 8), (10, 10, 10), (100, 1, 2)]
)
def test_not_many_more_frames_than_are_wanted(rate: int, per_second: float, passed: int) -> None:
    mine = _Outlet(per_second)
    began = mine.now
    for number in range(rate):
        mine.now = began + number / rate
        mine.outlet.put(np.zeros((90, 160, 3), np.uint8))
    assert mine.slots.header().number == passed
