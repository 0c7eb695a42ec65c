"""Rollouts to many simulated devices in simulated time: power goes, servers are away, devices are switched off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import assert_never

from agent.fleet.ports import UnreachableError
from agent.fleet.values import Desired, ReleaseName
from agent.fleet_admin.phases import GoBack, Next, Plan, Wait, count, decide
from agent.fleet_admin.seen import FleetSeen
from agent.units import Ratio, Seconds, UnixSeconds
from tests.fleet.releases import SimulatedFleet
from tests.fleet.speaking_device import SpeakingDevice
from tests.fleet.voice import TOPIC_ROOT, DirectSender, Said

_TICK = Seconds(60.0)
_HOUR = Seconds(3600.0)
_DAY = Seconds(24 * 3600.0)
_CUTS_A_DAY = 2.0
"""Of each device."""
_AWAY_EVERY = Seconds(3 * 3600.0)
_AWAY_FOR = Seconds(900.0)
"""The servers, on average."""


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class UnsteadyFleet(SimulatedFleet):
    """Of which each twentieth question finds nobody.

    Attributes:
        chance: Where from it is known which.
        failed: Questions that nobody answered.
    """

    chance: Random = field(default_factory=lambda: Random(6))  # noqa: S311 - no secret
    failed: int = 0

    def refresh(self) -> None:
        if not self.is_reachable or self.chance.random() < 0.05:
            self.asked += 1
            self.failed += 1
            raise UnreachableError("nobody answers")
        SimulatedFleet.refresh(self)


@dataclass
class SimulatedRollouts:
    """Many devices, and an operator who listens to them.

    Attributes:
        fleet: Whom the devices ask.
        devices: All of them.
        seen: What the operator has heard.
        told: What there is to say of the phases.
        said: Counts what the devices said.
        cuts: How often the power went somewhere.
        lives: Of the devices that are switched on.
    """

    fleet: UnsteadyFleet
    seen: FleetSeen = field(default_factory=lambda: FleetSeen(TOPIC_ROOT, _now))
    devices: list[SpeakingDevice] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    said: Said = field(default_factory=Said)
    cuts: int = 0
    lives: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def add(self, count: int) -> None:
        """Have so many devices, which are not switched on yet."""
        send = DirectSender(self.seen, self.said).send
        for number in range(count):
            device = SpeakingDevice(self.fleet, f"orin-{number:05}", send=send)
            device.jitter = Random(number).random  # noqa: S311 - no secret
            self.devices.append(device)

    def switch_on(self, devices: list[SpeakingDevice]) -> None:
        """Begin their lives."""
        for device in devices:
            self.lives[device.id] = asyncio.create_task(device.run(), name=device.id)

    async def roll_out(self, plan: Plan, back: ReleaseName | None) -> bool:
        """As `Rolling` does; whether it reached all. `back` is what was desired of all before."""
        for phase, share in enumerate(plan.phases):
            self.fleet.wants = Desired(plan.release, share, plan.release, urgent=False)
            began = _now()
            while True:
                await asyncio.sleep(_TICK)
                counts = count(plan, phase, self.seen.devices, UnixSeconds(_now()))
                decision = decide(plan, phase, Seconds(_now() - began), counts)
                if not isinstance(decision, Wait):
                    break
            self.told.append(f"{plan.release}, {share:.0%}: {counts.words()}; {(_now() - began) / _HOUR:.1f} h")
            match decision:
                case Next():
                    continue
                case GoBack():
                    back_to = None if back is None else Desired(back, Ratio(1.0), back, urgent=True, back=True)
                    self.fleet.wants = back_to
                    return False
                case _:
                    assert_never(decision)
        return True

    async def until_all_run(self, release: ReleaseName, within: Seconds) -> None:
        """Wait until all that are switched on do, and are at rest. Raises `TimeoutError`, with those that do not."""
        until = _now() + within
        while left := [it for it in self.devices if it.id in self.lives and not _runs(it, release)]:
            if _now() > until:
                words = "; ".join(f"{it.id} runs {it.running}, {it.update.state}: {it.update.why}" for it in left[:5])
                raise TimeoutError(f"{len(left)} devices are stuck: {words}")
            await asyncio.sleep(_TICK)

    async def cut_power(self) -> None:
        """Of a device after the other, at random, until cancelled."""
        chance = Random(1)  # noqa: S311 - no secret
        while True:
            await asyncio.sleep(chance.expovariate(_CUTS_A_DAY * len(self.devices) / _DAY))
            device = chance.choice(self.devices)
            if device.voice is not None:
                self.cuts += 1
                device.cut_power()

    async def lose_servers(self) -> None:
        """Of all devices, at random, until cancelled."""
        chance = Random(2)  # noqa: S311 - no secret
        while True:
            await asyncio.sleep(chance.expovariate(1 / _AWAY_EVERY))
            self.fleet.is_reachable = False
            await asyncio.sleep(chance.expovariate(1 / _AWAY_FOR))
            self.fleet.is_reachable = True

    def running(self, release: ReleaseName) -> int:
        """How many devices run a release, and are at rest."""
        return sum(_runs(device, release) for device in self.devices)

    def took(self, release: ReleaseName) -> list[SpeakingDevice]:
        """The devices that have tried a release."""
        return [device for device in self.devices if (release, "switching") in device.states()]


@contextlib.asynccontextmanager
async def simulated_rollouts(count: int) -> AsyncIterator[SimulatedRollouts]:
    """So many devices, none switched on yet; troubles happen to them."""
    rollouts = SimulatedRollouts(UnsteadyFleet())
    rollouts.add(count)
    troubles = [asyncio.create_task(trouble()) for trouble in (rollouts.cut_power, rollouts.lose_servers)]
    try:
        yield rollouts
    finally:
        tasks = [*troubles, *rollouts.lives.values()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def _runs(device: SpeakingDevice, release: ReleaseName) -> bool:
    return device.running == release and device.is_settled
