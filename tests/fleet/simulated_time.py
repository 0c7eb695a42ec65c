"""An event loop whose time passes only while nothing can run, and then at once up to the next timer."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_TURN = 1e-6
"""What a turn of the loop takes at least: whoever waits for less than a clock can tell still gets there."""


class _Jump(selectors.SelectSelector):
    """Waits for nothing: it moves the time on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen any more")
        self.now += max(timeout, _TURN)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Without threads and sockets: what comes from them comes when it has waited, and here nothing waits."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


def simulate(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine in simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(coroutine)
