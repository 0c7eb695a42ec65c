"""From rounds to figures. Pure."""

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from agent.bench.cells import Cell
from agent.bench.measured import Answer, Figures, Pair, Percentiles, Round, Spread, Subject
from agent.units import Bytes, Joules, Milliwatts, Seconds

LEAST_SAMPLES = 5
"""Of the meter within a round; fewer say nothing about so short a time."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed, interpolated between its two neighbours.

    Args:
        values: At least one.
        share: 0 to 1.
    """
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def joules(samples: Iterable[tuple[Seconds, Milliwatts]], began: Seconds, ended: Seconds) -> Joules | None:
    """The mean of the power samples in a span, over its length; None when there are too few."""
    watts = [power / 1000 for at, power in samples if began <= at <= ended]
    return Joules(fmean(watts) * (ended - began)) if len(watts) >= LEAST_SAMPLES else None


def figures_of(rounds: Sequence[Round], subject: Subject) -> Figures:
    """What the rounds of one cell, at least one, come to."""
    cell, running = rounds[0].cell, rounds[0].running
    answers = [answer for each in rounds for answer in each.answers]
    gaps = [gap for answer in answers for gap in answer.gaps]
    sequence = [rate for rate in map(_sequence_rate, answers) if rate is not None]
    per_sequence = median(sequence) if sequence else None
    return Figures(
        subject=subject.label,
        cell=cell,
        running=running,
        rounds=len(rounds),
        tokens_per_s=_spread([each.tokens_per_s for each in rounds]),
        first_token=_percentiles([answer.first_token for answer in answers]),
        between_tokens=_percentiles(gaps) if gaps else None,
        sequence_tokens_per_s=per_sequence,
        share_of_limit=None if per_sequence is None else _share(subject, cell, running, per_sequence),
        joules_per_token=_joules_per_token(rounds),
        memory=_most(each.memory for each in rounds),
        gpu_memory=_most(each.gpu_memory for each in rounds),
        ended_early=sum(answer.completion_tokens < cell.output_tokens for answer in answers),
        wrong_prompts=sum(answer.prompt_tokens != cell.input_tokens for answer in answers),
        cached_tokens=sum(answer.cached_tokens for answer in answers),
    )


def all_figures(rounds: Sequence[Round], subjects: Sequence[Subject]) -> tuple[Figures, ...]:
    """Of every cell that has rounds, in the order in which they were begun."""
    labels = {subject.label: subject for subject in subjects}
    order = dict.fromkeys((each.cell, each.subject) for each in rounds)
    return tuple(
        figures_of([each for each in rounds if (each.cell, each.subject) == (cell, label)], labels[label])
        for cell, label in sorted(order, key=lambda key: (_first(rounds, key[0]), list(labels).index(key[1])))
    )


def pairs_of(rounds: Sequence[Round], subject: str, against: str) -> tuple[Pair, ...]:
    """The ratios of two subjects in every cell of which both have run a round of the same number."""
    runs = {(each.cell, each.number, each.subject): each for each in rounds}
    pairs = []
    for cell in dict.fromkeys(each.cell for each in rounds):
        numbers = sorted({each.number for each in rounds if each.cell == cell})
        both = [
            (runs[cell, number, subject], runs[cell, number, against])
            for number in numbers
            if (cell, number, subject) in runs and (cell, number, against) in runs
        ]
        if both:
            speeds = [b.tokens_per_s / a.tokens_per_s for a, b in both]
            firsts = [_first_token(b) / _first_token(a) for a, b in both]
            pairs.append(Pair(cell, subject, against, len(both), _spread(speeds), _spread(firsts)))
    return tuple(pairs)


def _first(rounds: Sequence[Round], cell: Cell) -> int:
    return next(index for index, each in enumerate(rounds) if each.cell == cell)


def _first_token(run: Round) -> float:
    return median(answer.first_token for answer in run.answers)


def _sequence_rate(answer: Answer) -> float | None:
    took = answer.finished - answer.first_token
    return (answer.completion_tokens - 1) / took if answer.completion_tokens > 1 and took > 0 else None


def _share(subject: Subject, cell: Cell, running: int, steps_per_s: float) -> float | None:
    if subject.touched is None or not subject.copy_rate.bytes_per_s:
        return None
    return subject.touched.step(cell, running) * steps_per_s / subject.copy_rate.bytes_per_s


def _joules_per_token(rounds: Sequence[Round]) -> float | None:
    metered = [(each.energy, each.tokens) for each in rounds if each.energy is not None]
    return sum(energy for energy, _ in metered) / sum(tokens for _, tokens in metered) if metered else None


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values))


def _percentiles(values: Sequence[float]) -> Percentiles:
    return Percentiles(percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99))


def _most(values: Iterable[Bytes | None]) -> Bytes | None:
    return max((value for value in values if value is not None), default=None)
