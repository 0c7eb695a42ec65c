"""Waiting for a condition itself, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def wait_for(probe: Callable[[], _T | None], timeout: float, what: str) -> _T:
    """Ask `probe` until it gives something true, and return that.

    Raises:
        AssertionError: It did not within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {what} within {timeout:g} s")
