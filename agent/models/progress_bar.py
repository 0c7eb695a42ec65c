"""A download's progress on a terminal; in a log, a line for every tenth."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from agent.models.table import human
from agent.printable import printable
from agent.units import Bytes

_LINES = 10


class ProgressBar:
    """On the standard error, so that nothing stands between a program and what it reads.

    Args:
        name: Of the model.
    """

    def __init__(self, name: str) -> None:
        self._console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._task = self._bar.add_task(name, total=None, visible=False)
        self._name = name
        self._total = self._have = self._told = 0

    def __enter__(self) -> Self:
        """Show it."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state."""
        self._bar.stop()

    def begin(self, total: Bytes, have: Bytes) -> None:
        """So much is there in all, and so much of it from before."""
        self._total, self._have = total, have
        self._bar.update(self._task, total=total, completed=have, visible=True)
        kept = f", {human(have)} of it from before" if have else ""
        self.say(f"{self._name}: {human(total)}{kept}")

    def advance(self, size: int) -> None:
        """So many bytes have come; fewer than none when some have to come again."""
        self._have += size
        self._bar.update(self._task, completed=self._have)
        tenths = self._have * _LINES // self._total if self._total else _LINES
        if not self._console.is_terminal and tenths > self._told:
            self.say(f"{self._name}: {human(self._have)} of {human(self._total)}")
        self._told = tenths

    def say(self, what: str) -> None:
        """Something for a person."""
        if self._console.is_terminal:
            self._bar.console.print(printable(what), markup=False)
        else:
            sys.stderr.write(f"{printable(what)}\n")
