"""The agent, with one step at which it kills itself as a power cut would.

`python -m tests.power_cut.faulty_agent STEP before|after NTH run --config FILE`: SIGKILL just before or just after the
NTH call of a step. The steps are the methods that write to the journal or tell the broker something.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from agent.cli import main
from agent.journal import Journal
from agent.link import Link

STEPS: dict[str, type] = {
    "recover": Journal,
    "append": Journal,
    "claim": Journal,
    "put_back": Journal,
    "finish": Journal,
    "outbox": Journal,
    "mark_sent": Journal,
    "enqueue": Journal,
    "acknowledge": Link,
    "publish": Link,
}


def arm(step: str, when: str, nth: int) -> None:
    """Replace a step by one that kills this process at its nth call."""
    owner = STEPS[step]
    original: Callable[..., Any] = getattr(owner, step)
    calls = 0

    def count() -> bool:
        nonlocal calls
        calls += 1
        return calls == nth

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(original)
    def faulty(*args: object, **kwargs: object) -> object:
        fatal = count()
        if fatal and when == "before":
            die()
        result = original(*args, **kwargs)
        if fatal and when == "after":
            die()
        return result

    @functools.wraps(original)
    async def faulty_coroutine(*args: object, **kwargs: object) -> object:
        fatal = count()
        if fatal and when == "before":
            die()
        result = await original(*args, **kwargs)
        if fatal and when == "after":
            die()
        return result

    setattr(owner, step, faulty_coroutine if step == "publish" else faulty)


if __name__ == "__main__":
    arm(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.argv = ["jetson-agent", *sys.argv[4:]]
    main()
