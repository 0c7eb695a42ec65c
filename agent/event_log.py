"""Events to the log and, through the outbox, to `R/event`."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import asdict

from agent.clock import Clock
from agent.errors import StorageFullError
from agent.events import (
    CameraBack,
    Event,
    MemoryRecovered,
    ModelLoaded,
    ModelUnloaded,
    PowerMeterBack,
    PowerWithin,
    ThrottlingEnded,
)
from agent.journal import Journal, JournalThread
from agent.prompt import OutMessage
from agent.units import Seconds
from agent.wire import encode_event, event_name

_log = logging.getLogger(__name__)

_MOST_UNWRITTEN = 256

_GOOD_NEWS = ModelLoaded | ModelUnloaded | MemoryRecovered | ThrottlingEnded | PowerMeterBack | PowerWithin | CameraBack
"""Not worth a warning."""

_RETRY = Seconds(1.0)
"""Nothing announces that a disk has room again: look once in so long."""


class EventLog:
    """Takes events from anywhere in the loop and puts them into the outbox.

    Bounded: when the journal cannot keep up, the oldest unwritten events go first, and the log says so.

    Args:
        journal: The owner of the outbox.
        topic: `R/event`.
        clock: For the time of each event.
        wake_publisher: Called when an event is in the outbox.
    """

    def __init__(self, journal: JournalThread, *, topic: str, clock: Clock, wake_publisher: Callable[[], None]) -> None:
        self._journal = journal
        self._topic = topic
        self._clock = clock
        self._wake_publisher = wake_publisher
        self._unwritten: deque[OutMessage] = deque(maxlen=_MOST_UNWRITTEN)
        self._changed = asyncio.Event()

    def emit(self, event: Event) -> None:
        """Tell the operator, here in the log and upstream."""
        level = logging.INFO if isinstance(event, _GOOD_NEWS) else logging.WARNING
        _log.log(level, event_name(event), extra=asdict(event))
        if len(self._unwritten) == _MOST_UNWRITTEN:
            _log.error("event_dropped", extra={"unwritten": _MOST_UNWRITTEN})
        self._unwritten.append(OutMessage(self._topic, encode_event(event, self._clock)))
        self._changed.set()

    async def run(self) -> None:
        """Write events until cancelled; while the disk is full, keep them and try again."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not await self.write():
                await asyncio.sleep(_RETRY)
                self._changed.set()

    async def write(self) -> bool:
        """Put what there is into the outbox. False: the disk is full, and the rest is kept."""
        while self._unwritten:
            message = self._unwritten.popleft()
            try:
                await self._journal.run(Journal.enqueue, message)
            except StorageFullError:
                if len(self._unwritten) < _MOST_UNWRITTEN:
                    self._unwritten.appendleft(message)
                return False
            self._wake_publisher()
        return True
