"""How a run goes on: a bar on a terminal; in a log, a line for every round. On the standard error.

Where that takes nothing any more, as a terminal that was closed, the run goes on unseen.
"""

import contextlib
import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from agent.bench.measured import Round

_REFRESH_HZ = 2
"""More often would take from what is measured."""


class ProgressBar:
    """Shown while it is entered.

    Args:
        tokens: That will go through the models in all.
    """

    def __init__(self, tokens: int) -> None:
        self._is_terminal = sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Progress(
            *columns,
            console=Console(stderr=True, highlight=False),
            refresh_per_second=_REFRESH_HZ,
            transient=True,
            disable=not self._is_terminal,
        )
        self._task = self._bar.add_task("", total=tokens)

    def __enter__(self) -> Self:
        """Show it."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        with contextlib.suppress(OSError):
            self._bar.stop()

    def doing(self, what: str) -> None:
        """What is done now."""
        self._bar.update(self._task, description=what)

    def advance(self, tokens: int) -> None:
        """So many more tokens have gone through a model."""
        self._bar.advance(self._task, tokens)

    def done(self, run: Round) -> None:
        """A round is over."""
        if not self._is_terminal:
            line = f"{run.subject}: {run.cell}, round {run.number + 1}: {run.tokens_per_s:.1f} tokens/s\n"
            with contextlib.suppress(OSError):
                sys.stderr.write(line)
