"""Checks that need what the ones before them have left: run in order, each printed with what it saw."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

NOT_HERE = 77
"""The exit code that says so, as automake has it: nothing was tested."""

_T = TypeVar("_T")


def run_checks(checks: Sequence[Callable[[_T], str]], subject: _T, log: Callable[[], str] = str) -> int:
    """Run all, also after one that failed.

    Args:
        checks: Each says what it saw, or raises AssertionError.
        subject: What they are given.
        log: What is printed after one that failed; default: nothing.

    Returns:
        An exit code: 1 when one failed.
    """
    failed = 0
    for check in checks:
        name, began = check.__name__.replace("_", " "), time.monotonic()
        try:
            seen = check(subject)
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {name}: {error}\n{log()}", flush=True)
        else:
            print(f"ok      {name} ({time.monotonic() - began:.1f} s): {seen}", flush=True)
    print(f"{len(checks) - failed} of {len(checks)} checks hold")
    return 1 if failed else 0
