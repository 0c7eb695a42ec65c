"""The thread that the spool's files are read and written in: a disk that hangs stops nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from agent.spool.spool import Spool, SpooledMessage, SpoolStats


class SpoolThread:
    """The spool, for the event loop; a context manager.

    Args:
        spool: Not used by anybody else.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")

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
        return self._spool.stats

    async def append(self, payload: bytes) -> None:
        """See `Spool.append`."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._spool.append, payload)

    async def oldest(self) -> SpooledMessage | None:
        """See `Spool.oldest`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._spool.oldest)

    async def mark_sent(self, message: SpooledMessage) -> None:
        """See `Spool.mark_sent`."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._spool.mark_sent, message)
