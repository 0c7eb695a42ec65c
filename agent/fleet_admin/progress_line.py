"""What goes on for hours: a line that changes on a terminal; in a log, a line for each thing that happens."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text


class ProgressLine:
    """On the standard error; shown while it is entered."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = Status("", console=self._console)

    def __enter__(self) -> Self:
        """Show it."""
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        if self._console.is_terminal:
            self._status.stop()

    def show(self, what: str) -> None:
        """How it stands."""
        if self._console.is_terminal:
            self._status.update(Text(what))

    def tell(self, what: str) -> None:
        """What happened."""
        if self._console.is_terminal:
            self._console.print(Text(what))
        else:
            sys.stderr.write(f"{what}\n")
            sys.stderr.flush()
