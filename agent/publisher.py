"""Outbox to broker: a reply leaves the outbox only when the broker has acknowledged it."""

import asyncio
import logging
from collections.abc import Callable

from agent.errors import NotConnectedError, StorageFullError
from agent.events import Event, ReplyUndeliverable
from agent.journal import Journal, JournalThread, OutboxItem
from agent.link import Link, PublishRefusedError
from agent.units import Seconds

_WINDOW = 32
"""Messages published before the acknowledgements of all of them are waited for."""

_RETRY = Seconds(1.0)
"""Nothing announces that a disk has room again: look once in so long."""

_log = logging.getLogger(__name__)


class Publisher:
    """Sends what is in the journal's outbox, oldest first, at least once.

    Args:
        journal: The owner of the outbox.
        link: The broker.
        changed: Set by whoever puts something into the outbox.
        event_topic: Where events go: that an event was refused is not an event.
        emit: Reports an event to the operator.
    """

    def __init__(
        self,
        journal: JournalThread,
        link: Link,
        *,
        changed: asyncio.Event,
        event_topic: str,
        emit: Callable[[Event], None],
    ) -> None:
        self._journal = journal
        self._link = link
        self._event_topic = event_topic
        self._emit = emit
        self._changed = changed
        self._empty = asyncio.Event()

    async def flushed(self) -> None:
        """Wait until the broker has acknowledged everything that is in the outbox now."""
        self._empty.clear()
        self._changed.set()
        await self._empty.wait()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._link.connected()
            self._changed.clear()
            items = await self._journal.run(Journal.outbox, limit=_WINDOW)
            if items:
                await self._send(items)
            elif not self._changed.is_set():
                self._empty.set()
                await self._changed.wait()

    async def _send(self, items: list[OutboxItem]) -> None:
        settled = await asyncio.gather(*(self._is_settled(item) for item in items))
        done = [item.seq for item, is_settled in zip(items, settled, strict=True) if is_settled]
        while True:
            try:
                return await self._journal.run(Journal.mark_sent, done)
            except StorageFullError:
                await asyncio.sleep(_RETRY)

    async def _is_settled(self, item: OutboxItem) -> bool:
        """Publish one message; True when it is to leave the outbox."""
        try:
            await self._link.publish(item.message)
        except NotConnectedError:
            return False
        except PublishRefusedError as error:
            # The reply stays in the journal: the sender gets it by sending the same id again.
            _log.error("message_refused_by_broker", extra={"topic": item.message.topic, "reason": str(error)})
            if item.message.topic != self._event_topic:
                self._emit(ReplyUndeliverable(topic=item.message.topic, reason=str(error)))
        return True
