"""What the journal is told of a prompt on its way: claimed, put back, finished.

Invariant: whatever is written is written in the end, however long the disk stays full: intake refuses new prompts in
the meantime.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from agent.accounting import EnergyAccounting
from agent.counters import Counters
from agent.errors import ErrorCode, StorageFullError
from agent.journal import Claimed, Journal, JournalThread
from agent.observed import MOST_UNSENT, Dropped, Observed
from agent.prompt import Failure, PromptId, Reply
from agent.units import Seconds
from agent.wire import encode_observation, encode_reply

_RETRY = Seconds(1.0)
"""Nothing announces that a disk has room again: look once in so long."""

_log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Settling:
    """Writes down what becomes of prompts.

    Args:
        journal: Where.
        counters: Told of each reply.
        energy: Told when a prompt has its reply.
        wake_publisher: Called when a reply is in the outbox.
    """

    def __init__(
        self,
        journal: JournalThread,
        *,
        counters: Counters,
        energy: EnergyAccounting,
        wake_publisher: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._counters = counters
        self._energy = energy
        self._wake_publisher = wake_publisher

    async def claim(self, prompt_id: PromptId) -> Claimed | None:
        """As `Journal.claim`."""
        return await self._durably(Journal.claim, prompt_id)

    async def put_back(self, prompt_id: PromptId, *, engine_lost: bool) -> None:
        """As `Journal.put_back`."""
        await self._durably(Journal.put_back, prompt_id, engine_lost=engine_lost)

    async def let_go(self, prompt_id: PromptId) -> None:
        """Put it back if there is room now; else the next start finds it as running."""
        with contextlib.suppress(StorageFullError):
            await self._journal.run(Journal.put_back, prompt_id, engine_lost=False)

    async def finish(self, reply: Reply, observed: Observed | None) -> None:
        """Finish a prompt with its reply.

        Args:
            reply: To the prompt.
            observed: What a camera's prompt is about: its reply is the observation. Of a sender's, None.
        """
        try:
            payload = _encoded(reply, observed)
        except (ValueError, OverflowError):  # text or a number that JSON has not; it would come again at each start
            _log.exception("reply_not_encoded", extra={"prompt_id": reply.id})
            reply = Failure(reply.id, ErrorCode.ENGINE_FAILED, "the reply cannot be sent; the agent's log has why")
            payload = _encoded(reply, observed)
        if observed is None:
            await self._durably(Journal.finish, reply.id, payload)
        else:
            replaced = await self._durably(Journal.finish_observation, reply.id, payload, most=MOST_UNSENT)
            self._counters.dropped(Dropped.REPLACED, replaced)
        self._energy.end(reply.id)  # of one that was not completed; what it cost is in the totals
        self._counters.replied(reply)
        self._wake_publisher()

    async def _durably(self, method: Callable[Concatenate[Journal, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        while True:
            try:
                return await self._journal.run(method, *args, **kwargs)
            except StorageFullError:
                await asyncio.sleep(_RETRY)


def _encoded(reply: Reply, observed: Observed | None) -> bytes:
    """The bytes of a reply, or of the observation that it is.

    Raises:
        ValueError: It has text that UTF-8 has not.
        OverflowError: It has a time that no number of milliseconds is.
    """
    return encode_reply(reply) if observed is None else encode_observation(reply.id, observed, reply)
