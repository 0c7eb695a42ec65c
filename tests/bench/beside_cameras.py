"""What cameras cost the prompts that come by MQTT: the same prompts with cameras and without, in alternation.

`python -m tests.bench.beside_cameras --cameras 8` starts an agent with so many cameras, which play the demo's clip at
1280x720 and ask no model, and one without, in turn, and has each answer prompts one after another. It fails when the
prompts take more than a tenth longer beside cameras, by the median of the rounds.

Rounds are short and many, so that the two of a round meet about the same other load, and which of them goes first
alternates. Both at once would disturb each other.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from agent.demo.clip_file import caches, ensure_clip
from tests.agent_process import PREFIX, serving
from tests.bench.overhead import spread
from tests.client import Client
from tests.waiting import wait_for

_PROMPT = "Facts: two people and a dog at the door, 22:40. Describe this in one sentence."
_MOST_SLOWER = 0.10
"""Prompts may take so much longer beside cameras."""


@dataclass(frozen=True, slots=True)
class Served:
    """What one agent did in its turn.

    Attributes:
        latencies: Seconds from a prompt's publication to its reply.
        cpu: Seconds of processor time that its cameras' processes took meanwhile.
        wall: Seconds that it took.
        troubles: What it told of its cameras.
    """

    latencies: Sequence[float]
    cpu: float
    wall: float
    troubles: Sequence[str]


def camera_seconds(agent_pid: int) -> float:
    """Processor time of the capture processes and the looking process so far."""
    spent = 0.0
    for child in psutil.Process(agent_pid).children(recursive=True):
        if "agent.camera" in " ".join(child.cmdline()):
            times = child.cpu_times()
            spent += times.user + times.system
    return spent


def serve(clip: Path, cameras: int, looks: float, prompts: int) -> Served:
    """Start an agent, and have it answer."""
    section = {"source": str(clip), "looks": looks, "when": ["motion"], "every": "10s", "ring": "0B"}
    sections: dict[str, object] = {"cameras": {f"c{number}": section for number in range(cameras)}} if cameras else {}
    with (
        tempfile.TemporaryDirectory(prefix="jetson-agent-bench-") as folder,
        serving(Path(folder), **sections) as (broker, agent),
        Client(broker.port, topics=("reply/#", "status", "event", "camera/#")) as client,
    ):
        client.wait_online(120)
        for number in range(cameras):
            topic = f"{PREFIX}/camera/c{number}/state"
            wait_for(lambda topic=topic: _is_clear(client, topic), 60, "the camera")  # type: ignore[misc]
        began, spent = time.perf_counter(), camera_seconds(agent.pid)
        latencies = []
        for number in range(prompts):
            sent = time.perf_counter()
            client.prompt({"id": f"p{number}", "prompt": _PROMPT, "max_tokens": 32})
            client.reply(f"p{number}")
            latencies.append(client.arrivals[f"{PREFIX}/reply/p{number}"] - sent)
        wall, spent = time.perf_counter() - began, camera_seconds(agent.pid) - spent
        events = [json.loads(payload) for payload in client.messages[f"{PREFIX}/event"]]
    troubles = [str(event) for event in events if str(event.get("event", "")).startswith("camera")]
    return Served(latencies, spent, wall, troubles)


def _is_clear(client: Client, topic: str) -> bool:
    states = client.messages[topic]
    return bool(states) and json.loads(states[-1])["condition"] == "clear"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--looks", type=float, default=2.0, help="a second, of each camera")
    parser.add_argument("--rounds", type=int, default=12, help="two at least")
    parser.add_argument("--prompts", type=int, default=25, help="of each round")
    arguments = parser.parse_args()
    clip = ensure_clip(lambda _: nullcontext(), Path(tempfile.gettempdir()), caches())
    ratios: list[float] = []
    shares: list[float] = []
    troubles: list[str] = []
    for number in range(arguments.rounds):
        runs = {}
        for cameras in (0, arguments.cameras) if number % 2 else (arguments.cameras, 0):
            runs[cameras] = serve(clip, cameras, arguments.looks, arguments.prompts)
        with_cameras, without = runs[arguments.cameras], runs[0]
        ratios.append(median(with_cameras.latencies) / median(without.latencies))
        shares.append(with_cameras.cpu / with_cameras.wall)
        troubles += with_cameras.troubles
        medians = f"{1000 * median(with_cameras.latencies):.0f} and {1000 * median(without.latencies):.0f} ms"
        print(f"round {number + 1}: median latency with and without cameras {medians}", flush=True)
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores; {arguments.cameras} cameras")
    print(f"latency with cameras / without: {spread(ratios, '.3f')}")
    print(f"cameras' processes, share of a core: {spread(shares, '.2f')}")
    for trouble in troubles:
        print(trouble)
    slower = median(ratios) - 1.0
    is_kept = slower <= _MOST_SLOWER
    print(f"{'kept' if is_kept else 'NOT KEPT'}: {slower:+.1%} with cameras, at most {_MOST_SLOWER:.0%} is meant")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
