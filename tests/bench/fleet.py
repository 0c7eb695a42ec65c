"""What a rollout to a whole fleet takes, a good one and bad ones: `python -m tests.bench.fleet`.

Some devices run the real updater, trust, contents and record over HTTP from a real repository, speak to a real
mosquitto, and are rolled out to by the operator's real tool; their slots and their agents are simulated, and what they
wait for passes twenty times as fast. Many more are the same updater with everything around it simulated, in simulated
time, through the same rules for phases; there the power goes and servers are away at random.

With `--devices 200 --simulated 10000` it takes a quarter of an hour on two cores.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from agent.fleet.values import ReleaseName
from agent.fleet_admin.phases import Plan
from agent.units import Ratio, Seconds
from tests.fleet.hurried_time import hurry
from tests.fleet.networked_fleet import NetworkedFleet, networked_fleet, runs
from tests.fleet.releases import BAD
from tests.fleet.simulated_rollout import SimulatedRollouts, simulated_rollouts
from tests.fleet.simulated_time import simulate
from tests.fleet.speaking_device import NetworkedDevice
from tests.fleet.voice import CHANNEL

_PHASES = (Ratio(0.01), Ratio(0.1), Ratio(0.5), Ratio(1.0))
_MOST_FAILURES = Ratio(0.02)
_TIMES = 20.0
_EVERY = "15min"
_HOLD = Seconds(45.0)
"""Of the real operator's tool, in real seconds: as long as a device waits between two checks."""
_SIMULATED_HOLD = Seconds(3600.0)
_IDLE = Seconds(1800.0)
_LONGEST = Seconds(24 * 3600.0)
_MODEL_SIZE = 4 * 1024 * 1024
_ONE_IN = 10
"""So many devices fail with a release that is bad on some."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="What a rollout to a whole fleet takes.")
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--simulated", type=int, default=10_000)
    options = parser.parse_args(arguments)
    if options.devices:
        with tempfile.TemporaryDirectory() as folder:
            hurry(_network(Path(folder) / "fleet", options.devices), _TIMES)
    if options.simulated:
        simulate(_simulation(options.simulated))
    return 0


class Stage:
    """A part of the run on the network: what it cost."""

    def __init__(self, fleet: NetworkedFleet, name: str) -> None:
        self._fleet = fleet
        self._name = name
        self._began = time.monotonic()
        self._requests, self._sent, self._said = self._now()

    def print(self, what: str) -> None:
        """A row of the table; figures of one device are means over all that are switched on."""
        requests, sent, said = self._now()
        count = len(self._fleet.lives)
        contents = sent["/blobs/"] - self._sent["/blobs/"]
        metadata = sum(sent.values()) - sum(self._sent.values()) - contents
        figures = (
            f"{(requests - self._requests) / count:.1f}",
            f"{metadata / count / 1024:.1f}",
            f"{contents / count / 1024:,.1f}",
            f"{(said - self._said) / count:.1f}",
            f"{time.monotonic() - self._began:.0f}",
        )
        _row(self._name, what, *figures)

    def _now(self) -> tuple[int, dict[str, int], int]:
        counts = self._fleet.server.counts
        with self._fleet.server.lock:
            sent = {part: counts.sent_of(part) for part in ("/metadata/", "/targets/", "/blobs/")}
            return counts.requests.total(), sent, self._fleet.said.messages.total()


async def _network(folder: Path, count: int) -> None:
    print(f"{count} devices: real updater, trust, contents, record, repository, server, broker and operator's tool;")
    print(f"slots and agents simulated. They ask every {_EVERY}, {_TIMES:g} times as fast; seconds are real ones.\n")
    _row("stage", "outcome", "requests", "KiB of metadata", "KiB of contents", "messages", "s")
    _row(*["---"] * 2, *["---:"] * 5)
    async with networked_fleet(folder) as fleet:
        fleet.add(count, _EVERY)
        good, bad, some = _releases(fleet)
        late, away = fleet.devices[: count // 40 or 1], fleet.devices[count // 40 or 1 : count // 20 or 2]
        stage = Stage(fleet, "first check")
        fleet.switch_on(fleet.devices[len(late) + len(away) :])
        await fleet.until(lambda device: device.has_asked, _LONGEST)
        stage.print(f"{len(fleet.lives)} switched on")
        await _good(fleet, good)
        fleet.switch_on(away)
        stage = Stage(fleet, "switched on later")
        await fleet.until(runs(good), _LONGEST)
        stage.print(f"{len(away)} more have it")
        for release, name in ((bad, "bad on all"), (some, f"bad on one in {_ONE_IN}")):
            await _bad(fleet, release, good, name)
        fleet.switch_on(late)
        stage = Stage(fleet, "switched on last")
        await fleet.until(runs(good), _LONGEST)
        stage.print(f"{sum(map(runs(good), fleet.devices))} of {count} have the good one")
        stage = Stage(fleet, "half an hour of nothing")
        await asyncio.sleep(_IDLE)
        stage.print("")
        assert all(map(runs(good), fleet.devices)), "none is stuck"
        print("\n" + "\n".join(fleet.told) + "\n")


def _releases(fleet: NetworkedFleet) -> tuple[ReleaseName, ReleaseName, ReleaseName]:
    """A good one, and two that are not and whose model changed a little."""
    model = os.urandom(_MODEL_SIZE)
    good = fleet.publish("good", model)
    changed = [model[:at] + os.urandom(_MODEL_SIZE // 20) + model[at:] for at in (_MODEL_SIZE // 3, _MODEL_SIZE // 2)]
    bad = fleet.publish("bad", changed[0], BAD["answers wrongly"])
    some = fleet.publish("some", changed[1])
    for device in fleet.devices[::_ONE_IN]:
        fleet.behaviour.unlike[some, device.id] = BAD["is 30 % slower"]
    return good, bad, some


async def _good(fleet: NetworkedFleet, good: ReleaseName) -> None:
    stage = Stage(fleet, "good, 1, 10, 50, 100 %")
    assert await fleet.roll_out(good, _PHASES, _HOLD), fleet.told
    await fleet.until(runs(good), _LONGEST)
    stage.print(f"{sum(map(runs(good), fleet.devices))} have it")


async def _bad(fleet: NetworkedFleet, release: ReleaseName, good: ReleaseName, name: str) -> None:
    stage = Stage(fleet, name)
    assert not await fleet.roll_out(release, _PHASES, _HOLD), fleet.told
    await fleet.until(runs(good), _LONGEST)
    tried = [device for device in fleet.devices if (release, "switching") in device.states()]
    stage.print(
        f"{len(tried)} tried it, {_rolled_back(tried, release)} rolled it back, {_have(fleet, good)} have the good"
    )


def _rolled_back(devices: Sequence[NetworkedDevice], release: ReleaseName) -> int:
    return sum((release, "rolled_back") in device.states() for device in devices)


def _have(fleet: NetworkedFleet, release: ReleaseName) -> int:
    return sum(map(runs(release), fleet.devices))


async def _simulation(count: int) -> None:
    began = time.monotonic()
    print(f"{count:,} devices, simulated: the same updater, the same rules for phases, a check and a phase each hour.")
    print("On each the power goes twice a day; one question in twenty finds no server, and every three hours none is")
    print("there for a quarter of one.\n")
    _row("rollout", "outcome", "tried it", "run the good one", "messages", "simulated hours", "s")
    _row("---", "---", *["---:"] * 5)
    async with simulated_rollouts(count) as rollouts:
        good, bad = rollouts.fleet.publish("good"), rollouts.fleet.publish("bad", BAD["answers wrongly"])
        some = rollouts.fleet.publish("some")
        for device in rollouts.devices[::_ONE_IN]:
            rollouts.fleet.unlike[some, device.id] = BAD["hangs"]
        off = count // 20
        rollouts.switch_on(rollouts.devices[off:])
        await asyncio.sleep(_SIMULATED_HOLD)
        await _simulated(rollouts, good, good, "good, 1, 10, 50, 100 %")
        rollouts.switch_on(rollouts.devices[:off])
        await _simulated(rollouts, bad, good, "bad on all")
        await _simulated(rollouts, some, good, f"bad on one in {_ONE_IN} (hangs)")
        said = rollouts.said
    print("\n" + "\n".join(rollouts.told))
    asked, failed = rollouts.fleet.asked, rollouts.fleet.failed
    print(f"\n{rollouts.cuts:,} power cuts; {asked:,} questions to servers, of which {failed:,} found none")
    print(f"{said.messages.total():,} messages, {said.size / said.messages.total():.0f} bytes each on average")
    print(f"{time.monotonic() - began:.0f} s in all")


async def _simulated(rollouts: SimulatedRollouts, release: ReleaseName, good: ReleaseName, name: str) -> None:
    loop, began = asyncio.get_running_loop(), time.monotonic()
    since, said = loop.time(), rollouts.said.messages.total()
    plan = Plan(CHANNEL, release, _PHASES, _SIMULATED_HOLD, _MOST_FAILURES)
    reached_all = await rollouts.roll_out(plan, None if release == good else good)
    assert reached_all == (release == good), rollouts.told
    await rollouts.until_all_run(good, _LONGEST)
    outcome = "reached all" if reached_all else "stopped"
    tried, have = len(rollouts.took(release)), rollouts.running(good)
    messages = (rollouts.said.messages.total() - said) / len(rollouts.devices)
    _row(
        name,
        outcome,
        f"{tried:,}",
        f"{have:,}",
        f"{messages:.1f}",
        f"{(loop.time() - since) / 3600:.1f}",
        f"{time.monotonic() - began:.0f}",
    )


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
