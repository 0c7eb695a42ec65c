"""A whole agent whose engine runs several requests at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.demo.broker import PrivateBroker
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.client import Client
from tests.waiting import wait_for

PROMPTS = 8


def loaded(client: Client) -> dict[str, Any]:
    """The detail of the event `model_loaded`."""

    def details() -> list[dict[str, Any]]:
        events = [json.loads(payload) for payload in client.messages[f"{PREFIX}/event"]]
        return [event["detail"] for event in events if event["event"] == "model_loaded"]

    wait_for(lambda: bool(details()), 60, "the model")
    return details()[0]


@pytest.mark.parametrize("max_running", [4, "auto"])
def test_all_are_answered_and_alike(max_running: object, tmp_path: Path) -> None:
    with (
        PrivateBroker(tmp_path) as broker,
        Client(broker.port) as client,
        AgentProcess(write_config(tmp_path, broker.port, model={"max_running": max_running})),
    ):
        at_once = loaded(client)["max_running"]
        for number in range(PROMPTS):
            client.prompt({"id": f"p{number}", "prompt": "Facts: a dog, 22:40. Question: is there an animal?"})
        replies = [client.reply(f"p{number}") for number in range(PROMPTS)]
        assert len({reply["choices"][0]["message"]["content"] for reply in replies}) == 1
        remembered = tmp_path / "state" / "batching.json"
        if max_running == "auto":
            wait_for(remembered.exists, 10, "what was found")
        else:
            assert at_once == max_running
            assert not remembered.exists()
