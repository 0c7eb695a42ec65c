"""The last runs as bars, in a picture of a terminal as the others in the documentation are."""

from collections.abc import Sequence
from io import StringIO
from itertools import cycle
from pathlib import Path

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.bench.measured import Document, Figures
from agent.bench.table import number

RUNS = 8
"""As many as can be told apart."""
_COLUMNS = 100
_BAR = 26
_LABEL = 29
"""What date, bar and the figures of the fastest machines leave; a longer one takes more lines, the figures never."""
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
    parts: list[RenderableType] = [Text(f"tokens/s on {latest.machine.name}: median of the rounds, least to most")]
    cells = dict.fromkeys(each.cell for each in latest.figures)
    runs = [(document, each) for document in documents for each in document.figures if each.cell in cells]
    labels = _labels(runs)
    colours = dict(zip(dict.fromkeys(labels), cycle(_COLOURS), strict=False))
    most = max(each.tokens_per_s.median for _, each in runs)
    for cell in cells:
        table = _table()
        for (document, each), label in zip(runs, labels, strict=True):
            if each.cell == cell:
                table.add_row(*_row(document, each, label, colours[label], most))
        parts += [Text(f"\n{cell}", style="bold"), table]
    return Group(*parts, Text())


def _labels(runs: Sequence[tuple[Document, Figures]]) -> list[str]:
    """As in each run; where they were not all of one engine, with it."""
    engines = [
        next(subject.engine for subject in document.subjects if subject.label == each.subject)
        for document, each in runs
    ]
    if len(set(engines)) == 1:
        return [each.subject for _, each in runs]
    return [
        each.subject if each.subject.endswith(f"({engine})") else f"{each.subject} ({engine})"
        for (_, each), engine in zip(runs, engines, strict=True)
    ]


def _table() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=_LABEL)
    table.add_column(width=_BAR)
    table.add_column(justify="right", no_wrap=True, min_width=7)
    table.add_column(no_wrap=True)
    return table


def _row(document: Document, each: Figures, label: str, colour: str, most: float) -> tuple[RenderableType, ...]:
    rate = each.tokens_per_s
    return (
        Text(_when(document), style="dim"),
        Text(label, style=colour),
        Bar(most, 0, rate.median, width=_BAR, color=colour),
        number(rate.median),
        Text(f"{number(rate.least)} to {number(rate.most)}", style="dim"),
    )


def _when(document: Document) -> str:
    return document.date[5:16].replace("T", " ")
