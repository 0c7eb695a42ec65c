"""Cameras of a whole agent, on a real broker: folders of pictures are what they see."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import psutil
import pytest

from agent.demo.broker import PrivateBroker
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.cameras.marked import picture
from tests.client import Client
from tests.waiting import wait_for

QUESTION = "Question: is there an animal?"
TOPICS = ("reply/#", "status", "event", "camera/#", "command/+", "telemetry")


def _fill(folder: Path, code: str | None) -> None:
    """Pictures of something that moves, and where there is a code, of one that is held up before it."""
    folder.mkdir()
    for number in range(40):
        pixels = picture(number, 640, 360)
        if code is not None:
            qr = cv2.QRCodeEncoder.create().encode(code)
            pixels[90:350, 200:460] = cv2.resize(qr, (260, 260), interpolation=cv2.INTER_NEAREST)[:, :, None]
        assert cv2.imwrite(str(folder / f"{number:03}.png"), pixels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cameras")


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(folder) as broker:
        yield broker


@pytest.fixture(scope="module")
def early(broker: PrivateBroker) -> Iterator[Client]:
    """Has listened since before the agent's start: a code that is held up all the time is told once."""
    with Client(broker.port, name="early", topics=("camera/gate", "status")) as client:
        yield client


@pytest.fixture(scope="module")
def agent(folder: Path, broker: PrivateBroker, early: Client) -> Iterator[AgentProcess]:
    cameras: dict[str, dict[str, object]] = {
        "door": {"when": ["always"], "every": "1s", "prompt": QUESTION, "max_tokens": 16},
        "yard": {"when": ["always"], "every": "1s"},
        "shed": {"when": ["on_demand"], "stall_timeout": "3s"},
        "gate": {"when": ["code"], "size": "640x360"},
    }
    common: dict[str, object] = {"size": "320x180", "most_per_hour": 10_000, "ring": "200KiB"}
    sections = {name: common | camera | {"source": str(folder / name)} for name, camera in cameras.items()}
    for name in cameras:
        _fill(folder / name, code=QUESTION if name == "gate" else None)
    config = write_config(folder, broker.port, cameras=sections, telemetry={"every": "1s"})
    with AgentProcess(config) as agent:
        early.wait_online()
        # Before any test drains the device: the code is held up, and so told, only once.
        wait_for(lambda: _of_codes(early), 60, "observation of the code")
        yield agent


@pytest.fixture
def client(agent: AgentProcess, broker: PrivateBroker, request: pytest.FixtureRequest) -> Iterator[Client]:
    assert agent.is_alive()
    with Client(broker.port, name=request.node.name, topics=TOPICS) as client:
        yield client


def _observations(client: Client, camera: str) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in list(client.messages[f"{PREFIX}/camera/{camera}"])]


def _of_codes(client: Client) -> list[dict[str, Any]]:
    return [it for it in _observations(client, "gate") if it["trigger"] == "code"]


def _state(client: Client, camera: str) -> dict[str, Any]:
    payloads = client.messages[f"{PREFIX}/camera/{camera}/state"]
    state: dict[str, Any] = json.loads(payloads[-1]) if payloads else {}
    return state


def _events(client: Client, name: str) -> list[dict[str, Any]]:
    events = [json.loads(payload) for payload in list(client.messages[f"{PREFIX}/event"])]
    return [event["detail"] for event in events if event["event"] == name]


def _dropped(client: Client, why: str) -> int:
    payloads = client.messages[f"{PREFIX}/telemetry"]
    return int(json.loads(payloads[-1])["cameras"]["dropped"].get(why, 0)) if payloads else 0


def test_an_observation_has_the_sentence_of_a_model_and_the_facts(client: Client) -> None:
    def answered() -> list[dict[str, Any]]:
        return [it for it in _observations(client, "door") if it["text"]]

    observation = wait_for(answered, 30, "observation")[0]
    assert observation["camera"] == "door"
    assert observation["trigger"] == "every"
    assert observation["facts"]["width"] == 320
    assert abs(observation["taken_at"] - time.time()) < 20
    assert observation["usage"]["completion_tokens"] > 0
    assert observation["model"] == "edge-tiny"
    assert observation["error"] is None


def test_without_a_prompt_no_model_runs(client: Client) -> None:
    observation = wait_for(lambda: _observations(client, "yard"), 30, "observation")[0]
    assert observation["text"] is None
    assert observation["model"] is None
    assert observation["facts"]["light"] in ("dark", "dim", "bright")


def test_a_code_that_is_held_up_is_a_prompt(agent: AgentProcess, early: Client) -> None:
    assert agent.is_alive()
    observation = _of_codes(early)[0]  # another one comes where looking begins anew
    assert observation["text"]
    assert {"kind": "qr", "text": QUESTION} in observation["facts"]["codes"]


def test_a_prompt_about_a_camera_is_answered_from_its_facts(client: Client) -> None:
    client.prompt({"id": "named", "prompt": QUESTION, "images": [{"camera": "yard"}]})
    reply = client.reply("named")
    assert reply["choices"][0]["message"]["content"]
    client.prompt({"id": "bare", "prompt": QUESTION})
    assert reply["usage"]["prompt_tokens"] > client.reply("bare")["usage"]["prompt_tokens"] + 5


def test_a_camera_that_is_not_there_is_refused_with_those_that_are(client: Client) -> None:
    client.prompt({"id": "unknown", "prompt": QUESTION, "images": [{"camera": "attic"}]})
    error = client.reply("unknown")["error"]
    assert error["code"] == "invalid_request"
    assert "door, gate, shed, yard" in error["message"]


