"""Shows a build on a terminal: which program runs, for how long; then what quantization cost."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from agent.models.building.accuracy import rows, warnings_of
from agent.models.building.build import Built
from agent.models.building.stages import Stage


@contextlib.contextmanager
def shown(stage: Stage) -> Iterator[None]:
    """A line for a program, on the standard error; in a log, with its seconds when it has ended."""
    console, began = Console(stderr=True, highlight=False), time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(stage.title, total=None)
        yield
    console.print(f"{stage.title}: {time.monotonic() - began:.0f} s", markup=False, soft_wrap=True)


def show_accuracy(built: Built) -> None:
    """The figures before and after, and a warning for each that got worse by more than is usual."""
    if built.before is None or built.after is None:
        return
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("ACCURACY", "BEFORE", "AFTER", "CHANGE"):
        table.add_column(title, justify="left" if title == "ACCURACY" else "right")
    for row in rows(built.before, built.after):
        table.add_row(*map(Text, row))
    console.print(table)
    for warning in warnings_of(built.before, built.after):
        console.print(f"Warning: {warning}", markup=False, soft_wrap=True)
