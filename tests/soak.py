"""24 h in 10 minutes: many short prompts from several clients; memory and journal must stay where they are.

`python -m tests.soak --prompts 20000 --clients 8` prints a line every ten seconds and a verdict. Flat: in the last half
the resident sets of agent and engine grow by less than 3 % from its first to its last quarter.
"""

import argparse
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import fmean

import psutil

from tests.agent_process import AgentProcess, serving, wait_for_engine
from tests.client import Client

_MIB = 1024 * 1024
_JOURNAL_LIMIT_MIB = 8
_FLAT = 1.03


@dataclass(frozen=True)
class Sample:
    """One look at the two processes and the journal."""

    answered: int
    agent_mib: float
    engine_mib: float
    journal_mib: float


class Clients:
    """Closed loops: each client sends its next prompt when the last is answered."""

    def __init__(self, port: int, clients: int, prompts: int) -> None:
        self._numbers = count()
        self._prompts = prompts
        self._lock = threading.Lock()
        self.answered = 0
        self.failed: list[str] = []
        self.threads = [threading.Thread(target=self._loop, args=(port, name)) for name in range(clients)]

    def _loop(self, port: int, name: int) -> None:
        with Client(port, name=f"soak-{name}", topics=(f"reply/s{name}/+",)) as client:
            while True:
                with self._lock:
                    number = next(self._numbers)
                if number >= self._prompts:
                    return
                self._one(client, name, number)

    def _one(self, client: Client, name: int, number: int) -> None:
        prompt = {"id": f"s{number}", "prompt": f"Facts: {number % 90} dogs. Question: any?", "max_tokens": 4}
        topic = f"edge/test/reply/s{name}/{number}"
        client.prompt(prompt, ResponseTopic=topic)
        deadline = time.monotonic() + 60
        while not client.messages.get(topic):
            if time.monotonic() > deadline:
                self.failed.append(f"s{number}")
                return
            time.sleep(0.002)
        del client.messages[topic], client.correlations[topic], client.arrivals[topic]
        with self._lock:
            self.answered += 1


def _sample(clients: Clients, agent: AgentProcess, engine: int, folder: Path) -> Sample:
    return Sample(
        answered=clients.answered,
        agent_mib=psutil.Process(agent.pid).memory_info().rss / _MIB,
        engine_mib=psutil.Process(engine).memory_info().rss / _MIB,
        journal_mib=sum(path.stat().st_size for path in (folder / "state").glob("journal*")) / _MIB,
    )


def _grew(values: list[float]) -> float:
    """Last quarter of the run over the quarter before it."""
    quarter = max(1, len(values) // 4)
    return fmean(values[-quarter:]) / fmean(values[-2 * quarter : -quarter])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    samples: list[Sample] = []
    journal = {"max_size": f"{_JOURNAL_LIMIT_MIB}MiB", "keep": "1h"}
    with tempfile.TemporaryDirectory(prefix="jetson-agent-soak-") as name:
        folder = Path(name)
        with serving(folder, journal=journal) as (broker, agent), Client(broker.port, "watch") as watch:
            watch.wait_online()
            engine, began = wait_for_engine(agent), time.monotonic()
            clients = Clients(broker.port, arguments.clients, arguments.prompts)
            for thread in clients.threads:
                thread.start()
            while any(thread.is_alive() for thread in clients.threads):
                clients.threads[0].join(10.0)
                samples.append(_sample(clients, agent, engine, folder))
                print(f"{time.monotonic() - began:6.0f} s  {samples[-1]}", flush=True)
            same = engine == agent.engine_pid()
    agent_grew, engine_grew = _grew([s.agent_mib for s in samples]), _grew([s.engine_mib for s in samples])
    journal_most = max(sample.journal_mib for sample in samples)
    print(
        f"answered {clients.answered}/{arguments.prompts}, unanswered {len(clients.failed)}; "
        f"RSS last quarter / quarter before: agent {agent_grew:.3f}, engine {engine_grew:.3f}; "
        f"journal at most {journal_most:.1f} of {_JOURNAL_LIMIT_MIB} MiB; same engine process: {same}"
    )
    flat = max(agent_grew, engine_grew) < _FLAT and journal_most <= _JOURNAL_LIMIT_MIB
    return 0 if flat and same and clients.answered == arguments.prompts else 1


if __name__ == "__main__":
    sys.exit(main())
