"""`jetson-agent bench`: from what was asked for to a table, a document and a history."""

import asyncio
import contextlib
import errno
import os
import platform
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from agent import __version__
from agent.bench import synthetic
from agent.bench.candidates import candidates_of
from agent.bench.cells import Cell
from agent.bench.chart import RUNS, draw
from agent.bench.figures import all_figures, pairs_of
from agent.bench.history import History, as_json
from agent.bench.machine import this_machine
from agent.bench.measure import Found, Plan, measure
from agent.bench.measured import Document, Machine
from agent.bench.progress_bar import ProgressBar
from agent.bench.subjects import Named, find_named
from agent.bench.table import print_report
from agent.bench.watching import Meter
from agent.children.interrupted import held_off, interrupted_by
from agent.config import Config
from agent.durable_file import write_durably
from agent.engine.speculation import Speculation
from agent.errors import StopError

INTERRUPTED = 130
"""As shells report a program that Ctrl-C has ended."""
_PIPE_WIDTH = 120
_LEAST_WIDTH = 80


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """An error as any other of the output, where rich would end the program."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for.

    Attributes:
        model: As `find_named` reads it; None: the configured one.
        against: The other one; None: there is none.
        geometry: A synthetic model instead of `model`; None: none.
        json: Where the document goes; None: nowhere but into the history.
    """

    model: str | None
    against: str | None
    geometry: str | None
    cells: tuple[Cell, ...]
    rounds: int
    json: Path | None


def run_bench(config: Config, order: Order) -> int:
    """Measure, keep, write and show: what hours have measured is on the disk before anything else can fail.

    Returns:
        The exit code: 0 where all that was asked for has been measured.

    Raises:
        StopError: It cannot be done; what was measured until then is kept and has been shown.
    """
    named = _named(config, order)
    candidates = candidates_of(config, named, order.cells)
    engine = config.engine
    speculation = Speculation(config.model.speculation)
    plan = Plan(candidates, order.cells, order.rounds, engine.load_timeout, engine.step_timeout, speculation)
    found, meter, machine = Found(), Meter(), this_machine()
    is_kept = True
    with interrupted_by(signal.SIGTERM, signal.SIGHUP):
        failure = _run(plan, meter, found)
        interrupted = isinstance(failure, KeyboardInterrupt)
        with held_off(signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a terminal that is closed sends more than one
            document = _document(found, meter, machine, interrupted=interrupted)
            if found.rounds:
                is_kept = _keep(document, config, order.json)
    try:
        if found.rounds or found.skipped:
            _show(document)
    except StopError as unseen:
        if not interrupted:
            raise
        _say(str(unseen))
    finally:
        if isinstance(failure, StopError):
            raise failure
    if interrupted:
        return INTERRUPTED
    return 0 if is_kept and not found.skipped else 1


def _run(plan: Plan, meter: Meter, found: Found) -> KeyboardInterrupt | StopError | None:
    """Run the plan; what ended it early."""
    try:
        with meter, ProgressBar(plan.tokens) as bar:
            asyncio.run(measure(plan, meter, found, bar))
    except (KeyboardInterrupt, StopError) as early:
        return early
    return None


def draw_chart(config: Config, file: Path) -> None:
    """Draw the last runs of this machine.

    Raises:
        StopError: There are none, they cannot be read, or the picture cannot be written.
    """
    history = History(config.state_dir)
    runs = history.last(RUNS)
    for why in runs.unreadable:
        _say(f"left out: {why}")
    documents = [document for document in runs.documents if document.figures]
    if not documents:
        raise StopError(f"nothing has been measured here yet: there is no run in {history.folder}")
    try:
        draw(documents, file)
    except OSError as error:
        raise StopError(f"{file}: {error.strerror}") from error
    _say(f"{file}: {len(documents)} runs")


def _named(config: Config, order: Order) -> tuple[Named, ...]:
    model = order.model or config.model.name
    if order.geometry is not None:
        model = f"{_synthetic(order.geometry)}/"
    first = find_named(model, config.model.name, config.models_dir, config.state_dir)
    if order.against is None:
        return (first,)
    return first, find_named(order.against, f"{first.model_dir}/", config.models_dir, config.state_dir)


def _synthetic(geometry: str) -> Path:
    """The model of a geometry, built when it is not in the cache.

    Raises:
        StopError: It cannot be built.
    """
    folder = synthetic.cached(geometry)
    if folder.is_dir():
        return folder
    synthetic.check_packages()
    _say(f"building {folder}: this takes minutes, once")
    try:
        synthetic.make(geometry, folder)
    except subprocess.CalledProcessError as error:
        raise StopError(f"{geometry} was not built: the model builder ended with {error.returncode}") from error
    except OSError as error:
        raise StopError(f"{geometry} was not built: {error.filename or folder}: {error.strerror}") from error
    return folder


def _document(found: Found, meter: Meter, machine: Machine, *, interrupted: bool) -> Document:
    subjects = tuple(found.subjects)
    pair = [subject.label for subject in subjects]
    return Document(
        date=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        agent=__version__,
        python=platform.python_version(),
        machine=machine,
        meter=meter.name,
        no_energy=meter.why_none,
        subjects=subjects,
        figures=all_figures(found.rounds, subjects),
        pairs=pairs_of(found.rounds, pair[0], pair[1]) if len(pair) > 1 else (),
        skipped=tuple(found.skipped),
        rounds=tuple(found.rounds),
        interrupted=interrupted,
    )


def _keep(document: Document, config: Config, file: Path | None) -> bool:
    """Write it into the history, where that may be written, and where it was asked for; whether it is there."""
    history = History(config.state_dir)
    try:
        _say(f"kept as {history.add(document)}")
    except OSError as error:
        _say(f"not kept for charts: {history.folder}: {error.strerror}")
    if file is not None:
        try:
            write_durably(file, as_json(document))
        except OSError as error:
            _say(f"{file}: {error.strerror}")
            return False
    return True


def _show(document: Document) -> None:
    """Print the table.

    Raises:
        StopError: The standard output does not take it.
    """
    if sys.stdout is None:  # Python's word for one that was closed from the beginning
        raise StopError("the table cannot be printed: there is no standard output")
    try:
        print_report(document, _console())
    except OSError as error:
        # What is in its buffer would be tried again at the end of the program.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise StopError(f"the table cannot be printed: {error.strerror}") from error


def _say(what: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        sys.stderr.write(f"{what}\n")


def _console() -> Console:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH
    return _Console(highlight=False, width=max(width, _LEAST_WIDTH))
