"""A whole agent with the real engine keeps a budget, on a board whose meter follows the engine's steps."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from agent.demo.broker import PrivateBroker
from agent.engine.host import EngineSpec
from agent.engine.protocol import GenerationRequest
from agent.models import find_model
from agent.prompt import Message, PromptId, Role, Sampling
from agent.units import Ratio
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.client import Client
from tests.integration.engine.hosting import PATIENCE, Hosting
from tests.integration.metered_agent import IDLE_W, RISE_W
from tests.waiting import wait_for

BUDGET_W = 10.0
ESSAY = "Describe: two people, a dog and three vans at gate 2, 22:40."


@pytest.fixture
def governed(tmp_path: Path) -> Iterator[Client]:
    """An agent with a budget of 10 W, and more prompts than it can answer."""
    with PrivateBroker(tmp_path) as broker:
        config = write_config(
            tmp_path, broker.port, telemetry={"every": "1s"}, power={"budget_watts": BUDGET_W, "on_unmetered": "refuse"}
        )
        command = (sys.executable, "-m", "tests.integration.metered_agent", str(tmp_path / "board"))
        with (
            AgentProcess(config, command),
            Client(broker.port, topics=("reply/#", "status", "telemetry", "event")) as client,
        ):
            client.wait_online()
            for number in range(900):
                client.prompt({"id": f"p{number}", "prompt": ESSAY, "max_tokens": 200})
            yield client


def telemetry(client: Client) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in list(client.messages[f"{PREFIX}/telemetry"])]


def events(client: Client) -> list[str]:
    return [json.loads(payload)["event"] for payload in list(client.messages[f"{PREFIX}/event"])]


def test_the_budget_is_kept_and_told(governed: Client) -> None:
    wait_for(lambda: [it for it in telemetry(governed) if it["governor"]["state"] == "limited"], 60, "a limit")
    seen = len(telemetry(governed))
    last = wait_for(
        lambda: telemetry(governed)[seen + 8 : seen + 18] if len(telemetry(governed)) >= seen + 18 else None,
        60,
        "samples",
    )
    watts = fmean(it["power"]["mean_w"]["value"] for it in last)
    duty = fmean(it["governor"]["duty"] for it in last)
    assert watts == pytest.approx(BUDGET_W, rel=0.08)
    assert (watts - IDLE_W) / RISE_W == pytest.approx(duty, abs=0.06), "the engine steps as much as it is asked to"
    assert last[-1]["governor"]["budget_w"] == BUDGET_W
    assert last[-1]["requests"]["completed"] > 0
    assert events(governed).count("power_limited") == 1


def test_a_fallback_that_does_not_load_takes_nothing_out_for_good(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(find_model("edge-tiny", None, tmp_path), models / "broken")
    (models / "broken" / "tokenizer.json").write_text("{}")
    with PrivateBroker(tmp_path) as broker:
        config = write_config(
            tmp_path,
            broker.port,
            models_dir=str(models),
            model={"name": "edge-tiny", "fallback": "broken"},
            telemetry={"every": "1s"},
            power={"budget_watts": IDLE_W + 0.01 * RISE_W},
        )
        command = (sys.executable, "-m", "tests.integration.metered_agent", str(tmp_path / "board"))
        with (
            AgentProcess(config, command),
            Client(broker.port, topics=("reply/#", "status", "telemetry", "event")) as client,
        ):
            client.wait_online()
            client.prompt({"id": "p", "prompt": ESSAY, "max_tokens": 200})
            wait_for(lambda: "model_load_failed" in events(client), 60, "the fallback to fail")
            failed = len(telemetry(client))
            stopped = "leaves too little for it"
            wait_for(
                lambda: any(
                    it["model"] == "edge-tiny" and stopped in it["governor"]["reason"]
                    for it in telemetry(client)[failed:]
                ),
                60,
                "the model to be back, and stopped",
            )
            client.publish("command", {"id": "b", "command": "set_budget", "watts": 30})
            assert client.reply("p")["choices"]


@pytest.mark.parametrize("duty", [0.25, 0.6])
async def test_the_real_engine_is_busy_for_the_share_that_is_asked_for(duty: float, tmp_path: Path) -> None:
    spec = EngineSpec("edge-tiny", find_model("edge-tiny", None, tmp_path), "agent.engine.ort_genai:load")
    hosted = Hosting(spec, PATIENCE, PATIENCE)
    async with hosted.running():
        await hosted.host.ready()
        hosted.host.pace(Ratio(duty))
        began, passed = sum(hosted.host.busy), 0.0
        for number in range(1000):
            started = time.monotonic()
            await hosted.outcome(essay(number))
            passed += time.monotonic() - started
            if passed > 6:
                break
        share = (sum(hosted.host.busy) - began) / passed
    assert share == pytest.approx(duty, rel=0.08)


def essay(number: int) -> GenerationRequest:
    messages = (Message(Role.USER, ESSAY),)
    return GenerationRequest(PromptId(f"e{number}"), messages, Sampling(max_tokens=200), stream=False)
