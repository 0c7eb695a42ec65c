"""The latest frame of a camera, in memory that processes share.

The memory is a file without a name (memfd_create(2)) that the agent makes and its children inherit: when the last of
them has ended, however it ended, nothing is left. Three slots are written in turn. Invariants: one process writes; a
reader gets a whole frame or none, also when the writer is killed in the middle of a write; numbers only rise, also from
one writer to the next.
"""

import fcntl
import math
import mmap
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from agent.units import Seconds, UnixSeconds

if TYPE_CHECKING:  # the agent, which only looks at headers, does without NumPy
    import numpy as np
    from numpy.typing import NDArray

_SLOTS: Final = 3
_HEADER: Final = 64
"""Bytes before the slots, and before the pixels of each. A cache line: what is written does not slow down others."""
_TRIES: Final = 8
"""A reader that is overtaken reads the newer frame. After so many times it takes none, and has to ask again."""

# Words of eight bytes at the begin of the memory, and of each slot. An aligned word is written as a whole.
_LATEST: Final = 0
_NUMBER, _AT, _AT_WALL, _WIDTH, _HEIGHT = range(5)


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of the latest frame.

    Attributes:
        number: Rising from 1; 0: there has been no frame.
        at: When it was read, on the boot clock.
        at_wall: The same moment by the wall clock.
        width: In pixels.
        height: Likewise.
    """

    number: int
    at: Seconds
    at_wall: UnixSeconds
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame, copied out of the shared memory.

    Attributes:
        number: As in `Header`.
        at: When it was read, on the boot clock.
        at_wall: The same moment by the wall clock.
        pixels: Blue, green and red; shape (height, width, 3), C order.
    """

    number: int
    at: Seconds
    at_wall: UnixSeconds
    pixels: "NDArray[np.uint8]"


class FrameSlots:
    """The shared memory. Build it with `create` or `open`.

    Args:
        fd: The memory's file. Owned: closed with this.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._memory = mmap.mmap(fd, 0)
        self._bytes = memoryview(self._memory)
        self._words = self._bytes.cast("Q")
        self._times = self._bytes.cast("d")
        self._stride = (len(self._bytes) - _HEADER) // _SLOTS // _HEADER * _HEADER

    @classmethod
    def create(cls, width: int, height: int) -> Self:
        """New memory, for frames of at most so many pixels: a smaller width leaves room for a larger height."""
        pixels = math.ceil(width * height * 3 / _HEADER) * _HEADER
        fd = os.memfd_create("camera-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(fd, _HEADER + _SLOTS * (_HEADER + pixels))
            # Nobody who has it can make it shorter, which would kill the others at their next look (SIGBUS).
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            return cls(fd)
        except BaseException:
            os.close(fd)
            raise

    @classmethod
    def open(cls, fd: int) -> Self:
        """The memory behind an inherited descriptor, which is owned from now on."""
        return cls(fd)

    @property
    def fd(self) -> int:
        """For a child to inherit."""
        return self._fd

    def write(self, frame: "NDArray[np.uint8]", at: Seconds, at_wall: UnixSeconds) -> None:
        """Make this the latest frame. Only one process may.

        Args:
            frame: Blue, green and red; shape (height, width, 3), C order.
            at: When it was read, on the boot clock.
            at_wall: The same moment by the wall clock.

        Raises:
            ValueError: It has more pixels than there is room for, or another form.
        """
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.nbytes > self._stride - _HEADER:  # noqa: PLR2004 - BGR
            raise ValueError(f"there is no room for a frame of shape {frame.shape}")
        number = self._words[_LATEST] + 1
        base = self._base(number)
        word = base // 8
        self._words[word + _NUMBER] = 0  # not to be read
        _fence()
        pixels = base + _HEADER
        self._bytes[pixels : pixels + frame.nbytes] = frame.data.cast("B")
        self._times[word + _AT] = at
        self._times[word + _AT_WALL] = at_wall
        self._words[word + _WIDTH] = frame.shape[1]
        self._words[word + _HEIGHT] = frame.shape[0]
        _fence()
        self._words[word + _NUMBER] = number
        self._words[_LATEST] = number

    def header(self) -> Header:
        """What is known of the latest frame."""
        for _ in range(_TRIES):
            number = self._words[_LATEST]
            found = self._header_of(number)
            if self._still_has(number):
                return found
        return Header(0, Seconds(0.0), UnixSeconds(0.0), 0, 0)

    def latest(self, after: int = 0) -> Frame | None:
        """A copy of the latest frame; None: none is newer than the one with the number `after`."""
        import numpy as np  # noqa: PLC0415 - see above

        for _ in range(_TRIES):
            number = self._words[_LATEST]
            if number <= after:
                return None
            header = self._header_of(number)
            size = header.width * header.height * 3
            if size > self._stride - _HEADER:  # overtaken
                continue
            begin = self._base(number) + _HEADER
            copied = bytearray(self._bytes[begin : begin + size])
            if self._still_has(number):
                pixels = np.frombuffer(copied, np.uint8).reshape(header.height, header.width, 3)
                return Frame(number, header.at, header.at_wall, pixels)
        return None

    def close(self) -> None:
        """Give back the memory, as far as this process has it."""
        for view in (self._words, self._times, self._bytes):
            view.release()
        self._memory.close()
        os.close(self._fd)

    def _base(self, number: int) -> int:
        return _HEADER + number % _SLOTS * self._stride

    def _header_of(self, number: int) -> Header:
        _fence()
        word = self._base(number) // 8
        return Header(
            number,
            Seconds(self._times[word + _AT]),
            UnixSeconds(self._times[word + _AT_WALL]),
            self._words[word + _WIDTH],
            self._words[word + _HEIGHT],
        )

    def _still_has(self, number: int) -> bool:
        """Whether what was just read of a slot is this frame's."""
        _fence()
        return self._words[self._base(number) // 8 + _NUMBER] == number


def _fence() -> None:
    """Keep what was read and written before apart from what comes, on processors that reorder it (ARM).

    A release, then an acquire: neither side moves over both.
    """
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    lock.acquire()
