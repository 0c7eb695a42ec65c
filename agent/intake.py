"""The one way in: whatever a source received is durable before the source acknowledges it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.errors import ErrorCode
from agent.journal import Arrival, Journal, JournalThread, Refusal
from agent.prompt import Failure, OutMessage, Prompt
from agent.scheduler import retry_after
from agent.wire import encode_reply
from agent.worker import Worker


class Intake:
    """Bounds the queue and writes arrivals to the journal.

    Invariant: when `accept` returns, each arrival is queued, is a duplicate, or has its refusal in the outbox.

    Args:
        journal: Where arrivals become durable.
        worker: Who runs them; asked for the length of its queue.
        max_prompts: More than these are refused with `queue_full`.
        wake_publisher: Called when there may be something to send.
    """

    def __init__(
        self, journal: JournalThread, worker: Worker, *, max_prompts: int, wake_publisher: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._worker = worker
        self._max_prompts = max_prompts
        self._wake_publisher = wake_publisher
        self._one_at_a_time = asyncio.Lock()

    async def accept(self, arrivals: Sequence[Arrival]) -> None:
        """Make arrivals durable, in one transaction.

        Raises:
            StorageFullError: There is no room; none of them was written.
        """
        async with self._one_at_a_time:
            pending = await self._journal.run(Journal.append, self._bounded(arrivals))
            self._worker.offer(pending)
        self._wake_publisher()

    def _bounded(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Turn the prompts for which the queue has no room into refusals.

        The journal has the last word: an arrival that it knows already stays a duplicate, whatever is decided here.
        """
        room = self._max_prompts - self._worker.queued
        bounded = []
        for arrival in arrivals:
            match arrival.content:
                case Prompt() if room <= 0:
                    bounded.append(replace(arrival, content=self._queue_full(arrival)))
                case Prompt():
                    room -= 1
                    bounded.append(arrival)
                case Refusal():
                    bounded.append(arrival)
        return bounded

    def _queue_full(self, arrival: Arrival) -> Refusal:
        failure = Failure(
            id=arrival.id,
            code=ErrorCode.QUEUE_FULL,
            message=f"{self._worker.queued} prompts wait already; queue.max_prompts is {self._max_prompts}",
            retry_after=retry_after(self._worker.queued, self._worker.mean_service),
        )
        reply = OutMessage(
            topic=arrival.reply_to.topic, payload=encode_reply(failure), correlation=arrival.reply_to.correlation
        )
        return Refusal(reply=reply, retryable=True)
