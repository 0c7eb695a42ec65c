"""A device that is drained finishes what runs, leaves its pool, keeps what is sent to it, and goes on when told."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.agent_process import PREFIX, AgentProcess, serving
from tests.client import Client
from tests.waiting import wait_for

TOPICS = ("reply/#", "status", "command/+")
LONG = {"prompt": "Facts: a dog. Question: is there an animal?", "max_tokens": 200}


class Device:
    """An agent in a pool, and its operator."""

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


class PoolMember:
    """Another device of the pool, that only counts."""

    def __init__(self, port: int) -> None:
        self.got: list[str] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self.got.append(json.loads(message.payload)["id"])
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)

    def publish(self, name: str) -> None:
        """Send a prompt to the pool."""
        payload = json.dumps({"id": name, "prompt": "Facts: a dog. Question: is there an animal?"})
        self._client.publish("edge/hall-5/prompt", payload, qos=1)

    def __enter__(self) -> Self:
        """Subscribe."""
        self._client.loop_start()
        self._client.subscribe("$share/hall-5/edge/hall-5/prompt", 1)
        assert self._subscribed.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    with (
        serving(tmp_path, broker={"groups": ["hall-5"]}) as (broker, agent),
        Client(broker.port, topics=TOPICS) as client,
    ):
        client.wait_online()
        yield Device(agent, client)


def test_drain_and_its_end(device: Device) -> None:
    for number in range(3):
        device.client.prompt({"id": f"before-{number}", **LONG})
    assert device.order("d1", command="drain")["state"] == "succeeded"
    wait_for(lambda: device.status()["draining"], 10, "draining in the status")
    device.client.prompt({"id": "during", **LONG})
    assert device.order("d2", command="drain")["state"] == "succeeded", "it was drained already"
    assert "prompts wait on the disk" in device.answers("d2")[-1]["detail"]
    assert not device.client.replies("during")
    assert device.order("d3", command="drain", on=False)["state"] == "succeeded"
    for name in ("before-0", "before-1", "before-2", "during"):
        assert "choices" in device.client.reply(name)
    wait_for(lambda: not device.status()["draining"], 10, "the end of draining in the status")


def test_the_pool_goes_on_without_it(device: Device, tmp_path: Path) -> None:
    port = int((tmp_path / "mosquitto.conf").read_text().partition("listener ")[2].split()[0])
    device.order("d1", command="drain")
    wait_for(lambda: device.status()["draining"], 10, "draining in the status")
    with PoolMember(port) as other:
        for number in range(4):
            other.publish(f"p{number}")
        wait_for(lambda: len(other.got) == 4, 10, "all prompts of the pool")
        device.agent.kill()  # draining does not outlive the agent
        device.agent.start()
        device.client.wait_online()
        wait_for(lambda: not device.status()["draining"], 30, "a device that serves again")

        def its_share() -> bool:
            other.publish("again")
            return bool(device.client.replies("again"))

        wait_for(its_share, 30, "its share")


def test_what_no_agent_can_do_is_rejected(device: Device) -> None:
    assert device.order("c1", command="update")["state"] == "rejected"
    assert device.order("c2", command="set_budget", watts=12)["detail"] == "this agent has no power governor"
    assert "/model" in device.order("c3", command="load_model")["detail"]
