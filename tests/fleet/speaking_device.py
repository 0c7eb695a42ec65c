"""Simulated devices that are heard: over a broker or directly, with a simulated disk or over a real network."""

from dataclasses import dataclass, field
from pathlib import Path
from time import time

from agent.events import Event, UpdateState
from agent.fleet.blobs import BlobStore
from agent.fleet.settings import Fleet
from agent.fleet.similar import make_from_similar
from agent.fleet.steps import Ports
from agent.fleet.trust import FleetTrust
from agent.fleet.update import Update
from agent.fleet.update_file import UpdateFile
from agent.fleet.web import Web
from agent.units import UnixSeconds
from tests.fleet.device import SimulatedDevice, SimulatedService
from tests.fleet.disk import SimulatedSlots
from tests.fleet.releases import Behaviour
from tests.fleet.voice import Send, Voice


@dataclass
class SpeakingDevice(SimulatedDevice):
    """One whose updater is heard.

    Attributes:
        send: Sends what it says.
        voice: Of the process.
    """

    send: Send = field(kw_only=True)
    voice: Voice | None = None

    def emit(self, event: Event) -> None:
        super().emit(event)
        if self.voice is not None:
            self.voice.emit(event)

    def show(self, state: UpdateState) -> None:
        super().show(state)
        if self.voice is not None:
            self.voice.show(state)

    async def _live(self, behaviour: Behaviour) -> None:
        if behaviour.hangs:
            await super()._live(behaviour)
            return
        voice = self.voice = Voice(self.id, self.running, self.clock, self.send)
        try:
            await super()._live(behaviour)
        except BaseException:
            voice.break_off()
            raise
        finally:
            self.voice = None
        voice.end()


@dataclass
class NetworkedDevice(SpeakingDevice):
    """One with real trust, contents and record; its slots and its agent are simulated.

    Attributes:
        folder: Its `<state_dir>/fleet`.
        webs: The connection of each process so far.
    """

    folder: Path = field(kw_only=True)
    webs: list[Web] = field(default_factory=list)

    @property
    def has_asked(self) -> bool:
        """Whether its process has come to the end of a check."""
        return self.updater is not None and self.updater.update.since is not None

    @property
    def update(self) -> Update:
        return UpdateFile(self.folder).read().update

    def ports(self, service: SimulatedService) -> Ports:
        web = Web()
        self.webs.append(web)
        settings: Fleet = self.settings
        blobs = BlobStore(self.folder / "blobs", (settings.url,), web, None, make=make_from_similar)
        return Ports(
            trust=FleetTrust(settings, self.id, self.folder / "tuf", web, lambda: UnixSeconds(time())),
            blobs=blobs,
            slots=SimulatedSlots(self.disk, blobs),
            service=service,
            record=UpdateFile(self.folder),
            lock=lambda: self.lock,
        )

    async def _live(self, behaviour: Behaviour) -> None:
        try:
            await super()._live(behaviour)
        finally:
            while self.webs:
                self.webs.pop().close()
