"""A device that is drained finishes what runs, leaves its pool, keeps what is sent to it, and goes on when told."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.agent_process import serving
from tests.client import Client
from tests.operator import TOPICS, Device
from tests.waiting import wait_for

LONG = {"prompt": "Facts: a dog. Question: is there an animal?", "max_tokens": 200}


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
    wait_for(lambda: device.status().get("draining") is False, 10, "the end of draining in the status")


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
        wait_for(lambda: device.status().get("draining") is False, 30, "a device that serves again")

        def its_share() -> bool:
            other.publish("again")
            return bool(device.client.replies("again"))

        wait_for(its_share, 30, "its share")
