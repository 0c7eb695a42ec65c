"""Brings this device to the release that the fleet wants: does the steps of `state`, one after the other.

Owns how far the update is. Invariants: it is on the disk before a step begins; whatever goes wrong, the device serves
meanwhile, or goes back.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from typing import Final

from agent.clock import Clock
from agent.errors import AgentError
from agent.events import UpdateRefused
from agent.fleet.askers import Askers, Tell
from agent.fleet.eligibility import Device, spread
from agent.fleet.happenings import CheckDue, Happening, Settled, Troubled
from agent.fleet.mishaps import Mishap, mishap
from agent.fleet.ports import DistrustError
from agent.fleet.settings import Fleet
from agent.fleet.state import Step, advance, back_off, step_of
from agent.fleet.steps import LOOK_AGAIN, Ports, Steps
from agent.fleet.telling import Reports, Telling
from agent.fleet.update import Moment, State, Update
from agent.fleet.values import ReleaseName
from agent.fleet.waking import Circumstances, on_waking
from agent.units import Seconds

_FIRST_CHECK_WITHIN: Final = Seconds(300.0)
"""So long after its start a device may ask first: a site that gets its power back does not ask as one."""

_NO_ROOM_PAUSE: Final = Seconds(30.0)
"""Nothing announces that a disk has room again: look once in so long."""

_log = logging.getLogger(__name__)


class Updater:
    """Updates one device.

    Args:
        ports: What it acts through.
        reports: Whom it tells.
        device: What a release may ask of it.
        fleet: The configuration.
        clock: The time.
        running: The release that this process is; None: the installed one.
        jitter: A random number from 0 to 1.
    """

    def __init__(  # noqa: PLR0913 - all that an update has to do with; only `building` calls it
        self,
        ports: Ports,
        reports: Reports,
        device: Device,
        fleet: Fleet,
        *,
        clock: Clock,
        running: ReleaseName | None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._ports = ports
        self._fleet = fleet
        self._clock = clock
        self._running = running
        self._jitter = jitter
        self._askers = Askers()
        self._telling = Telling(reports, self._askers)
        self._steps = Steps(ports, device, fleet, clock=clock, running=running, askers=self._askers)
        self._update = Update()

    @property
    def update(self) -> Update:
        """How far it is."""
        return self._update

    async def check_now(self, tell: Tell, *, force: bool = False) -> str:
        """Ask the fleet now, and do what it wants. Joins what is under way.

        Args:
            tell: Told how far it is.
            force: Try again what was rejected here.

        Returns:
            What there is to say, for a person.

        Raises:
            RetryError: It came to nothing, or not yet to anything.
        """
        return await self._askers.wait_for_outcome(tell, force=force)

    async def run(self) -> None:
        """Keep the device up to date, until cancelled."""
        await self._wake()
        if step_of(self._update) is Step.REST:
            await self._rest(Seconds(self._jitter() * min(self._fleet.every, _FIRST_CHECK_WITHIN)))
            await self._happened(CheckDue(force=self._askers.take_force()))
        while True:
            while (step := step_of(self._update)) is not Step.REST:
                await self._take(step)
            if not self._askers.force:  # by somebody who came too late for the check that there was
                self._askers.answer(self._update)
            await self._rest(Seconds(self._fleet.every * (0.9 + self._jitter() / 5)))
            await self._happened(CheckDue(force=self._askers.take_force()))

    async def _wake(self) -> None:
        """Take up what an earlier process left."""
        slots, record, call = self._ports.slots, self._ports.record, self._ports.call
        kept = await call(record.read)
        self._update = kept.update
        found = Circumstances(
            running=self._running,
            good=await call(slots.good),
            trial=await call(slots.trial),
            given_up=await call(record.given_up),
        )
        if kept.problem is not None:
            _log.warning("update_not_read", extra={"reason": kept.problem})
            self._telling.unread(self._update, kept.problem)
        happening = on_waking(self._update, found)
        self._telling.recall(self._update)
        if happening is not None:
            await self._happened(happening)
        if found.given_up is not None:
            with contextlib.suppress(OSError):
                await call(record.forget_given_up)

    async def _take(self, step: Step) -> None:
        """One step, with what goes wrong in it."""
        try:
            happening = await self._steps.take(step, self._update)
        except Exception as error:  # noqa: BLE001 - a bug costs one step, not the agent at each start again
            happening = await self._mishap(step, error)
        else:
            if step is Step.CHECK:
                self._telling.believed()
        await self._happened(happening)
        if isinstance(happening, Troubled) and step_of(self._update) is step:
            self._askers.answer(self._update)
            await self._pause(back_off(self._update.attempts, self._jitter()))

    async def _mishap(self, step: Step, error: Exception) -> Mishap:
        """What an error means; on trial, where nothing else is left, it ends the agent: the launcher counts that."""
        if isinstance(error, DistrustError):
            self._telling.refuse(UpdateRefused(error.kind.value, str(error)))
        elif not isinstance(error, AgentError | OSError):
            if step in (Step.COMMIT, Step.GO_BACK) and await self._steps.is_on_trial(self._update):
                raise error
            _log.error("update_step_failed", extra={"step": step.name}, exc_info=error)
        return mishap(step, error)

    async def _happened(self, happening: Happening) -> None:
        """Something has happened: it is written down, then told."""
        at = Moment(self._clock.boot_id, self._clock.now(), self._clock.wall())
        after, _ = advance(self._update, happening, at)
        if isinstance(happening, Settled):  # nobody would tell it, if the power went in between
            self._telling.tell(after)
        await self._write(after)
        _log.info("update", extra={"state": after.state, "release": after.release, "why": after.why})
        self._update = after
        if after.state is State.FAILED:
            await self._ports.service.go_on()
        self._telling.tell(after)

    async def _write(self, update: Update) -> None:
        """However long the disk stays full; going back does not wait for that."""
        while True:
            try:
                await self._ports.call(lambda: self._ports.record.write(update))
            except OSError as error:
                _log.warning("update_not_written", extra={"state": update.state, "reason": str(error)})
                if update.state is State.ROLLED_BACK:
                    return
                self._askers.tell(f"{update.state} cannot be written down: {error.strerror}")
                await self._pause(_NO_ROOM_PAUSE)
            else:
                return

    async def _rest(self, longest: Seconds) -> None:
        """Until the next check: its time, somebody's wish, or some time after the end of what held an update back."""
        await self._ports.service.go_on()
        if self._askers.force:
            return
        until = self._clock.now() + longest
        waits = self._update.state is State.IDLE and self._update.release is not None
        while (left := until - self._clock.now()) > 0:
            if await self._is_asked_within(Seconds(min(left, LOOK_AGAIN) if waits else left)):
                return
            if waits and self._steps.held_back(urgent=self._update.urgent) is None:
                within = spread(self._fleet.hours, self._clock.minute_of_day(), urgent=self._update.urgent)
                waits, until = False, min(until, self._clock.now() + self._jitter() * within)

    async def _pause(self, longest: Seconds) -> None:
        """The device serves meanwhile."""
        await self._ports.service.go_on()
        await self._is_asked_within(longest)

    async def _is_asked_within(self, longest: Seconds) -> bool:
        try:
            async with asyncio.timeout(longest):
                await self._askers.asked()
        except TimeoutError:
            return False
        return True
