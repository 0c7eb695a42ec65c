"""An agent at work, to look at: on a simulated board, with real prompts, and a broker that is away for a while.

`python -m tests.working_device --port 9464 --seconds 900` answers prompts at random times on the shipped model. The
board's power and temperature follow the CPU time of the engine's process, as a GPU's would its work: they are a
simulation, everything else is real. `tools/dashboard_picture.py` draws what Prometheus has scraped from it.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from agent.demo.broker import PrivateBroker
from tests.agent_process import AgentProcess, wait_for_engine, write_config
from tests.boards import BOARDS, BoardTree
from tests.client import Client

IDLE_W, BUSY_W = 6.3, 9.0
MILLIVOLTS = 5072
AMBIENT_C, DEGREES_PER_W, WARMS_UP_S = 30.0, 2.6, 60.0


class SimulatedBoard:
    """Writes the board's sensors as its engine works."""

    def __init__(self, tree: BoardTree, engine: psutil.Process) -> None:
        self._tree = tree
        self._engine = engine
        self._last = (time.monotonic(), self._cpu())
        self._celsius = AMBIENT_C + IDLE_W * DEGREES_PER_W

    def step(self) -> None:
        """Write what the sensors say now."""
        now, cpu = time.monotonic(), self._cpu()
        passed = now - self._last[0]
        load = min(1.0, (cpu - self._last[1]) / passed)
        self._last = (now, cpu)
        watts = IDLE_W + BUSY_W * load + random.gauss(0.0, 0.1)
        self._celsius += (AMBIENT_C + watts * DEGREES_PER_W - self._celsius) * min(1.0, passed / WARMS_UP_S)
        self._tree.rail_file("VDD_IN").write_text(f"{round(watts * 1e6 / MILLIVOLTS)}\n")
        for zone in ("cpu-thermal", "gpu-thermal", "tj-thermal"):
            self._tree.zone_file(zone).write_text(f"{round(self._celsius * 1000)}\n")

    def _cpu(self) -> float:
        times = self._engine.cpu_times()
        return float(times.user + times.system)


@contextmanager
def device(folder: Path, port: int) -> Iterator[tuple[PrivateBroker, SimulatedBoard, Client]]:
    """The board, its broker, and somebody who asks."""
    with BoardTree(folder / "board", BOARDS["orin-nano-super"]) as tree, PrivateBroker(folder) as broker:
        config = write_config(folder, broker.port, telemetry={"every": "2s", "port": port})
        command = (sys.executable, "-m", "tests.boards.agent", str(folder / "board"))
        with AgentProcess(config, command) as agent, Client(broker.port) as client:
            client.wait_online()
            yield broker, SimulatedBoard(tree, psutil.Process(wait_for_engine(agent))), client


def long_answer(numbers: int) -> dict[str, object]:
    """A prompt that keeps the small model busy for as long as a short answer does a larger one."""
    item = {"type": "integer", "minimum": 1000, "maximum": 9999}
    schema = {"type": "array", "minItems": numbers, "maxItems": numbers, "items": item}
    response_format = {"type": "json_schema", "json_schema": {"schema": schema}}
    return {"prompt": "Numbers, please.", "max_tokens": 900, "temperature": 1.5, "response_format": response_format}


def work(seconds: float, port: int) -> None:
    """Ask, and let the broker be away in the third quarter."""
    chance = random.Random(1)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory(prefix="jetson-agent-work-") as name, device(Path(name), port) as here:
        broker, board, client = here
        began, next_prompt, number = time.monotonic(), 0.0, 0
        while (passed := time.monotonic() - began) < seconds:
            board.step()
            is_away = 0.55 < passed / seconds < 0.62
            if is_away != (broker.pid is None):
                (broker.stop if is_away else broker.start)()
            if passed >= next_prompt and not is_away:
                pace = 0.7 if 0.25 < passed / seconds < 0.45 else 2.5
                next_prompt, number = passed + chance.expovariate(1 / pace), number + 1
                client.prompt({"id": f"p{number}", **long_answer(chance.randint(30, 150))})
                if number % 25 == 0:
                    client.prompt({"prompt": "x", "model": "another"})
            time.sleep(0.1)  # the pace of the simulation


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9464, help="of the metrics, on 127.0.0.1")
    parser.add_argument("--seconds", type=float, default=900.0)
    arguments = parser.parse_args()
    work(arguments.seconds, arguments.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
