"""What an idle agent costs: its share of a core and its memory, telemetry and sensors included.

`python -m tests.bench.idle` starts a whole agent on a private broker, lets it settle, and measures its process and the
engine's for `--seconds`. The threads of the agent are shown apart: `sensors` is the sampler.
"""

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.agent_process import PREFIX, serving, wait_for_engine
from tests.client import Client

TARGET_SHARE = 0.015
TARGET_RSS = 120 * 1024**2


def _thread_seconds(pid: int) -> dict[str, float]:
    """CPU time by the thread's name: proc(5), `task/<id>/comm`."""
    seconds: dict[str, float] = {}
    for thread in psutil.Process(pid).threads():
        name = Path(f"/proc/{pid}/task/{thread.id}/comm").read_text(encoding="utf-8").strip()
        seconds[f"{name} {thread.id}"] = thread.user_time + thread.system_time
    return seconds


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def measure(every: str, seconds: float) -> bool:
    """Run and print; whether the agent kept to its bounds."""
    with (
        tempfile.TemporaryDirectory(prefix="jetson-agent-bench-") as folder,
        serving(Path(folder), telemetry={"every": every}) as (broker, agent),
        Client(broker.port, topics=("status", "telemetry")) as client,
    ):
        client.wait_online()
        engine = wait_for_engine(agent)
        time.sleep(5.0)  # what the start costs is not the question
        began, agent_cpu, engine_cpu = time.perf_counter(), _cpu_seconds(agent.pid), _cpu_seconds(engine)
        threads = _thread_seconds(agent.pid)
        messages = len(client.messages[f"{PREFIX}/telemetry"])
        time.sleep(seconds)
        passed = time.perf_counter() - began
        share = (_cpu_seconds(agent.pid) - agent_cpu) / passed
        engine_share = (_cpu_seconds(engine) - engine_cpu) / passed
        spent = {name: value - threads.get(name, 0.0) for name, value in _thread_seconds(agent.pid).items()}
        rss = psutil.Process(agent.pid).memory_info().rss
        sent = client.messages[f"{PREFIX}/telemetry"][messages:]
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores; telemetry every {every}, {passed:.0f} s")
    print(f"agent:  {share:7.2%} of a core (at most {TARGET_SHARE:.1%}), {rss / 1024**2:.0f} MiB resident")
    for name, value in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"        {value / passed:7.2%} thread {name}")
    print(f"engine: {engine_share:7.2%} of a core")
    print(f"telemetry: {len(sent)} messages of {max(map(len, sent), default=0)} bytes")
    return share <= TARGET_SHARE and rss <= TARGET_RSS


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", default="10s", help="the period of telemetry")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    return 0 if measure(arguments.every, arguments.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
