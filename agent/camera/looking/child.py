"""The looking process: looks at the latest frames of all cameras, and makes pictures of them when asked.

Started by `process` as `python -m agent.camera.looking.child <fd> <agent's pid>`, with its end of the socket and the
memory of each camera's frames inherited. Owns OpenCV's measuring. Invariant: it never outlives the agent.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Callable

import cv2

from agent.camera.frames import FrameSlots
from agent.camera.looking.detecting import Detecting
from agent.camera.looking.eye import Eye
from agent.camera.looking.pipe import (
    Begin,
    DetectorRefused,
    LookAgain,
    LookFailed,
    LookingPipe,
    Rate,
    Rates,
    Taken,
    TakePicture,
    Touches,
)
from agent.camera.looking.turns import Turn, after_look, after_nothing, choose, next_due
from agent.camera.values import CameraName, Picture
from agent.children.lifeline import live_and_die_with_the_agent
from agent.clock import boottime
from agent.units import Bytes, Seconds

OOM_SCORE_ADJ = 500
"""As the engine's process has it: when memory runs out the kernel ends this one before the agent."""
NICENESS = 5
"""Below the engine and the agent (nice(2)): prompts by MQTT do not wait for cameras."""
RATES_EVERY = Seconds(2.0)
_FAILURES = (cv2.error, ValueError, RuntimeError, OSError, MemoryError)
"""What OpenCV, NumPy and Pillow raise on a frame that they cannot work with. What else ends the process is found out by
the agent: it knows which camera it was on."""


class Loop:
    """Messages, one look; again and again.

    Args:
        pipe: The socket's end.
        begin: The cameras.
        now: The boot clock.
    """

    def __init__(self, pipe: LookingPipe, begin: Begin, now: Callable[[], Seconds] = boottime) -> None:
        self._pipe = pipe
        self._now = now
        detecting = Detecting(lambda camera, why: pipe.send(DetectorRefused(camera, why)), now)
        self._eyes = {
            camera: Eye(camera, FrameSlots.open(watched.slots), watched.plan, detecting)
            for camera, watched in begin.cameras.items()
        }
        began = now()
        self._periods = {camera: watched.plan.period for camera, watched in begin.cameras.items()}
        self._turns = {
            camera: Turn(period, began, began)
            for camera, period in self._periods.items()
            if camera not in begin.left_out
        }
        self._told = dict(self._turns)
        self._told_at = began

    def run(self) -> None:
        """Look until the agent is gone.

        Raises:
            EOFError: The agent closed its end.
            OSError: The agent died.
        """
        self._pipe.send(Rates({}))
        while True:
            self._take_messages()
            camera = choose(self._turns, self._now())
            if camera is not None:
                self._look(camera)
            if self._now() >= self._told_at + RATES_EVERY:
                self._tell_rates()

    def close(self) -> None:
        """Give back the frames' memory, as far as this process has it."""
        for eye in self._eyes.values():
            eye.close()

    def _take_messages(self) -> None:
        """Everything that has arrived; waits for it until a look is due."""
        now = self._now()
        wait = next_due(self._turns, now, Seconds(self._told_at + RATES_EVERY - now))
        while self._pipe.waiting(wait):
            wait = Seconds(0.0)
            match self._pipe.receive():
                case TakePicture(request, camera, most_bytes):
                    self._pipe.send(Touches(camera))
                    self._pipe.send(Taken(request, self._take_picture(camera, most_bytes)))
                case LookAgain(camera):
                    self._turns[camera] = Turn(self._periods[camera], self._now(), self._now())
                    self._told[camera] = self._turns[camera]
                case other:
                    raise TypeError(f"a {type(other).__name__} is not for a process that looks")

    def _take_picture(self, camera: CameraName, most_bytes: Bytes) -> Picture | str:
        try:
            return self._eyes[camera].take_picture(most_bytes)
        except _FAILURES as error:
            return f"no picture of camera {camera}: {_words_of(error)}"

    def _look(self, camera: CameraName) -> None:
        began, eye = self._now(), self._eyes[camera]
        if not eye.has_news:
            self._turns[camera] = after_nothing(self._turns[camera], began)
            return
        self._pipe.send(Touches(camera))
        try:
            look = eye.look()
        except _FAILURES as error:
            self._turns[camera] = after_look(self._turns[camera], began)
            self._pipe.send(LookFailed(camera, _words_of(error)))
            return
        self._turns[camera] = after_look(self._turns[camera], began)
        if look is not None:  # else the frame was written over meanwhile
            self._pipe.send(look)

    def _tell_rates(self) -> None:
        now = self._now()
        seconds = now - self._told_at
        rates = {
            camera: Rate((turn.looked - told.looked) / seconds, (turn.shed - told.shed) / seconds)
            for camera, turn in self._turns.items()
            for told in [self._told[camera]]
        }
        self._pipe.send(Rates(rates))
        self._told, self._told_at = dict(self._turns), now


def _words_of(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def main(descriptor: int, agent_pid: int) -> None:
    """Look, for who is at the other end of an inherited socket, until the agent is gone."""
    live_and_die_with_the_agent(agent_pid, oom_score_adj=OOM_SCORE_ADJ)
    os.nice(NICENESS)
    cv2.setNumThreads(1)
    pipe = LookingPipe(socket.socket(fileno=descriptor))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), contextlib.closing(pipe):
        begin = pipe.receive()
        assert isinstance(begin, Begin)  # noqa: S101 - tells the type checker; `process` sends it first
        with contextlib.closing(Loop(pipe, begin)) as loop:
            loop.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
