"""How far reading a fleet's contents is: a bar on a terminal, nothing in a log."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from agent.units import Bytes


class ProgressBar:
    """On the standard error; shown while it is entered.

    Args:
        what: Is done.
    """

    def __init__(self, what: str) -> None:
        console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task(what, total=None)

    def __enter__(self) -> Self:
        """Show it."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        self._bar.stop()

    def begin(self, total: Bytes) -> None:
        """So much there is in all."""
        self._bar.update(self._task, total=total)

    def advance(self, size: Bytes) -> None:
        """So much more is done."""
        self._bar.advance(self._task, size)
