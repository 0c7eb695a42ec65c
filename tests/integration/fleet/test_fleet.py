"""Whole fleets: a good release reaches all, a bad one stops at its threshold, and no device is stuck."""

import asyncio
from pathlib import Path
from random import Random

from agent.fleet.values import ReleaseName
from agent.fleet_admin.phases import Plan
from agent.units import Ratio, Seconds
from tests.fleet.hurried_time import hurry
from tests.fleet.networked_fleet import networked_fleet, runs
from tests.fleet.releases import BAD
from tests.fleet.simulated_rollout import simulated_rollouts
from tests.fleet.simulated_time import simulate
from tests.fleet.voice import CHANNEL

PHASES = (Ratio(0.1), Ratio(0.5), Ratio(1.0))
LONGEST = Seconds(12 * 3600.0)
TIMES = 60.0
MODEL = Random(4).randbytes(1_200_000)  # noqa: S311 - no secret


def test_devices_on_a_network(tmp_path: Path) -> None:
    hurry(_on_a_network(tmp_path / "fleet"), TIMES)


async def _on_a_network(folder: Path) -> None:
    async with networked_fleet(folder) as fleet:
        good = fleet.publish("good", MODEL)
        bad = fleet.publish("bad", MODEL[:600_000] + bytes(30_000) + MODEL[600_000:], BAD["answers wrongly"])
        fleet.add(5, every="1min")
        late = fleet.devices[:1]
        fleet.switch_on(fleet.devices[1:])
        await fleet.until(lambda device: device.has_asked, LONGEST)
        assert await fleet.roll_out(good, PHASES[1:], Seconds(1.0)), fleet.told
        await fleet.until(runs(good), LONGEST)
        whole = fleet.server.counts.sent_of("/blobs/")
        assert not await fleet.roll_out(bad, PHASES[1:], Seconds(1.0)), fleet.told
        await fleet.until(runs(good), LONGEST)
        tried = [device for device in fleet.devices if (bad, "switching") in device.states()]
        assert tried
        assert all((bad, "rolled_back") in device.states() for device in tried)
        brought = [device for device in fleet.devices if (bad, "downloading") in device.states()]
        assert fleet.server.counts.sent_of("/blobs/") - whole < len(brought) * len(MODEL) / 4, "only what has changed"
        fleet.switch_on(late)
        await fleet.until(runs(good), LONGEST)
        assert (bad, "downloading") not in late[0].states()


def test_many_simulated_devices() -> None:
    simulate(_simulated())


async def _simulated() -> None:
    async with simulated_rollouts(150) as rollouts:
        good, bad = rollouts.fleet.publish("good"), rollouts.fleet.publish("bad", BAD["fails"])
        rollouts.switch_on(rollouts.devices[5:])
        await asyncio.sleep(3600)
        assert await rollouts.roll_out(_plan(good), None), rollouts.told
        await rollouts.until_all_run(good, LONGEST)
        assert not await rollouts.roll_out(_plan(bad), good), rollouts.told
        rollouts.switch_on(rollouts.devices[:5])
        await rollouts.until_all_run(good, LONGEST)
        assert 0 < len(rollouts.took(bad)) < 30
        assert rollouts.running(good) == 150
        assert rollouts.cuts > 10
        assert rollouts.fleet.failed > 10


def _plan(release: ReleaseName) -> Plan:
    return Plan(CHANNEL, release, PHASES, Seconds(3600.0), Ratio(0.02))
