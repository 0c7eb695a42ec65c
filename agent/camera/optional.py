"""The cameras as the other parts see them, whether the device has any or not.

Invariant: until they are built, nothing more of the camera is imported than values and settings; on a device that
never had any, nothing ever is.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.answering import show_nothing
from agent.camera.run_time import Change
from agent.camera.values import CameraName
from agent.clock import Clock
from agent.config import Config
from agent.counters import Counters
from agent.engine.protocol import Capacity
from agent.errors import ErrorCode, RejectedError
from agent.events import Event
from agent.intake import Intake
from agent.journal import JournalThread
from agent.lanes import Lanes
from agent.link import Link
from agent.prompt import Prompt

if TYPE_CHECKING:  # a device without cameras does without
    from agent.camera.cameras import Cameras
    from agent.camera.former import FormerCameras
    from agent.camera.showing import Showing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What cameras have to do with.

    Attributes:
        journal: Where observations become durable.
        link: The broker.
        intake: Queues prompts.
        lanes: Who runs them.
        counters: Told of observations.
        clock: The time.
        loaded: The device's own model; None while there is none.
        wake_publisher: Called when there may be something to send.
        emit: Reports an event to the operator.
    """

    journal: JournalThread
    link: Link
    intake: Intake
    lanes: Lanes
    counters: Counters
    clock: Clock
    loaded: Callable[[], Capacity | None]
    wake_publisher: Callable[[], None]
    emit: Callable[[Event], None]


class OptionalCameras:
    """Asked and told like cameras; without any, it has nothing to show, and does nothing."""

    def __init__(self) -> None:
        self._cameras: Cameras | None = None
        self._showing: Showing | None = None
        self._former: FormerCameras | None = None
        self._tell_equipment: Callable[[], Coroutine[None, None, None]] | None = None

    def build(self, config: Config, surroundings: Surroundings) -> None:
        """Build those of the configuration: after the workers, who show what they see.

        Args:
            config: Which there are.
            surroundings: What they have to do with.
        """
        folder = config.state_dir / "cameras"
        if config.cameras or folder.is_dir():
            from agent.camera.former import FormerCameras  # noqa: PLC0415 - as below

            self._former = FormerCameras(folder, config.cameras, prefix=config.topic_prefix, link=surroundings.link)
        if not config.cameras:
            return
        from agent.camera.building import build_cameras  # noqa: PLC0415 - what it imports is for cameras alone

        self._cameras, self._showing, self._tell_equipment = build_cameras(config, surroundings)

    async def run(self) -> None:
        """Until cancelled; without cameras, until what is left of former ones is taken away, if anything is."""
        if self._former is None:
            return
        await asyncio.to_thread(self._former.find)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._former.run(), name="former cameras")
            if self._cameras is not None:
                tasks.create_task(self._cameras.run(), name="cameras")
            if self._tell_equipment is not None:
                tasks.create_task(self._tell_equipment(), name="camera equipment")

    def connected(self) -> None:
        """There is a new connection to the broker."""
        if self._cameras is not None:
            self._cameras.connected()

    def stopping(self) -> None:
        """As `Showing.stop`."""
        if self._showing is not None:
            self._showing.stop()

    async def show(self, prompt: Prompt, takes_images: bool) -> Prompt:  # noqa: FBT001 - `answering.Show`
        """As `Showing.show`."""
        show = show_nothing if self._showing is None else self._showing.show
        return await show(prompt, takes_images)

    async def snapshot(self, camera: str) -> str:
        """As `Cameras.snapshot`."""
        if self._cameras is None:
            raise RejectedError(ErrorCode.INVALID_REQUEST, "this device has no cameras")
        return await self._cameras.snapshot(camera)

    async def set(self, camera: CameraName, change: Change) -> None:
        """As `Cameras.set`."""
        if self._cameras is not None:
            await self._cameras.set(camera, change)
