"""Those who have asked for a check, and what they are told of it. Belongs to the event loop."""

import asyncio
from collections.abc import Awaitable, Callable

from agent.errors import RetryError
from agent.fleet.update import State, Update

Tell = Callable[[str], Awaitable[None]]
"""Tells an operator how far it is."""


class Askers:
    """Each is told how far the update is, then what came of it.

    Of what comes while an asker is being told, which is durable and may wait for a disk, it hears the newest only.
    """

    def __init__(self) -> None:
        self._news: set[asyncio.Queue[str | Update]] = set()
        self._asked = asyncio.Event()
        self._force = False

    async def wait_for_outcome(self, tell: Tell, *, force: bool) -> str:
        """Ask for a check, and wait until what follows from it is over.

        Returns:
            What there is to say, for a person.

        Raises:
            RetryError: It came to nothing, or not yet to anything; the message says why.
        """
        news: asyncio.Queue[str | Update] = asyncio.Queue()
        self._news.add(news)
        self._force |= force
        self._asked.set()
        try:
            while isinstance(told := await news.get(), str):
                if news.empty():
                    await tell(told)
        finally:
            self._news.discard(news)
        if told.is_over and told.state in (State.IDLE, State.COMMITTED):
            return told.why
        if told.said().rejected:
            raise RetryError(f'{told.why}; {told.release} is not tried here again, except with "force": true')
        raise RetryError(told.why)

    def tell(self, text: str) -> None:
        """How far it is."""
        for news in self._news:
            news.put_nowait(text)

    def answer(self, update: Update) -> None:
        """What came of it; for those who have asked so far, this is the last word."""
        for news in self._news:
            news.put_nowait(update)
        self._news.clear()
        self._asked.clear()

    @property
    def force(self) -> bool:
        """Whether somebody wants what was rejected to be tried again."""
        return self._force

    def take_force(self) -> bool:
        """Likewise; from now on nobody does."""
        force, self._force = self._force, False
        return force

    async def asked(self) -> None:
        """Wait until somebody asks for a check. It counts once."""
        await self._asked.wait()
        self._asked.clear()
