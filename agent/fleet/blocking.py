"""Calls that block, outside the event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Caller(Protocol):
    """Makes a call that blocks, and gives what it returns or raises."""

    def __call__(self, call: Callable[[], _T], /) -> Awaitable[_T]:
        """As `in_thread`."""


async def in_thread(call: Callable[[], _T]) -> _T:
    """Make a call in a thread of its own.

    Who is cancelled meanwhile does not wait for it, and neither does the end of the process: to whom it belongs, that
    is a power cut. Hence not `asyncio.to_thread`, whose threads the interpreter waits for.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(give: Callable[[], None]) -> None:
        if not done.done():  # else nobody waits any more
            give()

    def run() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - handed to whom it belongs
            give = partial(done.set_exception, error)
        else:
            give = partial(done.set_result, result)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, give)

    threading.Thread(target=run, name="fleet", daemon=True).start()
    return await done


async def at_once(call: Callable[[], _T]) -> _T:
    """Make a call that does not block: in simulations."""
    return call()
