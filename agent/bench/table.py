"""What people are shown of a run."""

from collections.abc import Iterator, Sequence
from statistics import median

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.bench.measured import CopyRate, Document, Figures, Machine, Pair, Percentiles, Spread, Subject
from agent.models.table import human

_GIGA = 1e9
_BUSY = 0.05
"""What others take of the processors' time before it is said."""


def report(document: Document) -> RenderableType:
    """The whole run; where nothing was measured, why."""
    parts: list[RenderableType] = [Text(line) for line in _heading(document)]
    for subject in document.subjects:
        figures = [each for each in document.figures if each.subject == subject.label]
        if figures:
            parts += [Text(f"\n{subject.label}, {subject.library}", style="bold"), _figures(figures)]
    if document.pairs:
        first = document.pairs[0]
        parts += [Text(f"\n{first.against} / {first.subject}", style="bold"), _pairs(document.pairs)]
    parts.append(Text())
    parts += [Text(line, style="yellow") for line in _warnings(document)]
    if document.figures:
        parts += [Text(line, style="dim") for line in _notes(document)]
    return Group(*parts)


def print_report(document: Document, console: Console) -> None:
    """Show it."""
    console.print(report(document))


def number(value: float) -> str:
    """Of tokens a second."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004 - three digits say enough


def _heading(document: Document) -> Iterator[str]:
    machine = document.machine
    yield f"{_machine(machine)}; jetson-agent {document.agent}, Python {document.python}; {document.date}"


def _machine(machine: Machine) -> str:
    cpu = None if machine.cpu == machine.name else machine.cpu
    parts = [
        machine.name,
        cpu,
        f"{machine.cpus} processors",
        human(machine.memory),
        machine.jetpack and f"JetPack {machine.jetpack}",
        machine.power_mode and f"power mode {machine.power_mode}",
    ]
    return ", ".join(part for part in parts if part)


def _figures(figures: Sequence[Figures]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("in|out", no_wrap=True)
    table.add_column("batch", justify="right")
    table.add_column("tokens/s", justify="right")
    table.add_column("first token\np50 / p95", justify="right")
    table.add_column("between, ms\np50 / p95 / p99", justify="right")
    table.add_column("J/token", justify="right")
    table.add_column("memory", justify="right")
    table.add_column("of the\nlimit", justify="right")
    for each in figures:
        table.add_row(
            each.cell.lengths,
            _batch(each),
            _spread(each.tokens_per_s),
            _first_token(each.first_token),
            "-" if each.between_tokens is None else _between(each.between_tokens),
            "-" if each.joules_per_token is None else f"{each.joules_per_token:.3g}",
            "-" if each.memory is None else human(each.memory),
            "-" if each.share_of_limit is None else f"{each.share_of_limit:.0%}",
        )
    return table


def _pairs(pairs: Sequence[Pair]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("in|out", no_wrap=True)
    for title in ("batch", "tokens/s", "time to first token", "pairs"):
        table.add_column(title, justify="right")
    for pair in pairs:
        table.add_row(
            pair.cell.lengths,
            str(pair.cell.batch),
            _ratio(pair.tokens_per_s),
            _ratio(pair.first_token),
            str(pair.rounds),
        )
    return table


def _batch(figures: Figures) -> str:
    if figures.running == figures.cell.batch:
        return str(figures.cell.batch)
    return f"{figures.cell.batch} ({figures.running} at a time)"


def _between(between: Percentiles) -> str:
    return " / ".join(f"{seconds * 1000:.1f}" for seconds in (between.p50, between.p95, between.p99))


def _first_token(first: Percentiles) -> str:
    if first.p95 < 1:
        return f"{first.p50 * 1000:.0f} / {first.p95 * 1000:.0f} ms"
    return f"{first.p50:.1f} / {first.p95:.1f} s"


def _spread(spread: Spread) -> str:
    return f"{number(spread.median)} ({number(spread.least)} to {number(spread.most)})"


def _ratio(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f} to {spread.most:.2f})"


def _warnings(document: Document) -> Iterator[str]:
    if document.interrupted:
        yield "Interrupted: this is what was over by then."
    for skipped in document.skipped:
        yield f"{skipped.subject}: {skipped.cell}: {skipped.why}"
    for each in document.figures:
        where = f"{each.subject}: {each.cell}"
        if each.wrong_prompts:
            yield f"{where}: {each.wrong_prompts} prompts had another length"
        if each.cached_tokens:
            yield f"{where}: {each.cached_tokens} tokens of the prompts were not read, but known from before"
        if each.ended_early:
            yield f"{where}: {each.ended_early} answers ended before their length"
    others = median(each.others for each in document.rounds) if document.rounds else 0.0
    if others >= _BUSY:
        yield f"The machine was busy: other programs took {others:.0%} of its processors' time."


def _notes(document: Document) -> Iterator[str]:
    counts = sorted({each.rounds for each in document.figures})
    rounds = " to ".join(str(count) for count in dict.fromkeys((*counts[:1], *counts[-1:])))
    yield f"tokens/s: all output tokens over the whole time, prefill included: median (least to most), n={rounds}."
    yield "first token: by the engine's clock. Between tokens: between the texts as they reach the agent's process."
    if any(each.running < each.cell.batch for each in document.figures):
        yield "(n at a time): the engine runs no more at once; the others wait, which their first token includes."
    if any(each.joules_per_token is None for each in document.figures):
        yield f"No J/token: {document.no_energy}."
    else:
        yield f"J/token: the whole machine's, by {document.meter}, idle power included."
    yield from dict.fromkeys(map(_limit, document.subjects))


def _limit(subject: Subject) -> str:
    if subject.touched is None:
        return f"No share of the limit for {subject.label}: its files do not tell what a token touches."
    return f"of the limit: the bytes that decoding touches a second, over {_rate(subject.copy_rate)}."


def _rate(rate: CopyRate) -> str:
    if rate.bytes_per_s is None:
        return f"a copy rate that was not measured ({rate.why})"
    return f"the {rate.bytes_per_s / _GIGA:,.1f} GB/s of a copy ({rate.where}; read and written)"
