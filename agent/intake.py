"""The one way in: whatever a source received is durable before the source acknowledges it."""

import asyncio
from collections.abc import Callable, Sequence

from agent.counters import Counters
from agent.errors import ErrorCode
from agent.journal import Arrival, Journal, JournalThread, Objection, Refusal, Refuse
from agent.lanes import Lanes
from agent.observed import Dropped, Observed
from agent.prompt import OutMessage, Prompt
from agent.refusals import Refusals
from agent.scheduler import retry_after


class Intake:
    """Bounds the queue and writes arrivals to the journal.

    Invariant: when `accept` returns, each arrival is queued, is a duplicate, or has its refusal in the outbox.

    Args:
        journal: Where arrivals become durable.
        lanes: Who runs them; asked for the length of its queue.
        max_prompts: More than these are refused with `queue_full`.
        wake_publisher: Called when there may be something to send.
        counters: Told of what arrived, and what was refused.
    """

    def __init__(
        self,
        journal: JournalThread,
        lanes: Lanes,
        *,
        max_prompts: int,
        wake_publisher: Callable[[], None],
        counters: Counters,
    ) -> None:
        self._counters = counters
        self._journal = journal
        self._lanes = lanes
        self._max_prompts = max_prompts
        self._wake_publisher = wake_publisher
        self._one_at_a_time = asyncio.Lock()

    async def accept(self, arrivals: Sequence[Arrival]) -> None:
        """Make arrivals durable, in one transaction.

        Raises:
            StorageFullError: There is no room; none of them was written.
        """
        refused = _codes_of(arrivals)
        async with self._one_at_a_time:
            room = self._max_prompts - self._lanes.queued
            pending = await self._journal.run(Journal.append, arrivals, room=room, refuse=self._refuse(refused))
            self._lanes.offer(pending)
        self._counters.received(len(arrivals), taken=len(pending), refused=refused)
        self._wake_publisher()

    async def accept_newest(self, prompt: Prompt, observed: Observed) -> bool:
        """Queue a prompt of a camera, in the place of one that it makes old.

        If the queue is full, nothing is written and nobody is told.

        Raises:
            StorageFullError: There is no room for it. What waited still waits.
        """
        async with self._one_at_a_time:
            older = self._lanes.made_old_by(observed)
            if self._lanes.queued - len(older) >= self._max_prompts:
                return False
            pending, replaced = await self._journal.run(Journal.replace, older, prompt)
            for prompt_id in replaced:
                self._lanes.forget(prompt_id)
            self._counters.dropped(Dropped.REPLACED, len(replaced))
            self._lanes.offer([pending])
        self._counters.received(1, taken=1, refused=[])
        return True

    async def answer(self, arrival: Arrival) -> OutMessage | None:
        """What to tell the sender of an arrival for which there is no room; None: its reply comes by itself."""
        refused = _codes_of([arrival])
        answer = await self._journal.run(Journal.answer, arrival, refuse=self._refuse(refused))
        self._counters.received(1, taken=0, refused=refused)
        return answer

    def _refuse(self, codes: list[ErrorCode]) -> Refuse:
        """Makes refusals with the numbers of this moment, in the journal's thread; their codes go into `codes`."""
        queued = self._lanes.queued
        refusals = Refusals(self._max_prompts, retry_after(queued, self._lanes.mean_service))

        def refuse(arrival: Arrival, objection: Objection) -> Refusal:
            refusal = refusals(arrival, objection)
            codes.append(refusal.code)
            return refusal

        return refuse


def _codes_of(arrivals: Sequence[Arrival]) -> list[ErrorCode]:
    """Of those that arrive as refusals."""
    return [arrival.content.code for arrival in arrivals if isinstance(arrival.content, Refusal)]
