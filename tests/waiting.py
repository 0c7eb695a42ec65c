"""Waiting for a condition itself, with a deadline."""

import select
import subprocess
import time
from collections.abc import Callable
from typing import AnyStr, TypeVar

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


def first_line(process: subprocess.Popen[AnyStr], timeout: float) -> AnyStr:
    """The first line that a program says.

    Raises:
        AssertionError: It said nothing within `timeout` seconds.
    """
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], timeout)[0], f"nothing said within {timeout:g} s"
    return process.stdout.readline()
