"""An event loop on which time passes many times as fast, for real sockets and threads: what waits waits less."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class _Hurry(selectors.DefaultSelector):
    """Waits for a part of what it is told."""

    def __init__(self, times: float) -> None:
        super().__init__()
        self._times = times

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(
            timeout if timeout is None else timeout / self._times
        )
        return ready


class HurriedLoop(asyncio.SelectorEventLoop):
    """A loop on which so many seconds pass in one."""

    def __init__(self, times: float) -> None:
        self._times = times
        super().__init__(_Hurry(times))

    def time(self) -> float:
        return super().time() * self._times


def hurry(coroutine: Coroutine[Any, Any, _T], times: float) -> _T:
    """Run a coroutine in hurried time."""
    with asyncio.Runner(loop_factory=lambda: HurriedLoop(times)) as runner:
        return runner.run(coroutine)
