"""Asks a release its canaries, and watches how it serves; `proving` judges."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from agent.clock import Clock
from agent.errors import AgentError, EngineGivenUpError, EngineWithdrawnError
from agent.fleet.happenings import Disproved, Measured, Proved, Serves
from agent.fleet.ports import Service
from agent.fleet.proving import (
    Asked,
    best_figures,
    in_words,
    share_of_failures,
    shortfalls,
    too_many_failures,
    wrong_answers,
)
from agent.fleet.update import Baseline, Update
from agent.fleet.values import Canary, CanaryAnswer, Proof, Tally
from agent.observed import Dropped
from agent.units import Seconds

_ROUNDS: Final = 3
"""So often the canaries are asked of the release before, as often as of the new one."""

_BASELINE_WITHIN: Final = Seconds(60.0)
"""A release that does not serve by then is not measured: it may be what the new one mends."""

_LOOKS: Final = 20
"""So often the prompts that fail are looked at while a release is watched."""

_LOOK_EVERY: Final = Seconds(1.0)
"""So often it is looked at whether power and memory let anything run."""

_LONGEST_WITHOUT_MEMORY: Final = Seconds(24 * 3600.0)
"""In all; after that its time runs: it may be the release itself that leaves none. Power may be planned for a week."""

_log = logging.getLogger(__name__)


async def measure(service: Service, canaries: Sequence[Canary]) -> Measured:
    """What the release that runs reaches. What it does not answer is not compared."""
    failures = share_of_failures(service.tally())
    try:
        async with asyncio.timeout(_BASELINE_WITHIN):
            await service.serving()
    except TimeoutError:
        return Measured(Baseline(failures=failures))
    asked: list[Asked] = []
    for _ in range(_ROUNDS):
        asked += [await _ask(service, it, asyncio.timeout(_BASELINE_WITHIN), _BASELINE_WITHIN) for it in canaries]
    return Measured(Baseline(best_figures(asked), failures))


class Trial:
    """A release's trial in this process, which is the release.

    Its time stands still while the device's power lets nothing run, and for up to a day in all while its memory does
    not; what fails meanwhile is not counted: that is not held against a release.

    Args:
        service: The agent.
        clock: The time.
        canaries: What it is asked.
        proof: What it has to show.
    """

    def __init__(self, service: Service, clock: Clock, canaries: Sequence[Canary], proof: Proof) -> None:
        self._service = service
        self._clock = clock
        self._canaries = canaries
        self._proof = proof
        self._began = clock.now()
        self._asked: list[Asked] = []
        self._starved = self._without_memory = Seconds(0.0)
        self._was_starving = False
        self._failed = self._excused = 0

    async def go_on(self, update: Update) -> Serves | Proved | Disproved:
        """Until something has happened: it serves for the first time, or the verdict is there.

        Args:
            update: How far it is. What another process served does not count: it has ended, for whatever reason, and
                the launcher does not let that happen often.
        """
        wrong = await self._round()
        if wrong is not None:
            return wrong
        since = update.serves_since
        if since is None or since.boot_id != self._clock.boot_id or since.boot < self._began:
            return Serves()
        before = update.baseline or Baseline()
        failing = await self._watch(Seconds(since.boot + self._proof.lasts), before)
        if failing is not None:
            return Disproved(failing)
        return await self._round() or self._verdict(before)

    async def _round(self) -> Disproved | None:
        """Have it serve, and answer everything."""
        try:
            async with self._within():
                await self._service.serving()
        except TimeoutError:
            return Disproved(f"it did not serve within {self._proof.within:g} s{self._starvation()}")
        asked = [await _ask(self._service, it, self._within(), self._proof.within) for it in self._canaries]
        self._asked += asked
        wrong = wrong_answers(asked)
        return Disproved("; ".join(wrong)) if wrong else None

    async def _watch(self, until: Seconds, before: Baseline) -> str | None:
        """Why it is not to be watched any longer; None: its time is over."""
        while (left := until - self._clock.now()) > 0:
            failing = too_many_failures(self._proof, before, self._tally())
            if failing is not None:
                return failing
            looked = self._clock.now()
            await asyncio.sleep(min(left, self._proof.lasts / _LOOKS))
            until = Seconds(until + self._not_counted(looked))
        return None

    @contextlib.asynccontextmanager
    async def _within(self) -> AsyncIterator[None]:
        """Raise `TimeoutError` after the time that a release has; what it starves does not count."""
        async with asyncio.timeout(self._proof.within) as bound:
            stretching = asyncio.create_task(self._stretch(bound), name="trial's time")
            try:
                yield
            finally:
                stretching.cancel()

    async def _stretch(self, bound: asyncio.Timeout) -> None:
        told: str | None = None
        while (ends := bound.when()) is not None:
            looked = self._clock.now()
            await asyncio.sleep(_LOOK_EVERY)
            starved_of = self._service.starved_of
            not_counted = self._not_counted(looked)
            if not_counted and not bound.expired():
                bound.reschedule(ends + not_counted)
            if starved_of != told:
                _log.info("trial_waits" if starved_of else "trial_goes_on", extra={"reason": starved_of or told})
                told = starved_of

    def _starvation(self) -> str:
        return f", besides {self._starved:.0f} s without power or memory for it" if self._starved else ""

    def _not_counted(self, looked: Seconds) -> Seconds:
        """How much of the time since then does not count; what failed in it then does not either."""
        left = _LONGEST_WITHOUT_MEMORY - self._without_memory
        starving_of, lasted = self._service.starved_of, Seconds(self._clock.now() - looked)
        if starving_of == Dropped.MEMORY:
            lasted = Seconds(min(lasted, left))
            self._without_memory = Seconds(self._without_memory + lasted)
        is_starving = starving_of is not None and lasted > 0
        failed = self._service.tally().failed
        if is_starving or self._was_starving:
            self._excused += failed - self._failed
        self._failed, self._was_starving = failed, is_starving
        if not is_starving:
            return Seconds(0.0)
        self._starved = Seconds(self._starved + lasted)
        return lasted

    def _tally(self) -> Tally:
        tally = self._service.tally()
        return Tally(tally.answered, tally.failed - self._excused)

    def _verdict(self, before: Baseline) -> Proved | Disproved:
        figures, tally = best_figures(self._asked), self._tally()
        short = shortfalls(self._proof, before, figures, tally)
        return Disproved("; ".join(short)) if short else Proved(in_words(figures, tally))


async def _ask(service: Service, canary: Canary, bound: AbstractAsyncContextManager[object], within: Seconds) -> Asked:
    try:
        async with bound:
            return Asked(canary, await _answer(service, canary))
    except TimeoutError:
        return Asked(canary, None, f"no answer within {within:g} s")
    except AgentError as error:
        return Asked(canary, None, str(error))


async def _answer(service: Service, canary: Canary) -> CanaryAnswer:
    """Raises `AgentError` when there is none. An engine that had to go, for want of memory or power, is asked again."""
    while True:
        while service.starved_of is not None:  # noqa: ASYNC110 - several parts decide that, each for itself
            await asyncio.sleep(_LOOK_EVERY)
        try:
            return await service.ask(canary)
        except (EngineGivenUpError, EngineWithdrawnError):
            await asyncio.sleep(_LOOK_EVERY)