def test_a_snapshot_on_demand(client: Client, folder: Path) -> None:
    wait_for(lambda: _state(client, "shed").get("why", "?") is None, 30, "a camera that works")
    client.publish("command", {"id": "snap", "command": "snapshot", "camera": "shed"})
    (jpeg,) = wait_for(lambda: client.messages[f"{PREFIX}/camera/shed/snapshot"], 20, "snapshot")
    assert jpeg.startswith(b"\xff\xd8")
    answers = client.messages[f"{PREFIX}/command/snap"]
    wait_for(lambda: json.loads(answers[-1])["state"] == "succeeded", 10, "answer")
    assert "on_demand" in [it["trigger"] for it in _observations(client, "shed")]
    assert [path.read_bytes() for path in (folder / "state" / "cameras" / "shed").glob("*.jpg")] == [jpeg]


def test_what_cannot_be_set_is_an_event(client: Client) -> None:
    client.publish("camera/yard/set", '{"when": ["class"]}')
    (refusal,) = wait_for(lambda: _events(client, "camera_set_refused"), 10, "event")
    assert "detector" in refusal["reason"]
    assert (refusal["camera"], refusal["count"]) == ("yard", 1)


def test_while_the_device_drains_what_a_camera_sees_is_dropped_and_counted(client: Client) -> None:
    client.publish("command", {"id": "stop", "command": "drain"})
    wait_for(lambda: _dropped(client, "draining"), 20, "count")
    assert not [it for it in _observations(client, "door") if it["error"]]
    client.publish("command", {"id": "go-on", "command": "drain", "on": False})
    before = len(_observations(client, "door"))
    wait_for(lambda: len(_observations(client, "door")) > before, 20, "observation")


def test_a_lost_camera_is_told_and_taken_up_again(client: Client, folder: Path) -> None:
    wait_for(lambda: _state(client, "shed").get("why", "?") is None, 20, "a camera that works")
    (folder / "shed").rename(folder / "elsewhere")
    (lost,) = wait_for(lambda: _events(client, "camera_lost"), 20, "event")
    assert lost["camera"] == "shed"
    assert "elsewhere" not in lost["reason"]
    wait_for(lambda: _state(client, "shed").get("condition") == "lost", 10, "state")
    wait_for(lambda: "lost" in [it["facts"]["condition"] for it in _observations(client, "shed")], 10, "observation")
    client.prompt({"id": "blind", "prompt": QUESTION, "images": [{"camera": "shed"}]})
    assert client.reply("blind")["error"]["code"] == "no_picture"
    (folder / "elsewhere").rename(folder / "shed")
    wait_for(lambda: _events(client, "camera_back"), 120, "event")  # once a minute at most


def _looker(agent: AgentProcess) -> psutil.Process:
    children = psutil.Process(agent.pid).children(recursive=True)
    return next(each for each in children if "agent.camera.looking.child" in each.cmdline())


def test_while_nobody_looks_cameras_are_lost(client: Client, agent: AgentProcess, folder: Path) -> None:
    wait_for(lambda: _state(client, "yard").get("condition") == "clear", 20, "a camera that works")
    wait_for(lambda: _state(client, "shed").get("condition") == "clear", 20, "another")
    (folder / "shed").rename(folder / "elsewhere")
    wait_for(lambda: _state(client, "shed").get("condition") == "lost", 20, "one without frames")
    _looker(agent).kill()
    wait_for(lambda: _state(client, "yard").get("why") == "nobody looks: signal SIGKILL", 10, "state")
    wait_for(lambda: _state(client, "yard").get("condition") == "clear", 30, "looks that come again")
    assert [it["reason"] for it in _events(client, "camera_trouble") if it["camera"] is None] == ["signal SIGKILL"]
    client.prompt({"id": "gone", "prompt": QUESTION, "images": [{"camera": "shed"}]})
    assert "nobody looks" not in client.reply("gone")["error"]["message"]
    (folder / "elsewhere").rename(folder / "shed")
    wait_for(lambda: _state(client, "shed").get("condition") == "clear", 60, "frames that come again")


def test_set_holds_at_once_and_over_a_restart(client: Client, agent: AgentProcess) -> None:
    wait_for(lambda: _observations(client, "yard"), 20, "observation")
    took = []
    for on in (False, True, False):
        began = time.perf_counter()
        client.publish("camera/yard/set", "ON" if on else "OFF")
        wait_for(lambda on=on: _state(client, "yard").get("on") is on, 20, "state")  # type: ignore[misc]
        took.append(time.perf_counter() - began)
    assert min(took) < 1.0, "a busy machine delays one of them, a wait in the agent all"
    client.publish("camera/door/set", {"every": "2s", "prompt": "", "most_per_hour": 9_000})
    wait_for(lambda: _state(client, "door").get("prompt", "?") is None, 10, "state")
    processes = psutil.Process(agent.pid).children(recursive=True)
    assert len(processes) >= 6, "the engine, one that looks, four that capture"
    agent.signal(signal.SIGTERM)
    assert agent.wait() == 0
    assert not psutil.wait_procs(processes, timeout=60)[1]
    client.messages.clear()
    agent.start()
    wait_for(lambda: [it for it in _observations(client, "door") if it["text"] is None], 60, "observation")
    wait_for(lambda: _state(client, "yard").get("why", "?") is None, 30, "a camera that is looked at")
    assert _state(client, "yard")["on"] is False
    assert (_state(client, "door")["every"], _state(client, "door")["most_per_hour"]) == ("2s", 9_000)
    assert _state(client, "door")["is_set"]
    assert _observations(client, "yard") == []
    client.publish("camera/yard/set", {"reset": True})
    wait_for(lambda: _observations(client, "yard"), 10, "observation")
    assert not _state(client, "yard")["is_set"]
    client.publish("camera/door/set", {"reset": True})
    wait_for(lambda: _state(client, "door")["prompt"] == QUESTION, 10, "state")
