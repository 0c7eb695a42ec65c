"""Messages that wait on the disk until the broker is back.

Owns its folder: numbered segments, the oldest of which goes when there is no room. Invariants: the files together are
never larger than the limit; what was appended is there after the death of the process (not always after that of the
machine: nothing is synced, see docs/adr/0010); a message that was sent is not sent again. Nothing here raises for a
disk that is full or broken: telemetry is not worth an agent.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.spool.segment import Segment, record_of
from agent.units import Bytes

_SEGMENTS: Final = 16
"""So many files at most: what goes when it is full is a sixteenth of all."""

_SUFFIX: Final = ".segment"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpooledMessage:
    """The oldest message that waits. `segment` and `offset` say where it is."""

    segment: int
    offset: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """How much there is.

    Attributes:
        messages: That wait.
        size: Bytes of the files.
        dropped: Messages that were lost since the agent's start: the oldest for want of room, or new ones that the disk
            did not take.
    """

    messages: int
    size: Bytes
    dropped: int


class Spool:
    """The messages, oldest first. Blocks on the disk; belongs to one thread.

    Args:
        folder: Where the files are; made when something is to be kept.
        max_size: The most bytes of all files.
    """

    def __init__(self, folder: Path, max_size: Bytes) -> None:
        self._folder = folder
        self._max_size = max_size
        self._segments: dict[int, Segment] = {}
        self._dropped = 0
        self._is_failing = False
        for number in sorted(int(file.stem) for file in folder.glob(f"*{_SUFFIX}") if file.stem.isdigit()):
            self._load(number)
        self._number = max(self._segments, default=0)
        self._make_room(0)  # the limit may have become smaller

    @property
    def stats(self) -> SpoolStats:
        """How much there is now. May be read from any thread."""
        segments = list(self._segments.values())
        messages = sum(len(segment.waiting) for segment in segments)
        return SpoolStats(messages, Bytes(sum(segment.size for segment in segments)), self._dropped)

    def append(self, payload: bytes) -> None:
        """Keep a message; without room, the oldest go. What the disk does not take is dropped."""
        record = record_of(payload)
        if len(record) > self._max_size // _SEGMENTS:
            self._dropped += 1
            return
        self._make_room(len(record))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._newest(len(record)).append(record)
        except OSError as error:
            self._dropped += 1
            self._tell(error)
        else:
            self._is_failing = False

    def oldest(self) -> SpooledMessage | None:
        """The message that has waited longest; None when none does."""
        for number in sorted(self._segments):
            segment = self._segments[number]
            while segment.waiting:
                try:
                    return SpooledMessage(number, segment.waiting[0], segment.read(segment.waiting[0]))
                except (OSError, ValueError) as error:
                    self._tell(error)
                    self._dropped += 1
                    segment.waiting.pop(0)
            self._remove(number)
        return None

    def mark_sent(self, message: SpooledMessage) -> None:
        """The broker has it, or does not want it. One that went for want of room in the meantime is ignored."""
        segment = self._segments.get(message.segment)
        if segment is None or message.offset not in segment.waiting:
            return
        try:
            segment.mark_sent(message.offset)
        except OSError as error:  # then it is sent again after a restart
            self._tell(error)
        if not segment.waiting:
            self._remove(message.segment)

    def _load(self, number: int) -> None:
        try:
            self._segments[number] = Segment(self._path(number))
        except OSError as error:
            self._tell(error)

    def _newest(self, size: int) -> Segment:
        """The segment that has room for a record."""
        newest = self._segments.get(self._number)
        if newest is None or newest.size + size > self._max_size // _SEGMENTS:
            self._number += 1
            newest = self._segments[self._number] = Segment(self._path(self._number))
        return newest

    def _make_room(self, size: int) -> None:
        while self._segments and self.stats.size + size > self._max_size:
            oldest = min(self._segments)
            self._dropped += len(self._segments[oldest].waiting)
            self._remove(oldest)

    def _remove(self, number: int) -> None:
        segment = self._segments.pop(number)
        try:
            segment.path.unlink(missing_ok=True)
        except OSError as error:
            self._tell(error)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}{_SUFFIX}"

    def _tell(self, error: OSError | ValueError) -> None:
        """Once, not for each message."""
        if not self._is_failing:
            self._is_failing = True
            _log.warning("spool_failed", extra={"folder": str(self._folder), "reason": str(error)})
