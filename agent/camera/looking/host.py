"""The agent's side of the looking process: keeps one alive, hands on what it saw, asks it for pictures.

Owns the looking process. Invariant: every request for a picture ends with the picture or with `NoPictureError`,
whatever the process does: dies, hangs, or is stopped; and a camera that ends it again and again costs the others
nothing.
"""

import asyncio
import contextlib
import itertools
import math
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import assert_never

from agent.camera.frames import FrameSlots
from agent.camera.looking.blame import Blame, one_more
from agent.camera.looking.pipe import (
    DetectorRefused,
    LookAgain,
    LookFailed,
    PictureId,
    Rate,
    Rates,
    Taken,
    TakePicture,
    ToAgent,
    Touches,
)
from agent.camera.looking.plan import LookPlan
from agent.camera.looking.process import LookingProcess
from agent.camera.looking.shedding import Shedding, judge
from agent.camera.looking.trouble import LeftOut, LookingLost, LooksShed, Trouble
from agent.camera.values import CameraName, Look, Picture
from agent.children.restarts import wait_before_restart
from agent.clock import boottime
from agent.errors import NoPictureError
from agent.units import Bytes, Seconds

_SILENCE = Seconds(30.0)
"""It says something every few seconds, but for when it loads a detector. Silent for so long, it hangs."""
_START_TIMEOUT = Seconds(60.0)
"""Until its first word: on a busy board libraries load slowly."""
_PICTURE_TIMEOUT = Seconds(10.0)
_SOUND = Seconds(60.0)
"""A process that was heard for so long is no failed attempt."""
_FAILURES_EVERY = Seconds(600.0)
"""Of a camera whose frames cannot be measured, this is told at most so often."""


class Looking:
    """Keeps a looking process alive.

    Args:
        cameras: Their frames, and what is to be done with them. The slots stay the caller's.
        on_look: Told of each look.
        on_blind: Told of a camera that is not looked at any more, and why; until looks come again.
        on_trouble: Told of what an operator should know.
        silence: A process that has begun and says nothing for so long is killed.
        now: The boot clock.
    """

    def __init__(  # noqa: PLR0913 - whom it tells of what
        self,
        cameras: Mapping[CameraName, tuple[FrameSlots, LookPlan]],
        *,
        on_look: Callable[[Look], None],
        on_blind: Callable[[CameraName, str], None],
        on_trouble: Callable[[Trouble], None],
        silence: Seconds = _SILENCE,
        now: Callable[[], Seconds] = boottime,
    ) -> None:
        self._cameras = dict(cameras)
        self._on_look = on_look
        self._on_blind = on_blind
        self._on_trouble = on_trouble
        self._silence = silence
        self._now = now
        self._process: LookingProcess | None = None
        self._asked: dict[PictureId, asyncio.Future[Picture]] = {}
        self._ids = itertools.count(1)
        self._shedding: dict[CameraName, Shedding] = {}
        self._touched: CameraName | None = None
        self._blames: dict[CameraName, Blame] = {}
        self._left_out: set[CameraName] = set()
        self._failing: set[CameraName] = set()
        self._failure_told_at: dict[CameraName, Seconds] = {}
        self._heard_at = 0.0

    @property
    def pid(self) -> int | None:
        """The looking process; None while none runs."""
        return None if self._process is None else self._process.pid

    async def picture(self, camera: CameraName, *, most_bytes: Bytes) -> Picture:
        """A camera's latest frame as a JPEG, however old: it says when it was taken.

        Args:
            camera: Whose.
            most_bytes: The most bytes of the JPEG: its quality goes down, then its size.

        Raises:
            NoPictureError: There has been no frame, it does not fit, or the looking process is not there.
        """
        if self._process is None:
            raise NoPictureError("the looking process is being started")
        if camera in self._left_out:
            raise NoPictureError(f"camera {camera} is left out: its frames end the looking process")
        request = PictureId(next(self._ids))
        answer: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._asked[request] = answer
        self._process.send(TakePicture(request, camera, most_bytes))
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
            began = self._heard_at = asyncio.get_running_loop().time()
            why = await self._one_process()
            failures = 1 if self._heard_at - began >= _SOUND else failures + 1
            self._tell_lost(why, is_news=failures == 1)
            await asyncio.sleep(wait_before_restart(failures))

    async def _one_process(self) -> str:
        """The life of one process, from its start to its end: and how it ended."""
        now = self._now()
        self._touched = None
        self._left_out = {camera for camera, blame in self._blames.items() if now < blame.until}
        try:
            process = await LookingProcess.start(self._cameras, self._left_out)
        except OSError as error:  # no memory, no descriptors
            return f"the looking process did not start: {error}"
        self._process = process
        is_hung = False
        try:
            async with contextlib.aclosing(process.messages()) as messages:
                is_hung = await self._hear(messages)
        finally:
            self._process = None
            self._lose()
            await process.end()
        ending = await process.ending()
        if process.ended_by is signal.SIGKILL and not is_hung:
            self._touched = None  # a frame crashes it by another signal: this was the kernel, which wanted memory
        return f"no sign of life for {self._silence:g} s" if is_hung else ending

    def _tell_lost(self, why: str, *, is_news: bool) -> None:
        """Nobody looks, until the next process does; the camera that this one was on may be left out of that."""
        if is_news:
            self._on_trouble(LookingLost(why))
        camera = self._touched
        if camera is not None:
            blame = self._blames[camera] = one_more(self._blames.get(camera), self._now())
            if blame.is_news:
                self._on_trouble(LeftOut(camera, why, blame.out_for))
        for each in self._cameras:
            self._on_blind(each, why)

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
            self._heard_at = asyncio.get_running_loop().time()
            self._deliver(message)
            patience = self._silence

    def _deliver(self, message: ToAgent) -> None:
        match message:
            case Touches(camera):
                self._touched = camera
            case Look():
                self._touched = None
                self._failing.discard(message.camera)
                self._on_look(message)
            case Taken(request, taken):
                self._touched = None
                self._answer(request, taken)
            case Rates(of):
                self._judge(of)
                self._look_again()
            case DetectorRefused():
                self._on_trouble(message)
            case LookFailed():
                self._touched = None
                self._tell_failure(message)
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

    def _tell_failure(self, failure: LookFailed) -> None:
        """One frame may be broken; with two in a row the camera is blind."""
        now, camera = self._now(), failure.camera
        if now - self._failure_told_at.get(camera, -math.inf) >= _FAILURES_EVERY:
            self._failure_told_at[camera] = now
            self._on_trouble(failure)
        if camera in self._failing:
            self._on_blind(camera, f"its frames cannot be measured: {failure.why}")
        self._failing.add(camera)

    def _look_again(self) -> None:
        """At the cameras that have been left out for long enough."""
        now = self._now()
        for camera in [each for each in self._left_out if now >= self._blames[each].until]:
            self._left_out.remove(camera)
            if self._process is not None:
                self._process.send(LookAgain(camera))

    def _lose(self) -> None:
        """Let everyone know who waits for a picture."""
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(NoPictureError("the looking process ended"))
