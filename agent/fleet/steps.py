"""Does the steps of an update: each tells what happened. `updater` says which, and when.

Invariant: each can be done again, whatever came of it before.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Never, assert_never

from agent.clock import Clock
from agent.errors import AgentError
from agent.fleet.askers import Askers
from agent.fleet.blocking import Caller, in_thread
from agent.fleet.bringing import Bringing
from agent.fleet.checking import ask_fleet
from agent.fleet.eligibility import Device, held_back
from agent.fleet.happenings import (
    Drained,
    Found,
    Happening,
    NothingToDo,
    Postponed,
    Settled,
    Staged,
    Troubled,
)
from agent.fleet.ports import Blobs, NoRoomError, Service, Slots, Trust
from agent.fleet.settings import Fleet
from agent.fleet.state import Step
from agent.fleet.trying import Trial, measure
from agent.fleet.update import Rejected, Update
from agent.fleet.update_file import UpdateRecord
from agent.fleet.values import Release, ReleaseName
from agent.fleet.withdrawing import Withdrawing
from agent.units import Bytes, Seconds

LOOK_AGAIN: Final = Seconds(60.0)
"""So often the site's lock and the hours are looked at."""

_DRAIN_WITHIN: Final = Seconds(900.0)
"""What runs for longer than that is not broken off: the update waits."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ports:
    """What the updater acts through.

    Attributes:
        trust: What is signed.
        blobs: Contents.
        slots: Releases on this device.
        service: The agent.
        record: Where it keeps how far it is.
        lock: Reads the site's lock: its text; None: there is none. Does not block for long.
        call: Makes a call that blocks.
    """

    trust: Trust
    blobs: Blobs
    slots: Slots
    service: Service
    record: UpdateRecord
    lock: Callable[[], str | None]
    call: Caller = in_thread


class Steps:
    """On one device.

    Args:
        ports: What it acts through.
        device: What a release may ask of it.
        fleet: The configuration.
        clock: The time.
        running: The release that this process is; None: the installed one.
        askers: Told how far a step is; one of them may ask for a check.
    """

    def __init__(  # noqa: PLR0913 - what a step may need; only `Updater` calls it
        self,
        ports: Ports,
        device: Device,
        fleet: Fleet,
        *,
        clock: Clock,
        running: ReleaseName | None,
        askers: Askers,
    ) -> None:
        self._ports = ports
        self._call = ports.call
        self._device = device
        self._fleet = fleet
        self._clock = clock
        self._running = running
        self._askers = askers
        self._bringing = Bringing(ports.blobs, ports.slots, ports.call, askers.tell)
        self._trial: Trial | None = None

    def held_back(self, *, urgent: bool) -> str | None:
        """Why nothing may be changed now; None: it may."""
        minute, is_serviced = self._clock.minute_of_day(), self._ports.service.is_serviced
        return held_back(self._fleet.hours, minute, self._ports.lock(), is_serviced=is_serviced, urgent=urgent)

    async def is_on_trial(self, update: Update) -> bool:
        """Whether this process is the release that is tried."""
        is_it = self._running is not None and self._running == update.release
        return is_it and await self._call(self._ports.slots.good) != self._running

    async def take(self, step: Step, update: Update) -> Happening:  # noqa: PLR0911 - one for each step
        """Do a step; what came of it.

        Raises:
            AgentError: It came to nothing.
            OSError: Likewise.
        """
        match step:
            case Step.CHECK:
                return self._unless_held(await self._ask(update.rejected))
            case Step.BRING:
                return await self._bring(update, _named(update))
            case Step.MEASURE:
                return await self._measure(update)
            case Step.DRAIN:
                held = self.held_back(urgent=update.urgent)
                return await self._drain() if held is None else Postponed(_named(update), held, update.urgent)
            case Step.SWITCH:
                return await self._switch(_named(update))
            case Step.PROVE:
                return await self._prove(update)
            case Step.COMMIT:
                await self._call(partial(self._ports.slots.commit, _named(update)))
                return await self._settle(frozenset(it for it in (update.release, update.before) if it is not None))
            case Step.GO_BACK:
                return await self._go_back(_named(update), update.why)
            case Step.REST:
                raise ValueError("at rest there is nothing to do")
            case _:
                assert_never(step)

    async def _ask(self, rejected: Rejected | None) -> Found | NothingToDo:
        ask = partial(ask_fleet, self._ports.trust, self._device, running=self._running, rejected=rejected)
        return await self._call(ask)

    def _unless_held(self, found: Found | NothingToDo) -> Found | NothingToDo | Postponed:
        if isinstance(found, NothingToDo):
            return found
        held = self.held_back(urgent=found.urgent)
        return found if held is None else Postponed(found.release, held, found.urgent)

    async def _bring(self, update: Update, name: ReleaseName) -> Staged | Postponed:
        release = await self._call(partial(self._ports.trust.release, name))
        try:
            held = await self._bringing.bring(release, partial(self.held_back, urgent=update.urgent))
        except NoRoomError:
            keep = frozenset[ReleaseName]() if update.before is None else frozenset({update.before})
            await self._collect(keep, Bytes(0), release)
            raise
        return Staged() if held is None else Postponed(name, held, update.urgent)

    async def _measure(self, update: Update) -> Happening:
        """Ask the fleet again, which may have changed its mind; then measure what runs."""
        wanted = self._unless_held(await self._ask(update.rejected))
        if not isinstance(wanted, Found) or wanted.release != update.release:
            return wanted
        return await measure(self._ports.service, update.canaries)

    async def _drain(self) -> Drained | Troubled:
        try:
            async with asyncio.timeout(_DRAIN_WITHIN):
                await self._ports.service.drain()
        except TimeoutError:
            return Troubled(f"prompts still ran after {_DRAIN_WITHIN:g} s")
        return Drained()

    async def _switch(self, name: ReleaseName) -> Troubled:
        """Comes back only when it did not come to an end."""
        drained = await self._drain()
        if isinstance(drained, Troubled):
            return drained
        await self._call(partial(self._ports.slots.begin_trial, name))
        return await self._restart(f"to start {name}")

    async def _prove(self, update: Update) -> Happening:
        if self._trial is None:
            if update.proof is None:
                raise ValueError("an update on trial has its proof")
            self._trial = Trial(self._ports.service, self._clock, update.canaries, update.proof)
        proving = asyncio.create_task(self._trial.go_on(update), name="trial")
        withdrawing = Withdrawing(self._ports.service, self._clock, self._fleet.every, self._askers)
        asking = asyncio.create_task(withdrawing.wait(partial(self._ask, None)), name="fleet, while a trial starves")
        try:
            await asyncio.wait({proving, asking}, return_when=asyncio.FIRST_COMPLETED)
            return proving.result() if proving.done() else asking.result()
        finally:
            proving.cancel()
            asking.cancel()

    async def _go_back(self, name: ReleaseName, why: str) -> Settled:
        await self._call(partial(self._ports.slots.abandon, name))
        # A good one has no other to go back to: it would be started again, in this same state, for ever.
        if name == self._running and await self._call(self._ports.slots.good) != name:
            await self._restart(f"{name} is rolled back: {why}")
        return await self._settle(frozenset())

    async def _settle(self, keep: frozenset[ReleaseName]) -> Settled:
        await self._collect(keep, Bytes(self._fleet.keep))
        return Settled()

    async def _collect(self, keep: frozenset[ReleaseName], most: Bytes, coming: Release | None = None) -> None:
        """Make room, as far as it goes; what runs and what is good stay in any case."""
        try:
            good = await self._call(self._ports.slots.good)
            stay = keep | {it for it in (good, self._running) if it is not None}
            await self._call(partial(self._ports.slots.collect, stay, most, coming))
        except (AgentError, OSError) as error:
            _log.warning("releases_not_collected", extra={"reason": str(error)})
        except Exception:  # noqa: BLE001 - what is decided would never be over, and no update would follow
            _log.exception("releases_not_collected")

    async def _restart(self, why: str) -> Never:
        self._ports.service.restart(why)
        await asyncio.get_running_loop().create_future()  # this task is cancelled with the process
        raise AssertionError


def _named(update: Update) -> ReleaseName:
    if update.release is None:
        raise ValueError(f"an update that is {update.state} is about a release")
    return update.release
