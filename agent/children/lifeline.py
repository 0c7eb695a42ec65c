"""A child's own part: it does not outlive the agent, and does not end before the agent wants it to."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""prctl(2)"""


def die_with_parent() -> None:
    """Have this process killed when the thread that started it ends; it holds over exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def live_and_die_with_the_agent(agent_pid: int, *, oom_score_adj: int) -> None:
    """Leave Ctrl-C and service stops to the agent; but when it is killed, be killed, whatever is under way.

    Args:
        agent_pid: Who started this process.
        oom_score_adj: When memory runs out, the kernel ends the process with the largest first; the agent's is 0 or
            less (proc(5), /proc/pid/oom_score_adj).

    Raises:
        SystemExit: The agent is gone already.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent()
    if os.getppid() != agent_pid:
        raise SystemExit  # it was killed before the line above
    with contextlib.suppress(OSError):  # no such file in some sandboxes, no permission in others
        Path("/proc/self/oom_score_adj").write_text(str(oom_score_adj), encoding="ascii")
