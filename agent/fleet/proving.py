"""Whether a new release has shown what it had to. Pure.

Figures are those of the best round: what slows a canary down by chance, a camera's look or a throttled clock, does not
slow down all of them, and a slow release does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import fmean
from typing import Final

from agent.fleet.update import Baseline, CanaryFigures
from agent.fleet.values import Canary, CanaryAnswer, Proof, Tally
from agent.units import Ratio

_LONGEST_SHOWN: Final = 80
_FEWEST_FAILURES: Final = 3
"""Fewer say nothing about a release, whatever share they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A canary, and what came of it.

    Attributes:
        canary: The canary.
        answer: What was said; None: nothing.
        problem: Why there is no answer, for a person.
    """

    canary: Canary
    answer: CanaryAnswer | None
    problem: str = ""


def not_compared(proof: Proof) -> Proof:
    """The same for a way back: an older release may be slower, and take more energy, than the one that is left."""
    return replace(proof, least_speed=Ratio(0.0), most_energy=Ratio(inf))


def wrong_answers(asked: Sequence[Asked]) -> tuple[str, ...]:
    """What is wrong with the answers, one sentence for each that is."""
    return tuple(wrong for it in asked if (wrong := _wrong(it)) is not None)


def best_figures(asked: Sequence[Asked]) -> tuple[CanaryFigures, ...]:
    """The best of all rounds, for each canary that was answered."""
    answers: dict[str, list[CanaryAnswer]] = {}
    for it in asked:
        if it.answer is not None:
            answers.setdefault(it.canary.name, []).append(it.answer)
    return tuple(
        CanaryFigures(
            name,
            max((answer.tokens_per_second for answer in some if answer.tokens_per_second is not None), default=None),
            min((answer.joules_per_token for answer in some if answer.joules_per_token is not None), default=None),
        )
        for name, some in answers.items()
    )


def share_of_failures(tally: Tally) -> Ratio:
    """Of the prompts that were tried; 0 where there were none."""
    tried = tally.answered + tally.failed
    return Ratio(tally.failed / tried if tried else 0.0)


def too_many_failures(proof: Proof, before: Baseline, tally: Tally) -> str | None:
    """Why more prompts fail than may, with the numbers; None: they do not."""
    share, allowed = share_of_failures(tally), before.failures + proof.most_failures
    if tally.failed < _FEWEST_FAILURES or share <= allowed:
        return None
    return (
        f"{tally.failed} of {tally.failed + tally.answered} prompts failed ({share:.1%}); "
        f"before it were {before.failures:.1%}, {allowed:.1%} are allowed"
    )


def shortfalls(proof: Proof, before: Baseline, figures: Sequence[CanaryFigures], tally: Tally) -> tuple[str, ...]:
    """In what the new release falls short of the one before, with the numbers; empty: in nothing.

    Args:
        proof: What it has to show.
        before: What the release before reached. What is not known of it is not compared.
        figures: What the new one reached.
        tally: How its prompts went.
    """
    found = [_too_slow(proof, before, figures), _too_hungry(proof, before, figures)]
    return tuple(it for it in (*found, too_many_failures(proof, before, tally)) if it is not None)


def in_words(figures: Sequence[CanaryFigures], tally: Tally) -> str:
    """What a release has shown, for a person."""
    prompts = f"{tally.answered} prompts answered, {tally.failed} failed"
    speeds = [it.tokens_per_second for it in figures if it.tokens_per_second is not None]
    return f"{fmean(speeds):.1f} tokens/s on {len(speeds)} canaries; {prompts}" if speeds else prompts


def _wrong(asked: Asked) -> str | None:
    name = asked.canary.name
    if asked.answer is None:
        return f"canary {name}: {asked.problem}"
    missing = [text for text in asked.canary.contains if text.casefold() not in asked.answer.text.casefold()]
    if not missing:
        return None
    return f"canary {name}: {_short(asked.answer.text)!r} has no {' and no '.join(repr(it) for it in missing)}"


def _too_slow(proof: Proof, before: Baseline, figures: Sequence[CanaryFigures]) -> str | None:
    pairs = [
        (old.tokens_per_second, new.tokens_per_second)
        for old, new in _pairs(before, figures)
        if old.tokens_per_second and new.tokens_per_second is not None
    ]
    if not pairs:
        return None
    ratio = fmean(new / old for old, new in pairs)
    if ratio >= proof.least_speed:
        return None
    return (
        f"{fmean(new for _, new in pairs):.1f} tokens/s, {fmean(old for old, _ in pairs):.1f} before: "
        f"{ratio:.0%} of the speed, at least {proof.least_speed:.0%} are asked for"
    )


def _too_hungry(proof: Proof, before: Baseline, figures: Sequence[CanaryFigures]) -> str | None:
    pairs = [
        (old.joules_per_token, new.joules_per_token)
        for old, new in _pairs(before, figures)
        if old.joules_per_token and new.joules_per_token is not None
    ]
    if not pairs:
        return None
    ratio = fmean(new / old for old, new in pairs)
    if ratio <= proof.most_energy:
        return None
    return (
        f"{fmean(new for _, new in pairs):.3g} J/token, {fmean(old for old, _ in pairs):.3g} before: "
        f"{ratio:.0%} of the energy, at most {proof.most_energy:.0%} are allowed"
    )


def _pairs(before: Baseline, figures: Sequence[CanaryFigures]) -> list[tuple[CanaryFigures, CanaryFigures]]:
    known = {it.name: it for it in before.figures}
    return [(known[it.name], it) for it in figures if it.name in known]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
