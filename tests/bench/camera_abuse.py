"""What is left behind when RTSP servers freeze, are killed, crawl and send garbage, again and again.

`python -m tests.bench.camera_abuse --cycles 200 --cameras 5` runs the keepers of some cameras, each with a server of
its own, and prints how soon each trouble was noticed and over, and what the process had before and after: processes,
file descriptors, shared memory, resident memory.
"""

import argparse
import asyncio
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from agent.clock import boottime
from tests.cameras.rtsp import RtspServer, rtsp_server
from tests.cameras.rtsp_server import Mode
from tests.integration.camera.capturing import Capturing, capture_processes, keeping, until

TROUBLES = ("frozen", "killed", "slow", "garbage")
_STALL = 3.0
"""The configured time, in seconds."""
_BUSY = 1.0
"""Seconds more than the configured time, for a machine with more to do."""
_GROWTH = 8 * 2**20
"""Bytes of resident memory that the interpreter may take besides."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One trouble, from its begin until frames come again.

    Attributes:
        noticed_s: From the last frame to the loss being told.
        recovered_s: From the end of the trouble to the next frames.
        why: What was told.
    """

    trouble: str
    noticed_s: float
    recovered_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What this process and its children have."""

    processes: int
    descriptors: int
    shared_bytes: int
    resident_bytes: int

    @classmethod
    def now(cls) -> "Holding":
        """Now."""
        maps = [
            line for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines() if "camera-frames" in line
        ]
        spans = [line.split(" ", 1)[0].split("-") for line in maps]
        return cls(
            len(capture_processes()),
            len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - names are enough
            sum(int(end, 16) - int(begin, 16) for begin, end in spans),
            psutil.Process().memory_info().rss,
        )


async def run_cycle(camera: Capturing, server: RtspServer, trouble: str) -> Cycle:
    """From frames that come, through a trouble, to frames that come again."""
    # Long enough to be good: or the failure is one more in a row, and the wait after it longer.
    await until(lambda: camera.slots.header().at - camera.keeper.state.since > 1.5 * camera.stall_timeout)
    match trouble:
        case "frozen":
            server.freeze()
        case "killed":
            server.kill()
        case _:
            server.turn(Mode[trouble.upper()])
    lost = await camera.lost()
    noticed = lost.since - camera.slots.header().at
    match trouble:
        case "frozen":
            server.thaw()
        case "killed":
            await asyncio.to_thread(server.restart)  # other cameras are watched meanwhile
        case _:
            server.turn(Mode.WELL)
    over_at = boottime()
    live = await camera.live()
    return Cycle(trouble, noticed, live.since - over_at, lost.why)


async def _abuse(camera: Capturing, server: RtspServer, cycles: int, first: int) -> list[Cycle]:
    return [await run_cycle(camera, server, TROUBLES[(first + cycle) % len(TROUBLES)]) for cycle in range(cycles)]


async def measure(cycles: int, cameras: int) -> bool:
    """Run and print; whether nothing was left and everything noticed in time."""
    async with AsyncExitStack() as stack:
        servers = [stack.enter_context(rtsp_server()) for _ in range(cameras)]
        running = [
            await stack.enter_async_context(keeping(server.url, stall_timeout=f"{_STALL:g}s")) for server in servers
        ]
        for camera in running:
            await camera.live()
        pairs = list(zip(running, servers, strict=True))
        await asyncio.gather(*(_abuse(camera, server, 1, 0) for camera, server in pairs))  # a first one for each
        before = Holding.now()
        each = -(-cycles // cameras)
        done = await asyncio.gather(
            *(_abuse(camera, server, each, first) for first, (camera, server) in enumerate(pairs))
        )
        after = Holding.now()
    ran = [cycle for some in done for cycle in some]
    for trouble in TROUBLES:
        _print(trouble, [cycle for cycle in ran if cycle.trouble == trouble])
    print(f"before: {_words(before)}\nafter {len(ran)} cycles: {_words(after)}")
    in_time = all(cycle.noticed_s <= _STALL + _BUSY for cycle in ran)
    same = (before.processes, before.descriptors, before.shared_bytes) == (
        after.processes,
        after.descriptors,
        after.shared_bytes,
    )
    return in_time and same and after.resident_bytes - before.resident_bytes < _GROWTH


def _print(trouble: str, cycles: list[Cycle]) -> None:
    if cycles:
        noticed = [cycle.noticed_s for cycle in cycles]
        recovered = [cycle.recovered_s for cycle in cycles]
        print(
            f"{trouble:8} {len(cycles):4} times; noticed after {median(noticed):.2f} s (at most {max(noticed):.2f}), "
            f"frames again after {median(recovered):.2f} s (at most {max(recovered):.2f}); "
            f"{', '.join(sorted({cycle.why for cycle in cycles}))}"
        )


def _words(held: Holding) -> str:
    return (
        f"{held.processes} processes, {held.descriptors} descriptors, {held.shared_bytes} bytes of shared memory, "
        f"{held.resident_bytes / 2**20:.1f} MiB resident"
    )


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--cameras", type=int, default=5)
    arguments = parser.parse_args()
    return 0 if asyncio.run(measure(arguments.cycles, arguments.cameras)) else 1


if __name__ == "__main__":
    sys.exit(main())
