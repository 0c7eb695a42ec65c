"""The cameras of this device: what becomes of what they see, and of what is asked of them.

Owns the looking process and, through the keepers, the capture processes. Invariant: whatever becomes of these, each
camera has a state that is true: what is not seen any more is lost, and nothing is made of old frames.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from agent.camera.parts import Parts
from agent.camera.run_time import Change, RunTimeFile, effective, merged
from agent.camera.settings import Camera
from agent.camera.showing import nothing_to_show
from agent.camera.states import States
from agent.camera.values import CameraName, Condition, Facts, Look, Picture
from agent.clock import Clock
from agent.errors import ErrorCode, NoPictureError, RejectedError
from agent.events import CameraBack, CameraCondition, CameraLost, Event, StorageFull
from agent.prompt import OutMessage
from agent.units import Bytes
from agent.wire import encode_camera_state

_NOT_YET = "it has not been looked at yet"
_COMING_BACK = "its frames have only just come back"
_log = logging.getLogger(__name__)


class Cameras:
    """Runs the cameras.

    Args:
        parts: What they are made of.
        configured: What the configuration says.
        changes: What was set since, by camera.
        file: Where that is kept.
        prefix: `R`.
        states: Makes the publisher of their states, given what each is.
        emit: Reports an event to the operator.
        clock: The time.
    """

    def __init__(  # noqa: PLR0913 - only `building` calls it
        self,
        parts: Parts,
        configured: Mapping[CameraName, Camera],
        *,
        changes: Mapping[CameraName, Change],
        file: RunTimeFile,
        prefix: str,
        states: Callable[[Callable[[CameraName], OutMessage]], States],
        emit: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self._parts = parts
        self._configured = configured
        self._changes = dict(changes)
        self._file = file
        self._prefix = prefix
        self._states = states(self._state_of)
        self._emit = emit
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled; then every process is ended."""
        parts = self._parts
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(parts.eye.run(), name="looking")
                for name, capture in parts.captures.items():
                    tasks.create_task(capture.run(), name=f"capture of {name}")
                for name, observer in parts.observers.items():
                    tasks.create_task(observer.run(), name=f"observations of {name}")
                tasks.create_task(self._states.run(), name="camera states")
        finally:
            for frames in parts.frames:
                frames.close()

    def connected(self) -> None:
        """There is a new connection to the broker."""
        self._states.connected()

    def looked(self, look: Look) -> None:
        """A frame was looked at."""
        watch = self._parts.watches[look.camera]
        before = watch.condition, watch.told_condition
        if watch.facts is None:
            self._states.changed(look.camera)
            self._parts.first_looks.over(look.camera)
        sighting = watch.saw(look)
        self._compare(look.camera, before)
        if sighting is not None:
            self._parts.observers[look.camera].offer(sighting)

    def lost(self, camera: CameraName, why: str) -> None:
        """A camera gives no frames."""
        watch = self._parts.watches[camera]
        before = watch.condition, watch.told_condition
        self._parts.first_looks.over(camera)
        sighting = watch.lost(why)
        self._compare(camera, before)
        if sighting is not None:
            self._parts.observers[camera].offer(sighting)

    async def set(self, camera: CameraName, change: Change) -> None:
        """Have this hold from now on, over restarts.

        Raises:
            RejectedError: It does not go with the configuration; nothing is changed.
        """
        after = merged(self._changes[camera], change)
        holds = effective(self._configured[camera], after)
        self._changes[camera] = after
        self._parts.watches[camera].hold(holds)
        self._states.changed(camera)
        _log.info("camera_set", extra={"camera": camera, "on": holds.on, "is_set": holds.is_set})
        try:
            await asyncio.to_thread(self._file.write, self._changes)
        except OSError as error:
            self._emit(StorageFull(reason=f"what was set of camera {camera} holds until a restart: {error.strerror}"))

    async def snapshot(self, camera: str) -> str:
        """Make an observation now, and publish its picture.

        Returns:
            What there is to say, for a person.

        Raises:
            RejectedError: There is no such camera, or no picture now.
        """
        name = self._known(camera)
        self.facts(name)
        sighting = self._parts.watches[name].ask(shows=True)
        told = await self._parts.observers[name].tell(sighting)
        if not told.is_shown:
            raise nothing_to_show(camera, "it could not be made or sent")
        picture = f"the picture is on {self._prefix}/camera/{camera}/snapshot"
        return picture if told.dropped is None else f"{picture}; there is no observation of it: {told.dropped.value}"

    def facts(self, camera: CameraName) -> Facts:
        """What is known of a scene now.

        Raises:
            RejectedError: Nothing is, or there is no such camera.
        """
        watch = self._parts.watches[self._known(camera)]
        if watch.facts is None:
            raise nothing_to_show(camera, watch.lost_because or _NOT_YET)
        if watch.condition is Condition.LOST:
            raise nothing_to_show(camera, watch.lost_because or _COMING_BACK)
        if watch.is_stale:
            raise nothing_to_show(camera, "it has not been looked at for a while")
        return watch.facts

    async def picture(self, camera: CameraName) -> Picture:
        """The latest picture, for a model.

        Raises:
            RejectedError: There is none now, or no such camera.
        """
        self.facts(camera)  # that of a lost camera would be old
        try:
            most = Bytes(self._configured[camera].snapshot_max)
            return await self._parts.eye.picture(camera, most_bytes=most)
        except NoPictureError as error:
            raise nothing_to_show(camera, str(error)) from None

    def _known(self, camera: str) -> CameraName:
        name = CameraName(camera)
        if name not in self._parts.watches:
            known = ", ".join(sorted(self._parts.watches))
            raise RejectedError(ErrorCode.INVALID_REQUEST, f"there is no camera {camera}; there are: {known}")
        return name

    def _compare(self, camera: CameraName, before: tuple[Condition, Condition]) -> None:
        """Tell when the condition has changed: the state what is, the events what is told."""
        watch = self._parts.watches[camera]
        was, told = before
        if watch.condition is not was:
            self._states.changed(camera)
        condition = watch.told_condition
        if condition is told:
            return
        if condition is Condition.LOST:
            self._emit(CameraLost(camera=camera, reason=watch.lost_because or "no frames"))
            return
        if told is Condition.LOST:
            losses = watch.losses
            seconds = round(self._clock.now() - losses.lost_at, 1)
            self._emit(CameraBack(camera=camera, seconds=seconds, times=losses.times))
        if watch.holds.on and not (told is Condition.LOST and condition is Condition.CLEAR):
            self._emit(CameraCondition(camera=camera, condition=condition.value))

    def _state_of(self, camera: CameraName) -> OutMessage:
        watch = self._parts.watches[camera]
        if watch.facts is None:
            condition, why = Condition.LOST, watch.lost_because or _NOT_YET
        elif watch.condition is Condition.LOST:
            condition, why = Condition.LOST, watch.lost_because or _COMING_BACK
        else:
            condition, why = watch.condition, None
        payload = encode_camera_state(watch.holds, condition.value, why)
        return OutMessage(f"{self._prefix}/camera/{camera}/state", payload, retain=True)
