"""Ends a wait from outside: a thread beside the one that waits in a library which knows no end for the whole."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from agent.units import Seconds


class Patience:
    """Watches the waits of one thread. A context manager.

    Args:
        cut: Ends a wait; called from another thread, perhaps more than once.
        longest: That a wait may last; at most twice as long passes until it is ended.

    Attributes:
        is_over: Whether a wait had to be ended.
    """

    def __init__(self, cut: Callable[[], None], longest: Seconds) -> None:
        self.is_over = False
        self._cut = cut
        self._longest = longest
        self._until: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="patience", daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """A wait."""
        self._until = time.monotonic() + self._longest
        try:
            yield
        finally:
            self._until = None

    def _watch(self) -> None:
        left: float = self._longest
        while not self._ended.wait(left):
            until = self._until
            left = self._longest if until is None else until - time.monotonic()
            if left <= 0:
                self.is_over = True
                self._cut()
                left = self._longest
