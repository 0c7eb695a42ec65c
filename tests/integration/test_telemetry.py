"""A whole agent on a real broker tells what it measures, there and to Prometheus."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.demo.broker import PrivateBroker
from agent.wire.telemetry import TelemetryPayload
from tests.agent_process import PREFIX, AgentProcess, serving, write_config
from tests.client import Client
from tests.waiting import wait_for

TOPICS = ("reply/#", "status", "telemetry")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


class Device:
    """An agent that speaks each second, at QoS 1, and its client."""

    def __init__(self, broker: PrivateBroker, agent: AgentProcess, client: Client, port: int) -> None:
        self.broker = broker
        self.agent = agent
        self.client = client
        self.port = port

    def telemetry(self) -> list[dict[str, Any]]:
        """All that has come, oldest first."""
        return [json.loads(payload) for payload in list(self.client.messages[f"{PREFIX}/telemetry"])]

    def next(self) -> dict[str, Any]:
        """A message made after the call."""
        seen = len(self.current())
        return wait_for(lambda: self.current()[seen + 1 :], 30, "telemetry")[0]

    def current(self) -> list[dict[str, Any]]:
        """Those that came in their time."""
        return [it for it in self.telemetry() if not it["historical"]]

    def metrics(self) -> dict[str, float]:
        """A scrape, by name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as response:
            families = text_string_to_metric_families(response.read().decode())
            return {sample.name: sample.value for family in families for sample in family.samples}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    port = free_port()
    folder = tmp_path_factory.mktemp("telemetry")
    with (
        serving(folder, telemetry={"every": "1s", "qos": 1, "port": port}) as (broker, agent),
        Client(broker.port, topics=TOPICS) as client,
    ):
        client.wait_online()
        yield Device(broker, agent, client, port)


def test_period_and_content(device: Device) -> None:
    first, second = device.next(), device.next()
    assert second["uptime_s"] - first["uptime_s"] == pytest.approx(
        round(second["uptime_s"] - first["uptime_s"]), abs=0.3
    )
    assert second["boot_id"] == Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    assert second["device"] == "test"
    assert second["model"] == "edge-tiny"
    assert second["link"]["connected"] is True
    assert second["engine_rss_bytes"]["value"] > 10_000_000
    assert second["memory"]["total_bytes"]["value"] > 1e8
    assert second["journal"]["size_bytes"]["value"] > 0
    TelemetryPayload.model_validate_json(json.dumps(second))


def test_prompts_are_counted(device: Device) -> None:
    before = device.next()
    device.client.prompt({"id": "counted", "prompt": "Facts: a dog. Question: is there an animal?"})
    device.client.prompt({"id": "wrong", "prompt": 7})
    device.client.prompt({"id": "elsewhere", "prompt": "x", "model": "another"})
    output = device.client.reply("counted")["usage"]["completion_tokens"]
    for name in ("wrong", "elsewhere"):
        assert "error" in device.client.reply(name)
    after = device.next()
    assert after["requests"]["received"] == before["requests"]["received"] + 3
    assert after["requests"]["taken"] == before["requests"]["taken"] + 2
    assert after["requests"]["completed"] == before["requests"]["completed"] + 1
    assert after["requests"]["errors"] == {"invalid_request": 1, "model_not_found": 1}
    assert after["tokens"]["output"] == before["tokens"]["output"] + output
    assert after["first_token_s"]["samples"] >= 1
    assert after["first_token_s"]["p50"] > 0
    metrics = device.metrics()
    assert metrics["jetson_agent_tokens_total"] >= 0
    assert metrics["gen_ai_server_time_to_first_token_seconds_count"] >= 1
    assert metrics["jetson_agent_broker_connected"] == 1


def test_a_broker_that_was_away_gets_what_it_has_missed(device: Device) -> None:
    losses = device.next()["link"]["losses"]
    device.broker.stop()
    wait_for(lambda: device.metrics()["jetson_agent_broker_connected"] == 0, 30, "loss of the broker")
    away = device.metrics()["jetson_agent_uptime_seconds"]
    wait_for(lambda: device.metrics()["jetson_agent_uptime_seconds"] > away + 2, 30, "telemetry that is kept")
    kept = device.metrics()
    assert kept["jetson_agent_spool_messages"] >= 2
    # None of it is in the outbox. An event may be: of what the kernel ended for memory in another test, say.
    assert kept["jetson_agent_outbox_messages"] <= 1
    seen = len(device.telemetry())
    device.broker.start()
    # What was under way when the broker went may come again with it.
    back = wait_for(
        lambda: [it for it in device.current() if it["link"]["losses"] > losses], 90, "telemetry afterwards"
    )
    assert back[0]["link"] == {"connected": True, "losses": losses + 1}
    wait_for(lambda: device.metrics()["jetson_agent_spool_messages"] == 0, 30, "an empty spool")
    missed = [it for it in device.telemetry()[seen:] if it["historical"]]
    assert len(missed) >= 2
    assert all(not it["link"]["connected"] for it in missed)
    uptimes = [it["agent_uptime_s"] for it in missed]
    assert uptimes == sorted(uptimes)
    assert uptimes[0] <= away + 2


def test_by_default_at_qos_0_and_no_port(tmp_path: Path) -> None:
    with (
        serving(tmp_path, telemetry={"every": "1s"}) as (broker, agent),
        subprocess.Popen(
            ["mosquitto_sub", "-p", str(broker.port), "-q", "1", "-t", f"{PREFIX}/telemetry", "-C", "1", "-F", "%q %r"],
            stdout=subprocess.PIPE,
            text=True,
        ) as heard,
    ):
        assert heard.communicate(timeout=30)[0].strip() == "0 0"
        agent.signal(signal.SIGTERM)
        assert agent.wait(20) == 0


def test_a_port_in_use_is_told_and_ends_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = write_config(tmp_path, 1, telemetry={"port": port})
        command = [sys.executable, "-m", "agent", "run", "--config", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 1
    assert f"127.0.0.1:{port} cannot be opened: Address already in use" in result.stderr
    assert "Traceback" not in result.stderr
