"""The one thread that SQLite lives in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from agent.clock import Clock
from agent.errors import StorageFullError
from agent.journal.journal import Journal
from agent.units import Bytes, Seconds

_PRUNE_EVERY = Seconds(30.0)

P = ParamSpec("P")
T = TypeVar("T")


class JournalThread:
    """Runs the journal's methods for the event loop, one after the other, in the order of the calls.

    `claimed = await journal.run(Journal.claim, prompt_id)`
    """

    def __init__(self, journal: Journal, executor: ThreadPoolExecutor) -> None:
        self._journal = journal
        self._executor = executor

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, clock: Clock, keep: Seconds, max_size: Bytes) -> AsyncIterator[Self]:
        """`Journal.open` and, at the end, after everything that was called, its `close`.

        Leaving waits for what is under way, and cannot be cancelled.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal") as executor:
            opening = executor.submit(Journal.open, path, clock=clock, keep=keep, max_size=max_size)
            try:
                yield cls(await asyncio.shield(asyncio.wrap_future(opening)), executor)
            finally:
                closing = executor.submit(lambda: opening.result().close())
        closing.result()

    async def run(self, method: Callable[Concatenate[Journal, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of the journal.

        What was called happens, once and whole, even if the caller is cancelled while it waits: it then does not learn
        the result. A caller that has to know it shields itself.
        """
        call = partial(method, self._journal, *args, **kwargs)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._executor, call))

    async def answer(self) -> None:
        """Return once the thread takes calls."""
        await self.run(lambda _: None)

    async def keep_pruned(self) -> None:
        """Prune now and then, until cancelled."""
        while True:
            await asyncio.sleep(_PRUNE_EVERY)
            with contextlib.suppress(StorageFullError):  # the next time, then
                await self.run(Journal.prune)
