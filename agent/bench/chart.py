"""The last runs as bars, in a picture of a terminal as the others in the documentation are."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.bench.measured import Document, Figures

RUNS = 8
"""As many as can be told apart."""
_COLUMNS = 80
_BAR = 26
_COLOURS = ("cyan", "magenta", "green", "yellow")


def draw(documents: Sequence[Document], file: Path) -> None:
    """Write an SVG.

    Args:
        documents: Runs, the oldest first.
        file: Where to.

    Raises:
        OSError: It cannot be written.
    """
    console = Console(record=True, width=_COLUMNS, file=StringIO(), force_terminal=True, legacy_windows=False)
    console.print(chart(documents))
    console.save_svg(str(file), title="jetson-agent bench")


def chart(documents: Sequence[Document]) -> RenderableType:
    """A bar of tokens/s for each run, cell by cell; those of the latest run only. All bars have one scale."""
    latest = documents[-1]
    labels = list(dict.fromkeys(each.subject for document in documents for each in document.figures))
    parts: list[RenderableType] = [Text(f"tokens/s on {latest.machine.name}: median of the rounds, least to most")]
    cells = dict.fromkeys(each.cell for each in latest.figures)
    runs = [(document, each) for document in documents for each in document.figures if each.cell in cells]
    most = max(each.tokens_per_s.median for _, each in runs)
    for cell in cells:
        parts.append(Text(f"\n{cell}", style="bold"))
        parts.append(_bars([(document, each) for document, each in runs if each.cell == cell], labels, most))
    return Group(*parts, Text())


def _bars(runs: Sequence[tuple[Document, Figures]], labels: Sequence[str], most: float) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=20)
    table.add_column(width=_BAR)
    table.add_column(justify="right", no_wrap=True, min_width=7)
    table.add_column(no_wrap=True)
    for document, each in runs:
        colour = _COLOURS[labels.index(each.subject) % len(_COLOURS)]
        table.add_row(
            Text(_when(document), style="dim"),
            Text(each.subject, style=colour),
            Bar(most, 0, each.tokens_per_s.median, width=_BAR, color=colour),
            f"{each.tokens_per_s.median:,.1f}",
            Text(f"{each.tokens_per_s.least:,.0f} to {each.tokens_per_s.most:,.0f}", style="dim"),
        )
    return table


def _when(document: Document) -> str:
    return document.date[5:16].replace("T", " ")
