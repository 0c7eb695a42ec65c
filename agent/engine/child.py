"""The engine's process: loads one model, then advances it between messages from the agent.

Started by `host` as `python -m agent.engine.child <fd>`, with its end of the socket inherited. Owns the engine and with
it the accelerator. Invariant: it never outlives the agent.
"""

import contextlib
import ctypes
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from agent.clock import boottime
from agent.engine.pipe import Admit, Cancel, EnginePipe, EngineSpec, Loaded, LoadError, NotLoaded
from agent.engine.protocol import Engine, GenerationRequest, Refused
from agent.engine.work_log import WorkLog
from agent.errors import RejectedError
from agent.prompt import Delta, FinishReason, PromptId
from agent.units import Seconds

OOM_SCORE_ADJ = 500
"""When memory runs out the kernel ends this process before the agent (proc(5), /proc/pid/oom_score_adj)."""
PROGRESS_EVERY = Seconds(0.1)
"""How often the agent is told what ran, if no step takes longer: tells slow from hung, and who used the energy."""
_PR_SET_PDEATHSIG = 1
"""prctl(2)"""


class Loop:
    """Messages, deadlines, one step, events; again and again.

    Args:
        pipe: The engine's end of the socket.
        engine: The loaded model.
        now: The boot clock, which deadlines are on.
    """

    def __init__(self, pipe: EnginePipe, engine: Engine, now: Callable[[], Seconds] = boottime) -> None:
        self._pipe = pipe
        self._engine = engine
        self._now = now
        self._running: dict[PromptId, GenerationRequest] = {}
        self._work = WorkLog()

    def run(self) -> None:
        """Serve until the agent is gone.

        Raises:
            EOFError: The agent closed its end.
            OSError: The agent died.
        """
        while True:
            self._take_messages()
            self._end_late()
            self._step()
            # Pacing for a power budget belongs here, between two steps.

    def _take_messages(self) -> None:
        """Everything that has arrived; without work, wait for it."""
        wait = None if not self._running else Seconds(0.0)
        while self._pipe.waiting(wait):
            match self._pipe.receive():
                case Admit(request):
                    self._admit(request)
                case Cancel(request_id):
                    self._engine.cancel(request_id)
                case other:
                    raise TypeError(f"a {type(other).__name__} is not for a loaded engine")
            wait = Seconds(0.0)

    def _admit(self, request: GenerationRequest) -> None:
        try:
            self._engine.admit(request)
        except RejectedError as refusal:
            self._pipe.send(Refused(request.id, refusal.code, refusal.message))
        else:
            self._running[request.id] = request

    def _end_late(self) -> None:
        now = self._now()
        for request in self._running.values():
            if request.deadline is not None and request.deadline <= now:
                self._engine.cancel(request.id, FinishReason.DEADLINE)

    def _step(self) -> None:
        began = self._now()
        events = self._engine.step()
        if self._running:
            self._work.add(self._engine.advanced(), began, self._now())
        if self._work.span >= PROGRESS_EVERY or any(not isinstance(event, Delta) for event in events):
            self._pipe.send(self._work.take())  # before an outcome: with it everything about the request is known
        for event in events:
            wanted = self._running[event.id].stream or not isinstance(event, Delta)
            if not isinstance(event, Delta):
                del self._running[event.id]
            if wanted:
                self._pipe.send(event)
        if not self._running:
            self._work.rest()


def _live_and_die_with_the_agent(agent_pid: int) -> None:
    """Leave Ctrl-C and service stops to the agent; but when it is killed, be killed, even amid a long step."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != agent_pid:
        raise SystemExit  # it was killed before the line above
    with contextlib.suppress(OSError):  # no such file in some sandboxes, no permission in others
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE_ADJ), encoding="ascii")


def _load(spec: EngineSpec) -> Engine:
    module, _, function = spec.loader.partition(":")
    engine: Engine = getattr(importlib.import_module(module), function)(spec.model, spec.model_dir)
    return engine


def main(descriptor: int, agent_pid: int) -> None:
    """Serve on an inherited socket until the agent is gone."""
    _live_and_die_with_the_agent(agent_pid)
    pipe = EnginePipe(socket.socket(fileno=descriptor))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), contextlib.closing(pipe):
        spec = pipe.receive()
        assert isinstance(spec, EngineSpec)  # noqa: S101 - tells the type checker; `host` sends it first
        try:
            engine = _load(spec)
        except LoadError as error:
            pipe.send(NotLoaded(str(error)))
            return
        pipe.send(Loaded(engine.capabilities()))
        with contextlib.closing(engine):
            Loop(pipe, engine).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
