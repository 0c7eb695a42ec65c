"""The demo's camera: its configuration, and how what it tells is read."""

import json
from pathlib import Path

import pytest
import yaml

from agent.camera.settings import Camera
from agent.demo.camera import CAMERA, REQUEST, Observation, camera_section, read_observation


def test_the_section_is_a_valid_configuration() -> None:
    section = yaml.safe_load(camera_section(Path('/clips/a "b": c/yard.mp4')))
    camera = Camera.model_validate(section["cameras"][CAMERA])
    assert camera.source == '/clips/a "b": c/yard.mp4'
    assert camera.prompt == REQUEST
    assert "door" in camera.zones


@pytest.mark.parametrize(
    ("payload", "picture_bytes", "text", "note"),
    [
        (
            {"text": "A thing is moving.", "trigger": "motion", "taken_at": 0.0},
            83_400,
            "A thing is moving.",
            "; with its picture, 83 kB of JPEG)",
        ),
        ({"text": "Yes.", "trigger": "code", "taken_at": 0}, None, "Yes.", ")"),
        (
            {"text": None, "trigger": "condition", "taken_at": 0.0, "facts": {"condition": "covered"}},
            83_400,
            "The picture is covered.",
            "(told without a model)",
        ),
    ],
)
def test_what_is_shown(payload: dict[str, object], picture_bytes: int | None, text: str, note: str) -> None:
    observation = read_observation(json.dumps(payload).encode(), picture_bytes)
    assert isinstance(observation, Observation)
    assert observation.text == text
    assert observation.note.endswith(note)


def test_an_error_is_not_shown() -> None:
    payload = {"text": None, "trigger": "motion", "taken_at": 0.0, "error": {"code": "timeout"}, "facts": {}}
    assert read_observation(json.dumps(payload).encode(), None) is None
