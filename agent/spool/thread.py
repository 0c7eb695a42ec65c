"""The thread that the spool's files are read and written in: a disk that hangs stops nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from agent.spool.spool import Spool, SpooledMessage, SpoolStats
from agent.units import Seconds

_APPEND_TIMEOUT = Seconds(1.0)


class SpoolThread:
    """The spool, for the event loop; a context manager.

    Args:
        spool: Not used by anybody else.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._appending: asyncio.Future[None] | None = None
        self._dropped = 0

    def __enter__(self) -> Self:
        """Nothing runs before it is needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End; what is being written is written first."""
        self._executor.shutdown()

    @property
    def stats(self) -> SpoolStats:
        """How much there is."""
        stats = self._spool.stats
        return replace(stats, dropped=stats.dropped + self._dropped)

    async def append(self, payload: bytes) -> None:
        """See `Spool.append`; returns after a second, written or not.

        While the one before is still being written, this one is dropped: they would pile up.
        """
        if self._appending is not None and not self._appending.done():
            self._dropped += 1
            return
        loop = asyncio.get_running_loop()
        self._appending = loop.run_in_executor(self._executor, self._spool.append, payload)
        written, _ = await asyncio.wait([self._appending], timeout=_APPEND_TIMEOUT)
        for each in written:
            each.result()

    async def oldest(self) -> SpooledMessage | None:
        """See `Spool.oldest`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._spool.oldest)

    async def mark_sent(self, message: SpooledMessage) -> None:
        """See `Spool.mark_sent`."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._spool.mark_sent, message)
