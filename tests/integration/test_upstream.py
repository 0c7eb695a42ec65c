"""A whole agent and a server upstream: what leaves, what never does, and that nothing is lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent_process import AgentProcess, serving
from tests.client import Client
from tests.hostile_images import HostileImage, broken_jpegs
from tests.openai_server import OpenAIServer, hang, refuse, say
from tests.pictures import file, in_base64, noisy

QUESTION = "Facts: the door is open, 2 people. Question: is anyone there?"
JPEG = in_base64(file(noisy((320, 240)), quality=95))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("upstream")


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="module")
def running(folder: Path, server: OpenAIServer) -> Iterator[tuple[Client, AgentProcess]]:
    allowed = {"prompts": True, "routes": ["look"], "images": True}
    there = {"url": server.url, "may_leave": allowed}
    upstreams = {
        "llama-3.2-11b-vision": {**there, "model": "meta/llama-3.2-11b-vision-instruct"},
        "helped": {**there, "when_away": "local"},
        "text-only": {"url": server.url, "may_leave": {"prompts": True}},
        "silent": {"url": server.url},
    }
    routes: dict[str, Any] = {"look": {"model": "llama-3.2-11b-vision", "template": "Look: {prompt}"}, "private": {}}
    with (
        serving(folder, upstreams=upstreams, routes=routes) as (broker, agent),
        Client(broker.port) as client,
    ):
        client.wait_online()
        yield client, agent


@pytest.fixture
def client(running: tuple[Client, AgentProcess], server: OpenAIServer) -> Client:
    server.asked.clear()
    return running[0]


def text(reply: dict[str, Any]) -> str:
    said: str = reply["choices"][0]["message"]["content"]
    return said


def test_nothing_leaves_that_may_not(client: Client, server: OpenAIServer) -> None:
    shown = [{"jpeg_base64": JPEG}]
    client.prompt({"id": "here", "prompt": QUESTION})
    client.prompt({"id": "seen-here", "prompt": QUESTION, "images": shown})
    client.prompt({"id": "not-allowed", "prompt": QUESTION, "model": "silent"})
    client.prompt({"id": "no-images", "prompt": QUESTION, "model": "text-only", "images": shown})
    client.publish("prompt/private", {"id": "private", "prompt": QUESTION, "model": "text-only"})
    client.prompt({"id": "unknown", "prompt": QUESTION, "model": "unknown"})
    reply = client.reply("here")
    assert (reply["model"], reply["served_by"]) == ("edge-tiny", "device")
    for refused in ("seen-here", "not-allowed", "no-images", "private"):
        assert client.reply(refused)["error"]["code"] == "unsupported", refused
    assert client.reply("unknown")["error"]["code"] == "model_not_found"
    assert not server.asked


def test_an_image_goes_to_the_vision_model_byte_for_byte(client: Client, server: OpenAIServer) -> None:
    server.scripts.append(say("A ", "door."))
    asked = {"id": "vision", "prompt": "what is it?", "images": [{"jpeg_base64": JPEG}], "stream": True}
    client.publish("prompt/look", asked)
    reply = client.reply("vision")
    assert text(reply) == "A door."
    assert (reply["model"], reply["served_by"]) == ("llama-3.2-11b-vision", "upstream")
    assert reply["usage"]["total_tokens"] == 9
    assert reply["energy"] == {"joules": None, "source": None}
    stream = client.messages["edge/test/reply/vision/stream"]
    assert [json.loads(piece)["delta"] for piece in stream] == ["A ", "door."]
    (request,) = server.asked
    assert request.body["model"] == "meta/llama-3.2-11b-vision-instruct"
    assert request.body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look: what is it?"},
                {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{JPEG}"}},
            ],
        }
    ]


@pytest.mark.parametrize("hostile", [*broken_jpegs()][:8], ids=lambda hostile: hostile.name)
def test_an_image_that_is_none_does_not_leave(client: Client, server: OpenAIServer, hostile: HostileImage) -> None:
    name = hostile.name.replace(" ", "-").replace(":", "")
    client.publish("prompt/look", {"id": name, "prompt": "?", "images": [{"jpeg_base64": in_base64(hostile.data)}]})
    error = client.reply(name)["error"]
    assert (error["code"], hostile.why in error["message"]) == (hostile.code, True)
    assert error["message"].startswith("/images/0/jpeg_base64: ")
    assert not server.asked


def test_the_device_answers_while_the_server_is_away(client: Client, server: OpenAIServer) -> None:
    server.scripts.extend([refuse(503)] * 3)
    client.prompt({"id": "helped", "prompt": QUESTION, "model": "helped", "deadline_ms": 30_000})
    reply = client.reply("helped")
    assert (reply["model"], reply["served_by"]) == ("edge-tiny", "device")


def test_while_the_server_is_away_the_error_says_so(client: Client, server: OpenAIServer) -> None:
    server.scripts.append(refuse(429, "busy", Retry_After="60"))
    client.prompt({"id": "away", "prompt": QUESTION, "model": "text-only"})
    error = client.reply("away")["error"]
    assert (error["code"], error["retry_after_ms"]) == ("engine_failed", 60_000)
    assert "429: busy" in error["message"]


def test_a_slow_server_holds_up_nothing_on_the_device(client: Client, server: OpenAIServer) -> None:
    server.hanging.clear()
    server.client_left.clear()
    server.scripts.append(hang("Hm"))
    client.prompt({"id": "slow", "prompt": QUESTION, "model": "text-only"})
    assert server.hanging.wait(20)
    client.prompt({"id": "quick", "prompt": QUESTION})
    assert client.reply("quick")["served_by"] == "device"
    client.publish("cancel", {"id": "slow"})
    reply = client.reply("slow")
    assert (text(reply), reply["choices"][0]["finish_reason"]) == ("Hm", "cancelled")
    assert server.client_left.wait(20), "the stream was closed"


def test_a_killed_agent_asks_again(client: Client, running: tuple[Client, AgentProcess], server: OpenAIServer) -> None:
    server.hanging.clear()
    server.client_left.clear()
    server.scripts.append(hang("Ye"))
    client.prompt({"id": "killed", "prompt": QUESTION, "model": "text-only"})
    assert server.hanging.wait(20)
    running[1].kill()
    assert server.client_left.wait(20)
    running[1].start()
    assert text(client.reply("killed")) == "Yes."
    assert len(client.replies("killed")) == 1
