"""What a message to a camera means, and what a prompt may name."""

import json
from typing import Any

import pytest

from agent.camera.run_time import Change
from agent.camera.values import CameraName
from agent.config import Config
from agent.journal import Arrival, Refusal
from agent.prompt import Prompt
from agent.sources.camera_topics import CameraMisset, CameraSet
from agent.sources.interpret import Interpreter, subscriptions
from tests.unit.sources.values import incoming

CONFIG = Config.model_validate(
    {
        "device": {"id": "dev"},
        "queue": {"max_payload": "1000B"},
        "cameras": {"door": {"source": "/dev/video0"}, "yard": {"source": "/dev/video1"}},
        "upstreams": {
            "big": {"url": "http://h/v1", "may_leave": {"prompts": True, "images": True, "cameras": ["door"]}},
        },
    }
)
INTERPRETER = Interpreter(CONFIG, {})


def _set(payload: bytes | str, camera: str = "door", **more: Any) -> CameraSet | CameraMisset:  # noqa: ANN401 - of `incoming`
    meaning = INTERPRETER.interpret(incoming(payload, topic=f"edge/dev/camera/{camera}/set", **more))
    assert isinstance(meaning, CameraSet | CameraMisset)
    return meaning


def _asked(**prompt: object) -> Prompt | dict[str, Any]:
    """The prompt, or the error that it is answered with."""
    meaning = INTERPRETER.interpret(incoming(json.dumps({"id": "a", "prompt": "Who?"} | prompt)))
    assert isinstance(meaning, Arrival)
    if isinstance(meaning.content, Refusal):
        error: dict[str, Any] = json.loads(meaning.content.reply.payload)["error"]
        return error
    return meaning.content


def test_only_with_cameras_there_is_something_to_listen_to() -> None:
    assert "edge/dev/camera/+/set" in subscriptions(CONFIG)
    assert not [it for it in subscriptions(Config()) if "camera" in it]


def test_what_is_set() -> None:
    assert _set("OFF", "yard") == CameraSet(CameraName("yard"), Change(on=False))


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ('{"when": ["class"]}', "/when: class needs a detector in the configuration"),
        ("maybe", "give ON, OFF, or a JSON object"),
        (b"\xff", "the payload is not UTF-8 text"),
        (b"x" * 1001, "1001 bytes; queue.max_payload is 1000 bytes"),
    ],
)
def test_what_cannot_be_set(payload: bytes | str, why: str) -> None:
    assert _set(payload) == CameraMisset("door", why)


def test_a_camera_that_is_not_there_cannot_be_set() -> None:
    assert _set("ON", "attic") == CameraMisset("attic", "there is no camera 'attic'; there are: door, yard")
    assert _set("ON", "x" * 200) == CameraMisset("x" * 64, f"there is no camera '{'x' * 64}'; there are: door, yard")


def test_a_prompt_keeps_the_names_of_cameras_for_when_it_is_answered() -> None:
    prompt = _asked(images=[{"camera": "yard"}])
    assert isinstance(prompt, Prompt)
    assert prompt.cameras == ("yard",)
    assert not prompt.has_images


def test_a_prompt_about_a_camera_that_is_not_there() -> None:
    assert _asked(images=[{"camera": "door"}, {"camera": "attic"}]) == {
        "code": "invalid_request",
        "message": "/images: there is no camera 'attic'; there are: door, yard",
        "retry_after_ms": None,
    }


def test_what_a_camera_sees_leaves_only_where_it_may() -> None:
    assert isinstance(_asked(images=[{"camera": "door"}], model="big"), Prompt)
    error = _asked(images=[{"camera": "yard"}], model="big")
    assert isinstance(error, dict)
    assert error["code"] == "unsupported"
    assert error["message"].startswith("what camera yard sees may not leave the device for big")
