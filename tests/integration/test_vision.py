"""A whole agent with a model that sees: images come by MQTT and are answered, and what is no image harms nobody."""

import shutil
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.agent_process import AgentProcess, serving, wait_for_engine
from tests.client import Client
from tests.hostile_images import all_hostile, undecodable
from tests.pictures import data_url, file, in_base64, plain
from tests.vision_model import FILES

MIB = 1024 * 1024
RED, BLUE = file(plain("red")), file(plain("blue"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, AgentProcess]]:
    folder = tmp_path_factory.mktemp("vision")
    shutil.copytree(FILES, folder / "models" / "seeing")
    sections: dict[str, Any] = {"models_dir": str(folder / "models"), "model": {"name": "seeing"}}
    with serving(folder, **sections) as (broker, agent), Client(broker.port) as client:
        client.wait_online()  # what is sent before it has subscribed is lost
        yield client, agent


@pytest.fixture
def client(running: tuple[Client, AgentProcess]) -> Client:
    return running[0]


def said(client: Client, name: str, **asked: object) -> str:
    client.prompt({"id": name, "max_tokens": 8, **asked})
    reply = client.reply(name)
    assert (reply["model"], reply["served_by"]) == ("seeing", "device"), reply
    text: str = reply["choices"][0]["message"]["content"]
    return text


def test_the_status_says_that_it_sees(client: Client) -> None:
    assert client.wait_online()["vision"] is True


def test_images_beside_the_messages_and_within_them_are_the_same(client: Client) -> None:
    parts = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": data_url(RED)}}]
    within = said(client, "within", messages=[{"role": "user", "content": parts}])
    assert said(client, "beside", prompt="?", images=[{"jpeg_base64": in_base64(RED)}]) == within
    assert said(client, "blue", prompt="?", images=[{"jpeg_base64": in_base64(BLUE)}]) != within
    assert said(client, "none", prompt="?") != within


def test_hostile_images_are_refused_and_both_processes_live_on(running: tuple[Client, AgentProcess]) -> None:
    client, agent = running
    client.wait_online()
    engine = psutil.Process(wait_for_engine(agent))
    said(client, "before", prompt="?", images=[{"jpeg_base64": in_base64(RED)}])
    before = [process.memory_info().rss for process in (psutil.Process(agent.pid), engine)]
    hostile = [image for image in (*all_hostile(), *undecodable()) if len(image.data) < MIB // 2]
    for number, image in enumerate(hostile):
        part = {"type": "image_url", "image_url": {"url": data_url(image.data, image.kind)}}
        client.prompt({"id": f"hostile-{number}", "messages": [{"role": "user", "content": [part]}]})
        error = client.reply(f"hostile-{number}")["error"]
        assert (error["code"], image.why in error["message"]) == (image.code, True), (image.name, error)
    assert agent.engine_pid() == engine.pid
    after = [process.memory_info().rss for process in (psutil.Process(agent.pid), engine)]
    assert max(now - then for now, then in zip(after, before, strict=True)) < 40 * MIB
    assert said(client, "after", prompt="?", images=[{"jpeg_base64": in_base64(RED)}])
