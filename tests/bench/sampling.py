"""What sampling costs: milliseconds a sample, and the share of a core at 10 Hz for power and 1 Hz for the rest.

`python -m tests.bench.sampling` measures on the trees of the six boards; `--root /` on this machine. On a real board
each channel of a power monitor is also waited for over I2C, which is not counted here: it takes time, not a core.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from agent.platform.sensors import Sensors, find_nvml
from tests.boards import BOARDS, BoardTree

POWER_HZ = 10
DEVICE_HZ = 1
TARGET = 0.01


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one kind of sample, in seconds."""

    cpu: float
    median: float
    p99: float

    def __str__(self) -> str:
        """In milliseconds."""
        return f"{self.median * 1000:6.3f} ms (p99 {self.p99 * 1000:6.3f})"


def cost_of(sample: Callable[[], object], rounds: int) -> Cost:
    """Time a sample again and again."""
    times = []
    cpu_before = time.process_time()
    for _ in range(rounds):
        began = time.perf_counter()
        sample()
        times.append(time.perf_counter() - began)
    cpu = (time.process_time() - cpu_before) / rounds
    cuts = quantiles(times, n=100)
    return Cost(cpu, cuts[49], cuts[98])


def measure(name: str, sensors: Sensors, rounds: int) -> float:
    """Print a machine's line; the share of a core."""
    power, device = cost_of(sensors.power, rounds), cost_of(sensors.device, rounds)
    share = POWER_HZ * power.cpu + DEVICE_HZ * device.cpu
    print(f"{name:<16} power {power}   rest {device}   {share:7.3%} of a core")
    return share


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, help="a machine's file system instead of the trees")
    parser.add_argument("--rounds", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.root is not None:
        return (
            0 if measure("this machine", Sensors(arguments.root, nvml=find_nvml()), arguments.rounds) <= TARGET else 1
        )
    with tempfile.TemporaryDirectory(prefix="jetson-agent-bench-") as folder:
        shares = []
        for name, board in BOARDS.items():
            with BoardTree(Path(folder) / name, board) as tree:
                shares.append(measure(name, Sensors(tree.root), arguments.rounds))
    return 0 if max(shares) <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
