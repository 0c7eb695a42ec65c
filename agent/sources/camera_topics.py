"""What a message to a camera means, and whether a prompt names cameras that there are. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.camera.run_time import Change, effective
from agent.camera.values import CameraName
from agent.config import Config
from agent.errors import ErrorCode, RejectedError
from agent.link import Incoming
from agent.wire import decode_camera_set

_MAX_NAME_SHOWN = 64


@dataclass(frozen=True, slots=True)
class CameraSet:
    """Set this about a camera."""

    camera: CameraName
    change: Change


@dataclass(frozen=True, slots=True)
class CameraMisset:
    """Something on a camera's topic that cannot be set."""

    camera: str
    why: str


def camera_subscriptions(config: Config) -> list[str]:
    """Topic filters of what `CameraTopics` understands; none without cameras."""
    return [f"{config.topic_prefix}/camera/+/set"] if config.cameras else []


class CameraTopics:
    """Reads messages by the rules of one configuration.

    Args:
        config: Topics, limits and cameras.
    """

    def __init__(self, config: Config) -> None:
        self._prefix = f"{config.topic_prefix}/camera/"
        self._cameras = config.cameras
        self._max_payload = config.queue.max_payload

    def has(self, topic: str) -> bool:
        """Whether it is one of cameras."""
        return topic.startswith(self._prefix)

    def interpret(self, incoming: Incoming) -> CameraSet | CameraMisset:
        """What a message on such a topic asks for."""
        name = incoming.topic.removeprefix(self._prefix).removesuffix("/set")
        settings = self._cameras.get(name)
        if settings is None:
            return CameraMisset(name[:_MAX_NAME_SHOWN], self._missing(name))
        if incoming.size > self._max_payload:
            return CameraMisset(name, f"{incoming.size} bytes; queue.max_payload is {self._max_payload} bytes")
        try:
            change = decode_camera_set(incoming.payload)
            effective(settings, change)
        except RejectedError as error:
            return CameraMisset(name, error.message)
        return CameraSet(CameraName(name), change)

    def check(self, named: Sequence[str]) -> None:
        """Let a prompt pass that names these cameras.

        Raises:
            RejectedError: There is no such camera.
        """
        for name in named:
            if name not in self._cameras:
                raise RejectedError(ErrorCode.INVALID_REQUEST, f"/images: {self._missing(name)}")

    def _missing(self, name: str) -> str:
        known = ", ".join(sorted(self._cameras)) or "none"
        return f"there is no camera {name[:_MAX_NAME_SHOWN]!r}; there are: {known}"
