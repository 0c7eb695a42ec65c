"""Over 200 hostile payloads: each gets its error or is dropped; the same two processes live on, no larger."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.agent_process import PREFIX, serving, wait_for_engine
from tests.client import Client
from tests.hostile import GOOD, Hostile, everything
from tests.waiting import wait_for

PASSES = 10
GROWTH_MIB = 40
"""Allocators give memory back when they like: single looks differ by the two largest bodies. Ten passes over three
bodies of 10 MB would, if one of them were leaked in each, show as 100 MiB.
"""


class Attacker:
    """Sends one message at a time and knows which replies are its own."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._count = 0
        self._seen: Counter[str] = Counter()

    def outcome(self, message: Hostile) -> str:
        """The code of the reply, `ok` for a completion, `dropped` for none."""
        self._client.publish(message.topic, message.payload, **message.properties)
        if not message.codes:
            self._fence()
            new = self._new_replies()
            return self._kind(new[0]) if new else "dropped"
        new = wait_for(self._new_replies, 60, f"reply to {message.name}")
        assert len(new) == 1, f"{message.name}: {new}"
        return self._kind(new[0])

    def _fence(self) -> None:
        """Everything sent before this has been dealt with: the source takes messages in order."""
        self._count += 1
        fence = f"fence{self._count}"
        self._client.prompt({"id": fence})
        self._client.reply(fence)
        self._seen[fence] += 1

    def _new_replies(self) -> list[bytes]:
        new = []
        for prompt_id, payloads in self._client.all_replies().items():
            new += payloads[self._seen[prompt_id] :]
            self._seen[prompt_id] = len(payloads)
        return new

    @staticmethod
    def _kind(payload: bytes) -> str:
        reply = json.loads(payload)
        return str(reply["error"]["code"]) if "error" in reply else "ok"


def resident_mib(*pids: int) -> list[float]:
    return [psutil.Process(pid).memory_info().rss / 2**20 for pid in pids]


def attack(attacker: Attacker, messages: Sequence[Hostile]) -> list[str]:
    wrong = []
    for message in messages:
        outcome = attacker.outcome(message)
        if outcome not in (message.codes or {"dropped"}):
            wrong.append(f"{message.name}: {outcome}, not {sorted(message.codes) or 'dropped'}")
    return wrong


def test_hostile_payloads(tmp_path: Path) -> None:
    with serving(tmp_path) as (broker, agent), Client(broker.port) as client:
        client.wait_online()
        before = (agent.pid, wait_for_engine(agent))
        attacker = Attacker(client)
        assert len(everything()) >= 200
        assert attack(attacker, everything()) == []
        before_passes = resident_mib(*before)
        for _ in range(PASSES):
            attack(attacker, [message for message in everything() if message.codes == {"too_large"}])
        attack(attacker, [message for message in everything() if "ok" not in message.codes])
        after_passes = resident_mib(*before)
        client.prompt({"id": "after", "prompt": GOOD})
        assert client.reply("after")["choices"][0]["finish_reason"] == "stop"
        assert (agent.pid, agent.engine_pid()) == before
        grown = [late - early for early, late in zip(before_passes, after_passes, strict=True)]
        assert all(growth < GROWTH_MIB for growth in grown), (before_passes, after_passes)


def test_what_cannot_be_answered_is_counted(tmp_path: Path) -> None:
    with serving(tmp_path) as (broker, _), Client(broker.port) as client:
        client.wait_online()
        client.prompt(b"\xff\xfe")
        event = wait_for(
            lambda: [
                e for e in map(json.loads, client.messages[f"{PREFIX}/event"]) if e["event"] == "payloads_dropped"
            ],
            70,
            "event payloads_dropped",
        )
        assert event[0]["detail"] == {"count": 1}


def test_an_agent_that_is_not_there_is_not_needed(tmp_path: Path) -> None:
    """A client of the agent sees from the retained status that it has died (the will)."""
    with serving(tmp_path) as (broker, agent), Client(broker.port) as client:
        client.wait_online()
        agent.kill()
        wait_for(
            lambda: json.loads(client.messages[f"{PREFIX}/status"][-1]) == {"state": "offline", "reason": "lost"},
            20,
            "status offline",
        )
