"""What an operator does at the broker: orders, and reads what is answered."""

import json
from typing import Any

from tests.agent_process import PREFIX, AgentProcess
from tests.client import Client
from tests.waiting import wait_for

TOPICS = ("reply/#", "status", "command/+")
"""What the client of a `Device` has to listen to."""


class Device:
    """An agent and its operator."""

    def __init__(self, agent: AgentProcess, client: Client) -> None:
        self.agent = agent
        self.client = client

    def order(self, name: str, **fields: object) -> dict[str, Any]:
        """Send a command; its last answer."""
        self.client.publish("command", {"id": name, **fields})
        return wait_for(lambda: self.last_word(name), 30, f"last answer to {name}")

    def answers(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in list(self.client.messages[f"{PREFIX}/command/{name}"])]

    def last_word(self, name: str) -> dict[str, Any] | None:
        last = [it for it in self.answers(name) if it["state"] not in ("accepted", "in_progress")]
        return last[0] if last else None

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.client.messages[f"{PREFIX}/status"][-1])
        return status
