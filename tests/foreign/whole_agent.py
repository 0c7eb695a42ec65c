"""A whole agent, asked over MQTT, and a server that this project did not write: answering, then dead."""

from pathlib import Path
from typing import Any

import pytest

from tests.agent_process import serving
from tests.client import Client
from tests.foreign.servers import Running

QUESTIONS = (
    "Facts: two people and a dog at the door, 22:40. Question: is there an animal?",
    "Facts: front door open, back door closed. Question: is the back door open?",
)
DEADLINE_S = 60


@pytest.fixture
def client(tmp_path: Path, mortal_server: Running) -> Any:  # noqa: ANN401 - an iterator of a client
    there = {"url": mortal_server.url, "model": mortal_server.model, "may_leave": {"prompts": True}}
    upstreams = {"helped": {**there, "when_away": "local"}, "strict": {**there, "when_away": "refuse"}}
    with serving(tmp_path, upstreams=upstreams) as (broker, _), Client(broker.port) as client:
        client.wait_online()
        yield client


def ask(client: Client, prompt_id: str, question: str, **settings: str) -> dict[str, Any]:
    client.prompt({"id": prompt_id, "prompt": question, "deadline_ms": DEADLINE_S * 1000, **settings})
    return client.reply(prompt_id, timeout=DEADLINE_S)


def text(reply: dict[str, Any]) -> str:
    said: str = reply["choices"][0]["message"]["content"]
    return said


def test_the_server_answers_and_when_it_is_killed_the_configuration_is_followed(
    client: Client, mortal_server: Running
) -> None:
    for number, question in enumerate(QUESTIONS):
        here = ask(client, f"here-{number}", question)
        assert here["served_by"] == "device"
        for model in ("helped", "strict"):
            there = ask(client, f"{model}-{number}", question, model=model)
            assert (there["model"], there["served_by"]) == (model, "upstream")
            assert text(there) == text(here), "it is the same model"

    mortal_server.process.kill()
    mortal_server.process.wait()
    helped = ask(client, "helped", QUESTIONS[0], model="helped")
    assert (helped["model"], helped["served_by"]) == ("edge-tiny", "device")
    assert text(helped).startswith("Yes")
    error = ask(client, "strict", QUESTIONS[0], model="strict")["error"]
    assert error["code"] == "engine_failed"
    assert "is away" in error["message"]
    assert error["retry_after_ms"] > 0
