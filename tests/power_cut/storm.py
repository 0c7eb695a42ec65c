"""Prompts under random kills of the agent, the engine and the broker: every acknowledged prompt is answered.

`python -m tests.power_cut.storm --prompts 500 --kills 40` prints what was killed and `ids answered / acknowledged`.
The broker is ended by SIGTERM and not SIGKILL: mosquitto writes its database some time after it has acknowledged, so a
SIGKILL loses acknowledged messages before the agent has ever seen them.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agent.demo.broker import PrivateBroker
from tests.agent_process import AgentProcess, write_config
from tests.client import Client
from tests.waiting import wait_for

FACTS = "Facts: {people} people and a dog at the door, {hour:02d}:{minute:02d}. Question: is there an animal?"


@dataclass
class Outcome:
    """What the storm did and what came of it."""

    acknowledged: int = 0
    answered: int = 0
    conflicting: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    duplicates: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)

    @property
    def held(self) -> bool:
        """Whether nothing was lost and no id got two different replies."""
        return self.answered == self.acknowledged > 0 and not self.conflicting

    def report(self) -> str:
        """What to print."""
        killed = ", ".join(f"{count} {what}" for what, count in sorted(self.kills.items()))
        kinds = ", ".join(f"{count} {what}" for what, count in sorted(self.replies.items()))
        return (
            f"kills: {self.kills.total()} ({killed})\n"
            f"replies: {kinds}; identical repeats: {self.duplicates}; "
            f"ids with two different replies: {len(self.conflicting)}\n"
            f"ids answered / acknowledged: {self.answered}/{self.acknowledged}"
        )


class Storm:
    """Kills until the count is reached and the prompts are sent, then lets things settle."""

    def __init__(self, folder: Path, *, prompts: int, kills: int, seed: int) -> None:
        self._prompts = prompts
        self._kills = kills
        self._random = random.Random(seed)  # noqa: S311 - a repeatable choice of whom to kill, not a secret
        self._broker = PrivateBroker(folder, extra_config="autosave_interval 1\nmax_queued_messages 0")
        self._agent = AgentProcess(write_config(folder, self._broker.port))
        self._outcome = Outcome()
        self._sent: dict[int, str] = {}

    def run(self) -> Outcome:
        """The whole storm."""
        with self._broker, Client(self._broker.port, topics=("reply/+", "status")) as client, self._agent:
            client.wait_online()
            sender = threading.Thread(target=self._send, args=(client,))
            sender.start()
            while self._outcome.kills.total() < self._kills or sender.is_alive():
                self._one_kill()
                self._agent.restart_if_dead()
            sender.join()
            self._settle(client)
            return self._judge(client)

    def _send(self, client: Client) -> None:
        """Send the prompts spread over the time of the kills."""
        for number in range(self._prompts):
            due = self._kills * number // self._prompts
            wait_for(partial(self._has_killed, due - 1), 600, "the next kill")
            facts = FACTS.format(people=2 + number % 7, hour=number % 24, minute=number % 60)
            body = {"id": f"p{number}", "prompt": facts, "max_tokens": 24, "stream": number % 5 == 0}
            self._sent[client.prompt(body)] = f"p{number}"

    def _has_killed(self, count: int) -> bool:
        return self._outcome.kills.total() >= count

    def _one_kill(self) -> None:
        victim, kill = self._random.choice(self._victims())
        time.sleep(self._random.uniform(0.05, 2.0))  # the random moment is what is tested, not a wait for something
        if kill():
            self._outcome.kills[victim] += 1

    def _victims(self) -> list[tuple[str, Callable[[], bool]]]:
        return [
            ("agent (SIGKILL)", self._kill_agent),
            ("engine (SIGKILL)", self._kill_engine),
            ("broker (SIGTERM)", self._restart_broker),
        ]

    def _kill_agent(self) -> bool:
        self._agent.kill()
        return True

    def _kill_engine(self) -> bool:
        engine = self._agent.engine_pid()
        if engine is None:
            return False
        os.kill(engine, signal.SIGKILL)
        return True

    def _restart_broker(self) -> bool:
        self._broker.stop()
        self._broker.start()
        return True

    def _settle(self, client: Client) -> None:
        """Wait until every acknowledged id has a reply; give up when nothing has come for a minute."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 60:
            self._agent.restart_if_dead()
            missing = len(self._acknowledged(client) - set(client.all_replies()))
            if not missing and len(client.acknowledged & set(self._sent)) == len(self._sent):
                return
            if missing != last:
                last, since = missing, time.monotonic()
            time.sleep(0.1)

    def _acknowledged(self, client: Client) -> set[str]:
        return {self._sent[mid] for mid in client.acknowledged & set(self._sent)}

    def _judge(self, client: Client) -> Outcome:
        outcome, replies = self._outcome, client.all_replies()
        acknowledged = self._acknowledged(client)
        outcome.acknowledged = len(acknowledged)
        outcome.unanswered = sorted(acknowledged - set(replies))
        outcome.answered = outcome.acknowledged - len(outcome.unanswered)
        for prompt_id, payloads in replies.items():
            outcome.duplicates += len(payloads) - 1
            if len(set(payloads)) > 1:
                outcome.conflicting.append(prompt_id)
            reply = json.loads(payloads[0])
            outcome.replies[reply["error"]["code"] if "error" in reply else "results"] += 1
        return outcome


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=500)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="jetson-agent-storm-") as folder:
        began = time.monotonic()
        storm = Storm(Path(folder), prompts=arguments.prompts, kills=arguments.kills, seed=arguments.seed)
        outcome = storm.run()
        print(outcome.report())
        print(f"{time.monotonic() - began:.0f} s")
        if not outcome.held:
            print("unanswered:", *outcome.unanswered, "conflicting:", *outcome.conflicting)
    return 0 if outcome.held else 1


if __name__ == "__main__":
    sys.exit(main())
