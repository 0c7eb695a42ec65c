"""The demo's camera: how it is configured, and what it tells."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.client import AgentClient, Received

CAMERA = "yard"
REQUEST = "What is happening? One sentence."


def camera_section(clip: Path) -> str:
    """The part of the configuration, as YAML.

    Args:
        clip: The file that it plays, again and again.
    """
    camera = {
        "source": str(clip),
        "when": ["motion", "code"],
        "every": "10s",
        "prompt": REQUEST,
        "snapshot": "always",
        "ring": "0B",
        "zones": {
            "door": {"x": 0.56, "y": 0.3, "width": 0.14, "height": 0.32},
            "fence": {"x": 0.0, "y": 0.25, "width": 0.2, "height": 0.5},
            "driveway": {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0},
        },
    }
    return f"cameras: {json.dumps({CAMERA: camera})}\n"


@dataclass(frozen=True, slots=True)
class Observation:
    """What the camera told.

    Attributes:
        text: What the model says of it, or what is wrong with the picture.
        why: What made it tell.
        picture_bytes: The size of the picture that came before it; None: none did.
    """

    text: str
    why: str
    picture_bytes: int | None

    @property
    def note(self) -> str:
        """What is said beside the text."""
        picture = (
            "" if self.picture_bytes is None else f"; with its picture, {self.picture_bytes / 1000:.0f} kB of JPEG"
        )
        return f"({self.why}{picture})"


class Watch:
    """Takes what the demo's camera tells, while the client waits.

    Args:
        client: Connected.
        prefix: Of the agent's topics.
        picture: Where the latest picture is kept.
    """

    def __init__(self, client: AgentClient, prefix: str, picture: Path) -> None:
        self.latest: Observation | None = None
        self.picture = picture
        self._picture_bytes: int | None = None
        self._told: Callable[[Observation], None] | None = None
        client.listen(f"{prefix}/camera/{CAMERA}/snapshot", self._take_picture)
        client.listen(f"{prefix}/camera/{CAMERA}", self._take_observation)

    def tell(self, told: Callable[[Observation], None]) -> None:
        """From now on, have a function called with each observation."""
        self._told = told

    def _take_picture(self, message: Received) -> None:
        self.picture.write_bytes(message.payload)
        self._picture_bytes = len(message.payload)

    def _take_observation(self, message: Received) -> None:
        observation = read_observation(message.payload, self._picture_bytes)
        if observation is None:
            return
        self.latest = observation
        if self._told is not None:
            self._told(observation)


def read_observation(payload: bytes, picture_bytes: int | None) -> Observation | None:
    """What is said in an observation; None: nothing that a person would want to read.

    Args:
        payload: As it was published.
        picture_bytes: The size of its picture.
    """
    match json.loads(payload):
        case {"text": str(text), "trigger": str(trigger), "taken_at": int() | float() as taken_at}:
            return Observation(
                text, f"{trigger} at {time.strftime('%H:%M:%S', time.localtime(taken_at))}", picture_bytes
            )
        case {"trigger": "condition", "facts": {"condition": str(condition)}}:
            return Observation(f"The picture is {condition}.", "told without a model", None)
        case _:
            return None
