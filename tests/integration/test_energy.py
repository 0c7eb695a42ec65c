"""A whole agent on a fixture board: what a reply says of its joules, and what the telemetry adds up."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.demo.broker import PrivateBroker
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.boards import BOARDS, BoardTree
from tests.client import Client
from tests.waiting import wait_for
from tests.working_device import IDLE_W, MILLIVOLTS, long_answer

BUSY_W = 15.0
TOPICS = ("reply/#", "status", "telemetry")


def set_power(tree: BoardTree, watts: float) -> None:
    """What the board's input takes from now on."""
    tree.rail_file("VDD_IN").write_text(f"{round(watts * 1e6 / MILLIVOLTS)}\n")


def test_joules_of_a_reply_and_in_all(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.boards.agent", str(tmp_path / "board"))
    with BoardTree(tmp_path / "board", BOARDS["orin-nano-super"]) as tree, PrivateBroker(tmp_path) as broker:
        set_power(tree, IDLE_W)
        config = write_config(tmp_path, broker.port, telemetry={"every": "1s"})
        with AgentProcess(config, command) as agent, Client(broker.port, topics=TOPICS) as client:
            client.wait_online()

            def last() -> dict[str, Any]:
                messages = client.messages[f"{PREFIX}/telemetry"]
                return json.loads(messages[-1]) if messages else {}

            def idle_w() -> float | None:
                return (last().get("energy") or {}).get("idle_w")

            assert wait_for(idle_w, 20, "an idle floor") == pytest.approx(IDLE_W, abs=0.01)
            set_power(tree, BUSY_W)
            client.prompt({"id": "a", **long_answer(150)})
            reply = client.reply("a")
            set_power(tree, IDLE_W)
            seen = last()["energy"]["total_j"]
            wait_for(lambda: last()["energy"]["total_j"] > seen + 3 * IDLE_W, 20, "telemetry afterwards")
            energy, recent = last()["energy"], last()["recent"]
            assert agent.is_alive()
    busy_s = (reply["timing"]["total_ms"] - reply["timing"]["queued_ms"]) / 1000
    assert reply["energy"]["source"] == "ina3221"
    assert reply["energy"]["joules"] == pytest.approx((BUSY_W - IDLE_W) * busy_s, rel=0.3), "without the idle power"
    assert energy["requests_j"] == pytest.approx(reply["energy"]["joules"], abs=0.01)
    assert energy["idle_j"] + energy["requests_j"] == pytest.approx(energy["total_j"], abs=0.01)
    tokens = energy["by_model"]["edge-tiny"]["output_tokens"]
    assert tokens == reply["usage"]["completion_tokens"]
    assert recent[-1]["joules"] == pytest.approx(reply["energy"]["joules"], abs=0.001)
