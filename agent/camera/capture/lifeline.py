"""Processes that do not outlive the one that started them."""

import ctypes
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""prctl(2)"""
LEAVE: Final = signal.SIGUSR1
"""Tells a capture process to end the program that it has started, if it has, and to leave."""


def die_with_parent() -> None:
    """Have this process killed when the thread that started it ends; it holds over exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
