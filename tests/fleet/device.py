"""A simulated device: launcher, processes one after the other, and the real updater in each. Its time is simulated."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.errors import EngineLostError
from agent.events import Event, UpdateState
from agent.fleet.blocking import at_once
from agent.fleet.eligibility import Device
from agent.fleet.settings import Fleet
from agent.fleet.state import Step, step_of
from agent.fleet.steps import Ports
from agent.fleet.telling import Reports
from agent.fleet.update import Update
from agent.fleet.updater import Updater
from agent.fleet.values import Canary, CanaryAnswer, ReleaseName, Tally
from agent.units import Seconds, UnixSeconds
from tests.fleet.disk import Disk, PowerCutError, SimulatedBlobs, SimulatedRecord, SimulatedSlots
from tests.fleet.releases import Behaviour, SimulatedFleet

RESTART = Seconds(5.0)
"""systemd's pause between two processes."""
WATCHDOG = Seconds(75.0)
BOOT = Seconds(20.0)
DRAINING = Seconds(3.0)
SETTINGS = Fleet.model_validate({"url": "https://updates.invalid/fleet", "root": "root.json", "every": "1h"})


class SimulatedService:
    """`Service`: an agent that behaves as its release does."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._began = _now()
        self.restarting = asyncio.Event()
        self.is_drained = False
        self.is_serviced = False
        self.starved_of: str | None = None

    async def drain(self) -> None:
        if not self.is_drained:
            await asyncio.sleep(DRAINING)
        self.is_drained = True

    async def go_on(self) -> None:
        self.is_drained = False

    def restart(self, why: str) -> None:
        assert why
        self.restarting.set()

    async def serving(self) -> None:
        after = self._behaviour.serves_after
        await asyncio.sleep(1e9 if after is None else max(0.0, self._began + after - _now()))

    async def ask(self, canary: Canary) -> CanaryAnswer:
        if self._behaviour.serves_after is None:
            raise EngineLostError("no model is loaded")
        assert canary.prompt
        await asyncio.sleep(self._behaviour.answers_after)
        return CanaryAnswer(self._behaviour.answers, self._behaviour.speed, self._behaviour.joules)

    def tally(self) -> Tally:
        minutes = (_now() - self._began) / 60
        return Tally(int(self._behaviour.answered * minutes), int(self._behaviour.failed * minutes))


@dataclass(slots=True)
class SimulatedDevice:
    """One of a fleet.

    Attributes:
        fleet: Whom it asks.
        id: Its name.
        settings: Its configuration.
        disk: What outlives its processes.
        lock: The site's lock.
        events: What it told.
        shown: What `R/status` would say.
        jitter: As of `Updater`.
        running: The release of its process; None: the installed one.
        updater: Its process's; None while there is no process.
        service: Likewise.
        starts: How many processes it has had.
    """

    fleet: SimulatedFleet
    id: str = "orin-1"
    settings: Fleet = SETTINGS
    disk: Disk = field(default_factory=Disk)
    lock: str | None = None
    jitter: Callable[[], float] = lambda: 0.0
    events: list[Event] = field(default_factory=list)
    shown: UpdateState | None = None
    running: ReleaseName | None = None
    updater: Updater | None = None
    service: SimulatedService | None = None
    starts: int = 0
    _boots: int = 0
    _booted: float = 0.0
    _process: asyncio.Task[None] | None = None

    @property
    def update(self) -> Update:
        """What is on the disk."""
        return SimulatedRecord(self.disk).read().update

    @property
    def clock(self) -> Clock:
        """Of this boot."""
        booted = self._booted
        return Clock(
            f"boot-{self._boots}", now=lambda: Seconds(_now() - booted), wall=lambda: UnixSeconds(1.79e9 + _now())
        )

    @property
    def is_settled(self) -> bool:
        """Whether exactly one good release runs, and no update is under way."""
        disk = self.disk
        is_alone = disk.trial is None and self.running == disk.good
        return is_alone and (disk.good is None or disk.good in disk.slots) and step_of(self.update) is Step.REST

    @property
    def has_told_an_end(self) -> bool:
        """Whether it has told what came of an update."""
        return any(state in ("committed", "rolled_back", "failed") for _, state in self.states())

    def states(self) -> list[tuple[str | None, str]]:
        """The updates' states that it told, in order."""
        return [(event.release, event.state) for event in self.events if isinstance(event, UpdateState)]

    async def run(self) -> None:
        """Its life, until cancelled: a process after the other, each as long as it lives."""
        self._boot()
        while True:
            self.running = self.disk.start()
            self.starts += 1
            try:
                await self._one_process(self.fleet.behaviour(self.running, self.id))
                await asyncio.sleep(RESTART)
            except PowerCutError:
                await asyncio.sleep(BOOT)
                self._boot()

    def cut_power(self) -> None:
        """Now."""
        if self._process is not None and not self._process.done():
            self._process.cancel("power cut")

    def kill(self) -> None:
        """End the process as by SIGKILL; the boot goes on."""
        if self._process is not None and not self._process.done():
            self._process.cancel("killed")

    def _boot(self) -> None:
        self._boots += 1
        self._booted = _now()

    async def _one_process(self, behaviour: Behaviour) -> None:
        """Until it ends, is ended, or the power is cut."""
        self._process = asyncio.create_task(self._live(behaviour), name=f"{self.id}'s process")
        try:
            await asyncio.wait({self._process})
            if self._process.cancelled():
                await self._process
            self._process.result()
        except asyncio.CancelledError as end:
            if end.args == ("power cut",):
                raise PowerCutError from None
            if end.args != ("killed",):
                raise
        finally:
            self._process.cancel()
            self.updater = self.service = None

    async def _live(self, behaviour: Behaviour) -> None:
        if behaviour.hangs:
            await asyncio.sleep(WATCHDOG)
            return
        self.disk.good_boots = 0  # everything runs
        self.service = SimulatedService(behaviour)
        self.updater = self._updater(self.service)
        running = asyncio.create_task(self.updater.run(), name=f"{self.id}'s updater")
        restarting = asyncio.create_task(self.service.restarting.wait())
        try:
            await asyncio.wait(
                {running, restarting}, timeout=behaviour.crashes_after, return_when=asyncio.FIRST_COMPLETED
            )
            if running.done():
                running.result()
        finally:
            for task in (running, restarting):
                task.cancel()
            await asyncio.wait({running, restarting})

    def ports(self, service: SimulatedService) -> Ports:
        """What the updater of a process acts through."""
        blobs = SimulatedBlobs(self.disk)
        return Ports(
            trust=self.fleet,
            blobs=blobs,
            slots=SimulatedSlots(self.disk, blobs),
            service=service,
            record=SimulatedRecord(self.disk),
            lock=lambda: self.lock,
            call=at_once,
        )

    def emit(self, event: Event) -> None:
        """Tell an event."""
        self.events.append(event)

    def show(self, state: UpdateState) -> None:
        """Tell how far an update is."""
        self.shown = state

    def _updater(self, service: SimulatedService) -> Updater:
        return Updater(
            self.ports(service),
            Reports(emit=self.emit, show=self.show),
            Device(self.id, "aarch64", "Jetson Orin Nano", launcher=1, journal=1),
            self.settings,
            clock=self.clock,
            running=self.running,
            jitter=self.jitter,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
