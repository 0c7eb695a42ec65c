"""Shows models on the standard output: a table on a terminal and in pipes alike."""

import contextlib
import shutil
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.budget.memory import judge
from agent.candidates import bounds_of
from agent.config import Config
from agent.engine.catalog import ENGINES, KnownEngine
from agent.engine.library import installed_version
from agent.errors import ConfigError
from agent.models.catalog import Catalog, Entry
from agent.models.columns import GAP, widths
from agent.models.folder import engines_of
from agent.models.geometries import any_geometry
from agent.models.table import Verdict, details, row
from agent.platform.memory_now import MemoryGauge
from agent.printable import printable

_PIPE_WIDTH = 160
_TITLES = ("NAME", "SIZE", "LICENCE", "HERE", "FITS", "ENGINES")
_ON_ONE_LINE = 2
"""Of the columns: name and size."""
_LEFT_OUT = ("LICENCE", "ENGINES", "FITS", "HERE", "SIZE")
"""Columns that go where there is no room, in this order; a broken name could not be copied."""


def show_models(config: Config) -> None:
    """All models that are known; below them why some cannot be used.

    Raises:
        ConfigError: A place for models cannot be looked into.
    """
    entries = Catalog(config.models_dir, config.state_dir).entries()
    rows = [tuple(map(printable, row(entry, verdict_of(entry, config), engines_here(entry)))) for entry in entries]
    console = _console()
    table, left_out = _fitted(dict(zip(_TITLES, zip(*[_TITLES, *rows], strict=True), strict=True)), console.width)
    console.print(table)
    if left_out:
        console.print(f"Wider terminals also show {', '.join(left_out)}; so does jetson-agent models show NAME")
    for entry in entries:
        if entry.fault is not None:
            console.print(_text(f"{entry.name} cannot be used: {entry.fault}"), soft_wrap=True)


def show_model(entry: Entry, config: Config) -> None:
    """All that is known of one."""
    console = _console()
    console.print(_text(entry.name, "bold"))
    verdict = verdict_of(entry, config)
    if entry.manifest is None:
        lines = iter(
            [
                ("here", str(entry.folder)),
                ("engines", ", ".join(engines_here(entry))),
                ("note", "somebody put it there: it has no manifest"),
            ]
        )
    else:
        lines = details(entry, entry.manifest, verdict, engines_here(entry))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for title, line in lines:
        table.add_row(title, _text(line))
    console.print(table)


def engines_here(entry: Entry, engines: tuple[KnownEngine, ...] = ENGINES) -> tuple[str, ...]:
    """What can run a model: by its manifest and by its files, with a word on what is not installed.

    Raises:
        ConfigError: Its folder cannot be looked into.
    """
    named = () if entry.manifest is None else entry.manifest.engines
    files = () if entry.folder is None else (engine.name for engine in engines_of(entry.folder))
    missing = {engine.name for engine in engines if installed_version(engine) is None}
    names = dict.fromkeys([*map(str, named), *files])
    return tuple(f"{name} (not installed)" if name in missing else name for name in names)


def verdict_of(entry: Entry, config: Config) -> Verdict:
    """Whether a model fits into this machine's memory now: by its own files, else by its manifest."""
    geometry = None if entry.manifest is None else entry.manifest.predicted
    if entry.folder is not None:
        # Else the manifest's word has to do; `verify` and `doctor` say what is wrong with the files.
        with contextlib.suppress(ConfigError):
            geometry = any_geometry(entry.name, entry.folder)
    now = MemoryGauge().read()
    return None if geometry is None or now is None else judge(geometry, now, bounds_of(config.memory))


def _fitted(columns: dict[str, tuple[str, ...]], room: int) -> tuple[Table, tuple[str, ...]]:
    """A table in which no word is broken, as long as there is any such, and the titles of what it goes without."""
    for most in range(len(_LEFT_OUT) + 1):
        left_out = _LEFT_OUT[:most]
        shown = {title: cells for title, cells in columns.items() if title not in left_out}
        sizes = widths(tuple(shown.values()), _ON_ONE_LINE, room)
        if sizes is not None:
            break
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for i, title in enumerate(shown):
        table.add_column(title, overflow="fold", width=None if sizes is None else sizes[i])
    for line in list(zip(*shown.values(), strict=True))[1:]:
        table.add_row(*map(Text, line))
    return table, left_out


def _text(text: str, style: str = "") -> Text:
    """Names of folders and what a mirror's manifest says, as text alone."""
    return Text(printable(text), style)


def _console() -> Console:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(highlight=False, width=width)
