"""A fleet of devices with a real repository, web server and broker: the operator's real tool rolls releases out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from agent.config import Broker
from agent.demo.broker import PrivateBroker
from agent.fleet.settings import Fleet
from agent.fleet.values import Proof, ReleaseName
from agent.fleet_admin.phases import Plan
from agent.fleet_admin.rolling import Hearing, Rolling
from agent.units import Ratio, Seconds
from tests.fleet.releases import CANARIES, GOOD, Behaviour, SimulatedFleet
from tests.fleet.server import StaticServer, serving
from tests.fleet.speaking_device import NetworkedDevice
from tests.fleet.voice import CHANNEL, TOPIC_ROOT, BrokerSender, Said, Send
from tests.fleet.workshop import Workshop

_MOST_FAILURES = Ratio(0.02)
_PROOF = Proof(
    within=Seconds(600.0),
    lasts=Seconds(120.0),
    least_speed=Ratio(0.8),
    most_energy=Ratio(1.3),
    most_failures=Ratio(0.05),
)
_LOOK = Seconds(5.0)


@dataclass
class NetworkedFleet:
    """Devices and all that they talk to.

    Attributes:
        workshop: The operator's.
        server: Of the repository.
        broker: Of the devices.
        send: Sends what a device says there.
        said: Counts that.
        behaviour: How releases run.
        devices: All of them.
        told: What the operator was told.
        lives: Of the devices that are switched on.
    """

    workshop: Workshop
    server: StaticServer
    broker: PrivateBroker
    send: Send
    said: Said
    behaviour: SimulatedFleet = field(default_factory=SimulatedFleet)
    devices: list[NetworkedDevice] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    lives: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def add(self, count: int, every: str) -> None:
        """Have so many devices, which are not switched on yet."""
        url, root = self.server.url, self.workshop.place.root
        settings = Fleet.model_validate({"url": url, "root": root, "every": every, "channel": CHANNEL})
        for number in range(count):
            name = f"orin-{number:04}"
            folder = self.workshop.folder / "devices" / name
            device = NetworkedDevice(self.behaviour, name, settings, send=self.send, folder=folder)
            device.jitter = jitter_of(number)
            self.devices.append(device)

    def publish(self, name: str, model: bytes, behaviour: Behaviour = GOOD) -> ReleaseName:
        """Publish a release."""
        parts = replace(self.workshop.parts(name.encode(), model), boards=(), canaries=CANARIES, proof=_PROOF)
        release = self.workshop.publish(name, parts).release.name
        self.behaviour.behaviours[release] = behaviour
        return release

    def switch_on(self, devices: Iterable[NetworkedDevice]) -> None:
        """Begin their lives."""
        for device in devices:
            self.lives[device.id] = asyncio.create_task(device.run(), name=device.id)

    async def switch_off(self, devices: Iterable[NetworkedDevice]) -> None:
        """Take their power away."""
        for device in devices:
            life = self.lives.pop(device.id)
            life.cancel()
            await asyncio.wait({life})
            if not life.cancelled():
                life.result()

    async def roll_out(self, release: ReleaseName, phases: tuple[Ratio, ...], hold: Seconds) -> bool:
        """With the operator's tool; whether it reached all. `hold` is in real seconds."""
        plan = Plan(CHANNEL, release, phases, hold, _MOST_FAILURES)
        where = Broker(host="127.0.0.1", port=self.broker.port)
        hearing = Hearing(where, TOPIC_ROOT, self.told.append, lambda _: None)
        return await asyncio.to_thread(Rolling(self.workshop.place, self.workshop.keys(), plan, hearing).run)

    async def until(self, is_so: Callable[[NetworkedDevice], bool], within: Seconds) -> None:
        """Wait until something is so of all that are switched on. Raises `TimeoutError`, with those that are stuck."""
        try:
            async with asyncio.timeout(within):
                while not all(is_so(device) for device in self.devices if device.id in self.lives):
                    for device in self.devices:
                        life = self.lives.get(device.id)
                        if life is not None and life.done():
                            life.result()
                    await asyncio.sleep(_LOOK)
        except TimeoutError as error:
            stuck = [device for device in self.devices if device.id in self.lives and not is_so(device)]
            words = "; ".join(f"{it.id} runs {it.running}, {it.update.state}: {it.update.why}" for it in stuck[:5])
            raise TimeoutError(f"{len(stuck)} devices are stuck: {words}") from error


@contextlib.asynccontextmanager
async def networked_fleet(folder: Path) -> AsyncIterator[NetworkedFleet]:
    """A fleet without devices and releases; it ends with what is outside of it."""
    workshop = Workshop(folder)
    (folder / "broker").mkdir()
    said = Said()
    with (
        serving(workshop.place.repository.folder) as server,
        PrivateBroker(folder / "broker") as broker,
        BrokerSender(broker.port, said) as sender,
    ):
        fleet = NetworkedFleet(workshop, server, broker, sender.send, said)
        try:
            yield fleet
        finally:
            await fleet.switch_off([device for device in fleet.devices if device.id in fleet.lives])


def runs(release: ReleaseName | None) -> Callable[[NetworkedDevice], bool]:
    """Whether a device has a release, and is at rest."""
    return lambda device: device.running == release and device.is_settled


def jitter_of(number: int) -> Callable[[], float]:
    """Random numbers from 0 to 1 for a device, the same at each run."""
    return Random(number).random  # noqa: S311 - no secret
