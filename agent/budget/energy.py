"""Joules per request, from the meter and from what ran between its samples. Pure: no clock, no I/O.

The meter as a whole is integrated by the rule that a sample tells the power since the sample before. What ran is known
more finely than that: a sample that falls into a time of work tells the power of that work, and only of it. Of the
power during work, the idle floor is idle energy; what is above it belongs to the requests that ran, shared out by their
tokens. Work into which no sample fell has not been measured. Invariant: the requests' joules and the idle joules add up
to what the meter measured.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from types import MappingProxyType
from typing import Final

from agent.budget.floor import IdleFloor
from agent.budget.token_costs import TokenCosts
from agent.engine.protocol import Progress, Tokens, Work
from agent.prompt import PromptId
from agent.units import Joules, Milliwatts, Seconds

LONGEST_GAP: Final = Seconds(2.0)
"""A sample says nothing about what was longer ago, or came later."""

SETTLING: Final = Seconds(0.5)
"""So long after the last request the power has come down to the floor."""

_KEPT: Final = 2048
"""Samples for work that is told late, and spans of work that wait for a sample: at 10 a second more than the longest
step may take. Older spans, while the sensors hang, are given up."""

_APART: Final = Seconds(1e-3)
"""Spans of work further apart do not belong together."""


@dataclass(frozen=True, slots=True)
class ModelEnergy:
    """What the requests to one model have cost, as far as it was measured, and the tokens that it was measured for."""

    joules: Joules
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class EnergyTotals:
    """Since the agent's start.

    Attributes:
        total: What the meter measured.
        requests: The part of it that belongs to requests; the rest is idle energy.
        by_model: The same by model.
        floor: The power that counts as idle while something runs; None while it is not known.
    """

    total: Joules
    requests: Joules
    by_model: Mapping[str, ModelEnergy]
    floor: Milliwatts | None

    @property
    def idle(self) -> Joules:
        """What belongs to no request: the floor at all times, loading a model, other programs."""
        return Joules(self.total - self.requests)


@dataclass(frozen=True, slots=True)
class _Sample:
    """What the meter said; None: nothing. `since`: from when on it tells the power."""

    since: Seconds
    at: Seconds
    power: Milliwatts | None


@dataclass(slots=True)
class _Account:
    """What a request has cost so far: None before any of its work is booked.

    `complete`: all of it was measured. `is_running`: it is on the engine.
    """

    joules: float | None = None
    complete: bool = True
    is_running: bool = True


class EnergyLedger:
    """Joins what the meter measured with what ran, on the boot clock.

    Bounded: it holds the requests that are open, and a few minutes of the meter.
    """

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=_KEPT)
        self._quiet_since: Seconds | None = None
        self._busy_since = self._busy_until = Seconds(float("-inf"))
        self._unmeasured: deque[tuple[str, Progress]] = deque()
        self._open: dict[PromptId, _Account] = {}
        self._floor = IdleFloor()
        self._costs = TokenCosts()
        self._total = 0.0
        self._behind = 0.0  # booked, and told by no sample yet
        self._requests = 0.0
        self._by_model: dict[str, ModelEnergy] = {}

    def totals(self) -> EnergyTotals:
        """What has been measured and booked so far."""
        by_model = MappingProxyType(dict(self._by_model))
        return EnergyTotals(Joules(self._total), Joules(self._requests), by_model, self._floor.value)

    def measured(self, at: Seconds, power: Milliwatts | None, *, loaded: bool) -> None:
        """The meter gave a sample, or None.

        Args:
            at: When.
            power: Of the whole machine.
            loaded: Whether the engine has its model: loading is work of the machine, though of no request.
        """
        before = self._samples[-1].at if self._samples and self._samples[-1].power is not None else None
        idle = self._is_quiet(at, loaded=loaded)
        if power is not None and before is not None and 0 < at - before <= LONGEST_GAP:
            lasted = Seconds(at - before)
            self._samples.append(_Sample(before, at, power))
            self._total += power * lasted / 1000
            self._floor.saw(power, lasted, idle=idle)
        else:
            self._samples.append(_Sample(at, at, power))
            self._total += self._behind
        self._behind = 0.0

    def ran(self, model: str, progress: Progress) -> None:
        """The engine's process told what ran."""
        if progress.since - self._busy_until > _APART:  # a time of work is over, and no sample fell into what is left
            for _, waiting in self._unmeasured:
                self._mark_incomplete(waiting)
            self._unmeasured.clear()
            self._busy_since = progress.since
        self._busy_until = progress.until
        self._unmeasured.append((model, progress))
        if len(self._unmeasured) > _KEPT:
            self._mark_incomplete(self._unmeasured.popleft()[1])
        if self._samples_of_work(progress):
            for served_by, waiting in self._unmeasured:
                self._book(served_by, waiting)
            self._unmeasured.clear()

    def open(self, request: PromptId) -> None:
        """A request begins, or begins again: what it costs is kept until it is closed."""
        self._open.setdefault(request, _Account()).is_running = True

    def pause(self, request: PromptId) -> None:
        """A request that is open runs no more for now; what it has cost is kept."""
        if request in self._open:
            self._open[request].is_running = False

    def close(self, request: PromptId) -> Joules | None:
        """What the request has cost above the idle floor; None when not all of its work was measured, or none was."""
        unmeasured = any(work.id == request for _, progress in self._unmeasured for work in progress.work)
        account = self._open.pop(request, None)
        if account is None or account.joules is None or unmeasured or not account.complete:
            return None
        return Joules(account.joules)

    def _is_quiet(self, at: Seconds, *, loaded: bool) -> bool:
        """Whether nothing has run since before the last sample, and the power has had time to settle."""
        if not loaded or any(account.is_running for account in self._open.values()):
            self._quiet_since = None
            return False
        if self._quiet_since is None:
            self._quiet_since = at
        return at - self._quiet_since > SETTLING

    def _samples_of_work(self, progress: Progress) -> list[_Sample]:
        """The samples that tell the power of a span: the last before it and all behind, if they fell into work."""
        samples: list[_Sample] = []
        for sample in reversed(self._samples):
            if sample.at < self._busy_since:
                break
            if sample.at <= self._busy_until:
                samples.append(sample)
            if sample.at <= progress.since:
                break
        return samples[::-1]

    def _mark_incomplete(self, progress: Progress) -> None:
        for work in progress.work:
            if work.id in self._open:
                self._open[work.id].complete = False

    def _book(self, model: str, progress: Progress) -> None:
        joules = self._above_floor(progress)
        if joules is None or not progress.work:
            self._mark_incomplete(progress)
            return
        self._measure_behind(progress)
        tokens = _sum(work.tokens for work in progress.work)
        self._costs.saw(tokens, joules)
        self._requests += joules
        so_far = self._by_model.get(model, ModelEnergy(Joules(0.0), 0, 0))
        self._by_model[model] = ModelEnergy(
            Joules(so_far.joules + joules),
            so_far.input_tokens + tokens.prefill,
            so_far.output_tokens + tokens.decode,
        )
        for work, share in zip(progress.work, self._shares(progress.work), strict=True):
            account = self._open.get(work.id)
            if account is not None:
                account.joules = (account.joules or 0.0) + joules * share

    def _above_floor(self, progress: Progress) -> Joules | None:
        """What a span of work took above the idle floor; None when the meter was silent in it.

        Up to a sample, the power was what it says; behind the last one, likewise.
        """
        floor = self._floor.value
        if floor is None:
            return None
        samples = self._samples_of_work(progress)
        joules, since = 0.0, progress.since
        for index, sample in enumerate(samples):
            is_last = index == len(samples) - 1
            until = progress.until if is_last else min(sample.at, progress.until)
            if until <= since:
                continue
            if sample.power is None or since < sample.since or until - sample.at > LONGEST_GAP:
                return None
            joules += max(0.0, sample.power - floor) * (until - since) / 1000
            since = until
        return Joules(joules)

    def _measure_behind(self, progress: Progress) -> None:
        """Count what is booked behind the last sample as measured, unless the next sample tells it."""
        *_, last = self._samples_of_work(progress)
        after = list(takewhile(lambda sample: sample.at > last.at, reversed(self._samples)))
        joules = max(0.0, (last.power or 0.0) * (progress.until - max(progress.since, last.at)) / 1000)
        if not after:
            self._behind += joules
        elif after[-1].since > last.at:
            self._total += joules

    def _shares(self, work: tuple[Work, ...]) -> list[float]:
        """Each request's share: by its tokens; where there are none, as in a step that only ends requests, alike."""
        weights = [self._costs.weight(each.tokens) for each in work]
        total = sum(weights)
        return [weight / total for weight in weights] if total else [1 / len(work)] * len(work)


def _sum(tokens: Iterable[Tokens]) -> Tokens:
    prefill = decode = 0
    for each in tokens:
        prefill, decode = prefill + each.prefill, decode + each.decode
    return Tokens(prefill, decode)
