"""The latest frame in shared memory: whole or none, whatever becomes of its writer."""

import os
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.camera.frames import FrameSlots
from agent.units import Seconds, UnixSeconds

WIDTH, HEIGHT = 40, 30


def _write(slots: FrameSlots, value: int, width: int = WIDTH, height: int = HEIGHT) -> None:
    slots.write(np.full((height, width, 3), value, np.uint8), Seconds(value), UnixSeconds(1000.0 + value))


class _KilledError(Exception):
    pass


class _DyingWrite:
    """Lets a writer do so many of its stores, then no more: as if it was killed."""

    def __init__(self, slots: FrameSlots, stores: int) -> None:
        self._left = stores
        self._views = {name: getattr(slots, name) for name in ("_bytes", "_words", "_times")}
        for name, view in self._views.items():
            setattr(slots, name, _Counted(view, self))

    def spend(self) -> bool:
        """Whether there is a store left."""
        self._left -= 1
        return self._left >= 0


class _Counted:
    def __init__(self, view: memoryview, budget: _DyingWrite) -> None:
        self._view = view
        self._budget = budget

    def __getitem__(self, index: int) -> object:
        return self._view[index]

    def __setitem__(self, index: Any, value: Any) -> None:  # noqa: ANN401 - as a memoryview
        if not self._budget.spend():
            if isinstance(index, slice):  # in the middle of the copy
                half = len(value) // 2
                self._view[index.start : index.start + half] = value[:half]
            raise _KilledError
        self._view[index] = value

    def __len__(self) -> int:
        return len(self._view)


@pytest.fixture
def slots() -> FrameSlots:
    return FrameSlots.create(WIDTH, HEIGHT)


def test_there_is_no_frame_at_first(slots: FrameSlots) -> None:
    assert slots.latest() is None
    assert slots.header().number == 0


def test_the_latest_frame_wins(slots: FrameSlots) -> None:
    for value in range(1, 8):
        _write(slots, value)
    frame = slots.latest()
    assert frame is not None
    assert (frame.number, frame.at, frame.at_wall) == (7, 7.0, 1007.0)
    assert frame.pixels.shape == (HEIGHT, WIDTH, 3)
    assert (frame.pixels == 7).all()
    assert slots.latest(after=7) is None
    header = slots.header()
    assert (header.number, header.at, header.width, header.height) == (7, 7.0, WIDTH, HEIGHT)


def test_a_frame_may_have_another_form_with_no_more_pixels(slots: FrameSlots) -> None:
    _write(slots, 1, width=HEIGHT, height=WIDTH)
    _write(slots, 2, width=8, height=4)
    frame = slots.latest()
    assert frame is not None
    assert frame.pixels.shape == (4, 8, 3)


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH + 1, 3), (HEIGHT, WIDTH), (HEIGHT, WIDTH, 4)])
def test_what_has_no_room_is_refused(slots: FrameSlots, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no room"):
        slots.write(np.zeros(shape, np.uint8), Seconds(0.0), UnixSeconds(0.0))
    assert slots.latest() is None


def test_a_copy_is_not_written_over(slots: FrameSlots) -> None:
    _write(slots, 1)
    frame = slots.latest()
    assert frame is not None
    for value in range(2, 6):
        _write(slots, value)
    assert (frame.pixels == 1).all()


@given(before=st.integers(0, 7), stores=st.integers(0, 7))
def test_a_writer_killed_in_the_middle_leaves_the_frame_before(before: int, stores: int) -> None:
    mine = FrameSlots.create(WIDTH, HEIGHT)
    for value in range(1, before + 1):
        _write(mine, value)
    writer = FrameSlots.open(os.dup(mine.fd))
    _DyingWrite(writer, stores)
    with pytest.raises(_KilledError):
        _write(writer, 200)
    frame = mine.latest()
    if before:
        assert frame is not None
        assert frame.number == before
        assert (frame.pixels == before).all()
    else:
        assert frame is None
    _write(mine, 201)  # the next writer's
    frame = mine.latest(after=before)
    assert frame is not None
    assert (frame.pixels == 201).all()
    mine.close()


def test_readers_never_see_parts_of_two_frames(slots: FrameSlots) -> None:
    last = 3000
    torn: list[int] = []

    def read() -> None:
        mine = FrameSlots.open(os.dup(slots.fd))
        after = 0
        while after < last:
            frame = mine.latest(after)
            if frame is not None:
                after = frame.number
                if (frame.pixels != frame.at % 256).any():
                    torn.append(after)
        mine.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, last + 1):
        slots.write(np.full((HEIGHT, WIDTH, 3), number % 256, np.uint8), Seconds(number), UnixSeconds(0.0))
    for reader in readers:
        reader.join()
    assert not torn


def test_a_reader_that_is_overtaken_takes_the_newer_frame(slots: FrameSlots, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(slots, 1)
    has = slots._still_has
    overtakes = iter([2, 3, 4])

    def overtaken(number: int) -> bool:
        for value in overtakes:
            _write(slots, value)
        return has(number)

    monkeypatch.setattr(slots, "_still_has", overtaken)
    frame = slots.latest()
    assert frame is not None
    assert frame.number == 4
    assert (frame.pixels == 4).all()


def test_nobody_can_shorten_it(slots: FrameSlots) -> None:
    with pytest.raises(PermissionError):
        os.ftruncate(slots.fd, 10)


def test_closing_gives_back_the_descriptor(slots: FrameSlots) -> None:
    _write(slots, 1)
    assert slots.latest() is not None
    slots.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(slots.fd)
