"""The terminal while frames are shown: the whole screen is taken, and given back as it was, however this ends."""

import contextlib
import signal
import sys
import termios
from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text


class Screen:
    """Shows frames; draws only what has changed.

    Args:
        console: The terminal.
        live: What writes to it.
    """

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live
        self._shown: tuple[object, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines that there are now."""
        return self._console.size

    def show(self, lines: Sequence[Text]) -> None:
        """Replace the frame."""
        now = (self.size, *(line.markup for line in lines))
        if now != self._shown:
            self._shown = now
            self._live.update(Group(*lines), refresh=True)


@contextlib.contextmanager
def whole_screen(console: Console) -> Iterator[Screen]:
    """Take the terminal. SIGTERM and SIGHUP end it as Ctrl-C does: with KeyboardInterrupt."""
    before = {signum: signal.signal(signum, signal.default_int_handler) for signum in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with _silent_keyboard(), Live(console=console, screen=True, auto_refresh=False) as live:
            yield Screen(console, live)
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextlib.contextmanager
def _silent_keyboard() -> Iterator[None]:
    """What is typed meanwhile is neither shown nor left for the shell."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    silent = termios.tcgetattr(sys.stdin)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
