"""Outbox to broker: a reply leaves the outbox only when the broker has acknowledged it.

No message holds up the others, whatever the broker does about it. There are brokers that end the connection over a
message which they do not like, and some that never acknowledge it, over which the link does: when one has ended with
messages unacknowledged, they go one at a time, until one is acknowledged. The message that was alone when the
connection ended again is tried again later.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from enum import Enum, auto

from agent.clock import boottime
from agent.deferrals import Deferrals, Why
from agent.errors import NotConnectedError, StorageFullError
from agent.events import Event, ReplyUndeliverable
from agent.journal import Journal, JournalThread, OutboxItem
from agent.link import WINDOW, BrokerBusyError, ConnectionEndedError, Link, PublishRefusedError
from agent.units import Seconds

_RETRY = Seconds(1.0)
"""Nothing announces that a disk has room again: look once in so long."""

_TOLD_AT = 2
"""One hang-up may be the network's: from the second on it is told."""

_log = logging.getLogger(__name__)


class _Outcome(Enum):
    """What became of a message: settled, put off, lost with its connection, or never sent."""

    SETTLED = auto()
    BUSY = auto()
    CUT = auto()
    UNSENT = auto()


class Publisher:
    """Sends what is in the journal's outbox, oldest first but for what is put off, at least once.

    Args:
        journal: The owner of the outbox.
        link: The broker.
        changed: Set by whoever puts something into the outbox.
        event_topic: Where events go: that an event was refused is not an event.
        emit: Reports an event to the operator.
        now: The time.
    """

    def __init__(  # noqa: PLR0913 - only `app` calls it
        self,
        journal: JournalThread,
        link: Link,
        *,
        changed: asyncio.Event,
        event_topic: str,
        emit: Callable[[Event], None],
        now: Callable[[], Seconds] = boottime,
    ) -> None:
        self._journal = journal
        self._link = link
        self._event_topic = event_topic
        self._emit = emit
        self._changed = changed
        self._empty = asyncio.Event()
        self._deferrals = Deferrals(now)
        self._one_at_a_time = False

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing in the outbox to send, but for what is put off."""
        return self._empty.is_set() and not self._changed.is_set()

    async def flushed(self) -> None:
        """Wait until the broker has acknowledged everything that is in the outbox now, but for what is put off."""
        self._empty.clear()
        self._changed.set()
        await self._empty.wait()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._link.connected()
            self._changed.clear()
            self._empty.clear()
            waiting = self._deferrals.waiting()
            items = await self._journal.run(Journal.outbox, limit=WINDOW, without=waiting)
            if items:
                await self._send(items)
                continue
            self._deferrals.keep_only(waiting)  # a newer message has pushed out what would be due
            if not self._changed.is_set():
                self._empty.set()
                await self._something_to_do()

    async def _something_to_do(self) -> None:
        """Wait until the outbox has changed, or what was put off is due."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._deferrals.next_due_in()):
                await self._changed.wait()

    async def _send(self, items: Sequence[OutboxItem]) -> None:
        """All at once, or the one that is to go alone."""
        suspect = next((item for item in items if self._deferrals.why(item.seq) is Why.HANGS_UP), None)
        alone = self._one_at_a_time or suspect is not None
        batch = [suspect or items[0]] if alone else items
        async with asyncio.TaskGroup() as tasks:
            sending = {tasks.create_task(self._publish(item, alone=alone)): item.seq for item in batch}
            waiting = set(sending)
            while waiting:  # what is settled is not to wait, and perhaps go again, for one that is not
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                await self._remove(
                    [seq for task, seq in sending.items() if task in done and task.result() is _Outcome.SETTLED]
                )
        outcomes = {task.result() for task in sending}
        if _Outcome.CUT in outcomes:
            self._one_at_a_time = True
        elif _Outcome.UNSENT not in outcomes:
            self._one_at_a_time = False

    async def _remove(self, seqs: Sequence[int]) -> None:
        for seq in seqs:
            self._deferrals.forget(seq)
        while True:
            try:
                return await self._journal.run(Journal.mark_sent, seqs)
            except StorageFullError:
                await asyncio.sleep(_RETRY)

    async def _publish(self, item: OutboxItem, *, alone: bool) -> _Outcome:
        topic = item.message.topic
        try:
            await self._link.publish(item.message)
        except ConnectionEndedError as error:
            if alone:
                self._suspect(item, error.end.reason)
            return _Outcome.CUT
        except NotConnectedError:
            return _Outcome.UNSENT
        except BrokerBusyError as error:
            if self._deferrals.put_off(item.seq, Why.BUSY) == 1:
                _log.warning("message_put_off_by_broker", extra={"topic": topic, "reason": str(error)})
            return _Outcome.BUSY
        except PublishRefusedError as error:
            # The reply stays in the journal: the sender gets it by sending the same id again.
            _log.error("message_refused_by_broker", extra={"topic": topic, "reason": str(error)})
            self._tell(topic, str(error))
        return _Outcome.SETTLED

    def _suspect(self, item: OutboxItem, reason: str) -> None:
        if self._deferrals.put_off(item.seq, Why.HANGS_UP) == _TOLD_AT:
            _log.error("message_ends_the_connection", extra={"topic": item.message.topic, "reason": reason})
            self._tell(item.message.topic, f"the connection ends when it is sent: {reason}")

    def _tell(self, topic: str, reason: str) -> None:
        if topic != self._event_topic:
            self._emit(ReplyUndeliverable(topic=topic, reason=reason))
