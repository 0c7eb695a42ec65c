"""Cameras of a whole agent whose model takes images: it is shown the picture."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import cv2
import pytest

from tests.agent_process import PREFIX, serving
from tests.cameras.marked import picture
from tests.client import Client
from tests.vision_model import FILES
from tests.waiting import wait_for

SIDE = 112
PICTURE_TOKENS = (SIDE // 28) ** 2 + 2
"""A patch of 28 pixels a side is a token, and two are around them; a byte of text is one, too."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("seeing")
    shutil.copytree(FILES, folder / "models" / "seeing")
    (folder / "door").mkdir()
    for number in range(20):
        assert cv2.imwrite(str(folder / "door" / f"{number:03}.png"), picture(number, SIDE, SIDE))
    door = {"source": str(folder / "door"), "size": f"{SIDE}x{SIDE}", "when": ["always"], "every": "1s"}
    sections: dict[str, Any] = {
        "model": {"name": "seeing"},
        "models_dir": str(folder / "models"),
        "cameras": {"door": door | {"prompt": "{facts}", "max_tokens": 4}},
    }
    topics = ("reply/#", "status", "camera/#")
    with serving(folder, **sections) as (broker, _), Client(broker.port, topics=topics) as client:
        client.wait_online()
        yield client


def _observations(client: Client) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in list(client.messages[f"{PREFIX}/camera/door"])]


def _tokens(client: Client, prompt_id: str, **more: object) -> int:
    client.prompt({"id": prompt_id, "prompt": "Who?", "max_tokens": 4, **more})
    return int(client.reply(prompt_id)["usage"]["prompt_tokens"])


def test_an_observation_is_answered_with_the_picture_in_its_prompt(client: Client) -> None:
    observation = wait_for(lambda: _observations(client), 30, "observation")[0]
    assert observation["error"] is None
    assert observation["model"] == "seeing"
    assert observation["usage"]["completion_tokens"] == 4


def test_a_prompt_about_a_camera_gets_its_picture_and_not_the_facts(client: Client) -> None:
    wait_for(lambda: _observations(client), 30, "observation")
    assert _tokens(client, "shown", images=[{"camera": "door"}]) == _tokens(client, "bare") + PICTURE_TOKENS
