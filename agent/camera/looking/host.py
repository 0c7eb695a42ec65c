"""The agent's side of the looking process: keeps one alive, hands on what it saw, asks it for pictures.

Owns the looking process. Invariant: every request for a picture ends with the picture or with `NoPictureError`,
whatever the process does: dies, hangs, or is stopped.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from agent.camera.frames import FrameSlots
from agent.camera.looking.pipe import (
    DetectorRefused,
    LookFailed,
    PictureId,
    Rate,
    Rates,
    Taken,
    TakePicture,
    ToAgent,
)
from agent.camera.looking.plan import LookPlan
from agent.camera.looking.process import LookingProcess
from agent.camera.looking.shedding import Shedding, judge
from agent.camera.values import CameraName, Look, Picture
from agent.clock import boottime
from agent.engine.host import wait_before_restart
from agent.errors import NoPictureError
from agent.units import Bytes, Seconds

__all__ = ["Looking", "LookingLost", "LooksShed", "NoPictureError", "Trouble"]

_SILENCE = Seconds(30.0)
"""It says something every few seconds, but for when it loads a detector. Silent for so long, it hangs."""
_START_TIMEOUT = Seconds(60.0)
"""Until its first word: on a busy board libraries load slowly."""
_PICTURE_TIMEOUT = Seconds(10.0)
_SOUND = Seconds(60.0)
"""A process that lived so long is no failed attempt."""


@dataclass(frozen=True, slots=True)
class LookingLost:
    """The looking process ended, or was killed because it hung; another one is started."""

    why: str


@dataclass(frozen=True, slots=True)
class LooksShed:
    """A camera is looked at less often than configured, for want of time. Told when it begins, and not often."""

    camera: CameraName
    rate: Rate


Trouble = LookingLost | LooksShed | DetectorRefused | LookFailed


class Looking:
    """Keeps a looking process alive.

    Args:
        cameras: Their frames, and what is to be done with them. The slots stay the caller's.
        on_look: Told of each look.
        on_trouble: Told of what an operator should know.
        silence: A process that has begun and says nothing for so long is killed.
        now: The boot clock.
    """

    def __init__(
        self,
        cameras: Mapping[CameraName, tuple[FrameSlots, LookPlan]],
        *,
        on_look: Callable[[Look], None],
        on_trouble: Callable[[Trouble], None],
        silence: Seconds = _SILENCE,
        now: Callable[[], Seconds] = boottime,
    ) -> None:
        self._cameras = dict(cameras)
        self._on_look = on_look
        self._on_trouble = on_trouble
        self._silence = silence
        self._now = now
        self._process: LookingProcess | None = None
        self._asked: dict[PictureId, asyncio.Future[Picture]] = {}
        self._ids = itertools.count(1)
        self._shedding: dict[CameraName, Shedding] = {}

    @property
    def pid(self) -> int | None:
        """The looking process; None while none runs."""
        return None if self._process is None else self._process.pid

    async def picture(self, camera: CameraName, *, most_bytes: Bytes, most_side: int | None = None) -> Picture:
        """A camera's latest frame as a JPEG, however old: it says when it was taken.

        Args:
            camera: Whose.
            most_bytes: The most bytes of the JPEG: its quality goes down, then its size.
            most_side: The most pixels of its longer side; None: as many as the frame has.

        Raises:
            NoPictureError: There has been no frame, it does not fit, or the looking process is not there.
        """
        if self._process is None:
            raise NoPictureError("the looking process is being started")
        request = PictureId(next(self._ids))
        answer: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._asked[request] = answer
        self._process.send(TakePicture(request, camera, most_bytes, most_side))
        try:
            async with asyncio.timeout(_PICTURE_TIMEOUT):
                return await answer
        except TimeoutError:
            raise NoPictureError(f"no picture of camera {camera} within {_PICTURE_TIMEOUT:g} s") from None
        finally:
            del self._asked[request]

    async def run(self) -> None:
        """Keep a looking process alive until cancelled; then end it. Without cameras there is none."""
        failures = 0
        while self._cameras:
            began = asyncio.get_running_loop().time()
            await self._one_process()
            lived = asyncio.get_running_loop().time() - began
            failures = 1 if lived >= _SOUND else failures + 1
            await asyncio.sleep(wait_before_restart(failures))

    async def _one_process(self) -> None:
        """The life of one process, from its start to its end."""
        try:
            process = await LookingProcess.start(self._cameras)
        except OSError as error:  # no memory, no descriptors
            self._on_trouble(LookingLost(f"the looking process did not start: {error}"))
            return
        self._process = process
        is_hung = False
        try:
            async with contextlib.aclosing(process.messages()) as messages:
                is_hung = await self._hear(messages)
        finally:
            self._process = None
            self._lose()
            ending = await process.end()
        self._on_trouble(LookingLost(f"no sign of life for {self._silence:g} s" if is_hung else ending))

    async def _hear(self, messages: AsyncGenerator[ToAgent, None]) -> bool:
        """Deliver what the process says until it ends.

        Returns:
            Whether it says nothing any more, and has to be ended.
        """
        patience = _START_TIMEOUT
        while True:
            try:
                async with asyncio.timeout(patience):
                    message = await anext(messages, None)
            except TimeoutError:
                return True
            if message is None:
                return False
            self._deliver(message)
            patience = self._silence

    def _deliver(self, message: ToAgent) -> None:
        match message:
            case Look():
                self._on_look(message)
            case Taken(request, taken):
                self._answer(request, taken)
            case Rates(of):
                self._judge(of)
            case DetectorRefused() | LookFailed():
                self._on_trouble(message)
            case _:
                assert_never(message)

    def _answer(self, request: PictureId, taken: Picture | str) -> None:
        answer = self._asked.get(request)
        if answer is None or answer.done():  # nobody waits any more
            return
        if isinstance(taken, Picture):
            answer.set_result(taken)
        else:
            answer.set_exception(NoPictureError(taken))

    def _judge(self, rates: Mapping[CameraName, Rate]) -> None:
        now = self._now()
        for camera, rate in rates.items():
            known, told = judge(self._shedding.get(camera) or Shedding(now), rate, now)
            self._shedding[camera] = known
            if told is not None:
                self._on_trouble(LooksShed(camera, told))

    def _lose(self) -> None:
        """Let everyone know who waits for a picture."""
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(NoPictureError("the looking process ended"))
