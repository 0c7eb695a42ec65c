"""What an operator orders of a whole agent: another budget, another model, and what makes no sense."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.models import find_model
from tests.agent_process import PREFIX, serving
from tests.client import Client
from tests.operator import TOPICS, Device
from tests.waiting import wait_for


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    """Besides the model that is loaded: `other`, one that is broken, and one whose files do not tell its memory."""
    models = tmp_path / "models"
    shutil.copytree(find_model("edge-tiny", None, tmp_path), models / "other")
    shutil.copytree(models / "other", models / "broken")
    (models / "broken" / "tokenizer.json").write_text("{}")
    shutil.copytree(models / "other", models / "untold")
    config = json.loads((models / "untold" / "genai_config.json").read_text())
    config["model"]["decoder"]["inputs"]["past_key_names"] = "past_key_%d"
    (models / "untold" / "genai_config.json").write_text(json.dumps(config))
    with (
        serving(tmp_path, models_dir=str(models), telemetry={"every": "1s"}) as (broker, agent),
        Client(broker.port, topics=(*TOPICS, "telemetry")) as client,
    ):
        client.wait_online()
        yield Device(agent, client)


def governor(device: Device) -> dict[str, Any]:
    """The last telemetry's part; empty before the first."""
    messages = device.client.messages[f"{PREFIX}/telemetry"]
    part: dict[str, Any] = json.loads(messages[-1])["governor"] if messages else {"budget_w": 0, "model": None}
    return part


def test_another_budget_until_it_is_taken_back(device: Device) -> None:
    assert device.order("b1", command="set_budget", watts=12.5)["detail"] == "the budget is 12.5 W"
    wait_for(lambda: governor(device)["budget_w"] == 12.5, 10, "the budget in the telemetry")
    assert device.order("b2", command="set_budget", watts=None)["state"] == "succeeded"
    wait_for(lambda: governor(device)["budget_w"] is None, 10, "no budget in the telemetry")


def test_another_model(device: Device) -> None:
    assert device.order("m1", command="load_model", model="other") == {
        "id": "m1",
        "state": "succeeded",
        "detail": "other is loaded",
    }
    device.client.prompt({"id": "p1", "prompt": "Facts: a dog. Question: is there an animal?"})
    assert device.client.reply("p1")["model"] == "other"
    wait_for(lambda: device.status()["model"] == "other", 10, "the model in the status")
    wait_for(lambda: governor(device)["model"] == "other", 10, "the model in the telemetry")


def test_a_model_whose_memory_is_not_predicted_does_not_end_the_agent(device: Device) -> None:
    assert device.order("m1", command="load_model", model="untold")["state"] == "succeeded"
    assert device.order("m2", command="load_model", model="other")["state"] == "succeeded"


def test_a_model_that_does_not_load_leaves_the_one_before(device: Device) -> None:
    assert device.order("m1", command="load_model", model="broken")["state"] == "failed"
    device.client.prompt({"id": "p1", "prompt": "Facts: a dog. Question: is there an animal?"})
    assert device.client.reply("p1")["model"] == "edge-tiny"


def test_what_cannot_be_done_is_rejected(device: Device) -> None:
    assert device.order("c1", command="update")["state"] == "rejected"
    assert "/model" in device.order("c2", command="load_model")["detail"]
    missing = device.order("c3", command="load_model", model="nowhere")
    assert missing["state"] == "rejected"
    assert missing["detail"].startswith("model_not_found: ")
