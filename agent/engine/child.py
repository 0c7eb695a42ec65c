"""The engine's process: loads one model, then advances it between messages from the agent.

Started by `process` as `python -m agent.engine.child <fd> <agent's pid>`, with its end of the socket inherited. Owns
the engine and with it the accelerator. Invariant: it never outlives the agent.
"""

import contextlib
import importlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence

from agent import logs
from agent.children.lifeline import live_and_die_with_the_agent
from agent.clock import boottime
from agent.engine.pacing import Pacer
from agent.engine.pipe import Admit, Cancel, EnginePipe, EngineSpec, Forget, Keeps, Loaded, LoadError, NotLoaded, Pace
from agent.engine.protocol import Engine, Event, Finished, GenerationRequest, Refused
from agent.engine.work_log import WorkLog
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Delta, FinishReason, PromptId, Usage
from agent.units import Seconds

OOM_SCORE_ADJ = 500
"""When memory runs out the kernel ends this process before the agent (proc(5), /proc/pid/oom_score_adj)."""
PROGRESS_EVERY = Seconds(0.1)
"""As often as power is sampled: what was done and what was drawn belong together. Also tells slow from hung."""

_log = logging.getLogger(__name__)


class Loop:
    """Messages, deadlines, one step, events, a rest; again and again.

    Args:
        pipe: The engine's end of the socket.
        engine: The loaded model.
        now: The boot clock, which deadlines are on.
    """

    def __init__(self, pipe: EnginePipe, engine: Engine, now: Callable[[], Seconds] = boottime) -> None:
        self._pipe = pipe
        self._engine = engine
        self._now = now
        self._pacer = Pacer()
        self._is_paced = engine.capabilities().paced
        self._put_off: dict[PromptId, GenerationRequest] = {}
        """Requests that wait until an engine which is not paced has rested; oldest first."""
        self._running: dict[PromptId, GenerationRequest] = {}
        self._work = WorkLog()
        self._kept = 0
        self._ending = False
        self._accounted = now()
        """Up to when the time has been accounted for: as work from a step's begin to its end, else as rest."""
        self._tell_at = Seconds(self._accounted + PROGRESS_EVERY)

    def run(self) -> None:
        """Serve until the agent is gone.

        Raises:
            EOFError: The agent closed its end.
            OSError: The agent died.
        """
        while True:
            self._take_messages()
            self._end_late()
            self._admit_put_off()
            if self._running and (self._ending or self._step_is_due_in() <= 0):
                self._step()
            elif self._has_work and self._now() >= self._tell_at:
                self._tell_progress(self._now())

    def _take_messages(self) -> None:
        """Everything that has arrived; without work, wait for it; between two steps, for as long as the pace asks."""
        wait = self._until_something_is_due() if self._has_work else None
        while self._pipe.waiting(wait):
            match self._pipe.receive():
                case Admit(request):
                    self._welcome(request)
                case Cancel(request_id):
                    self._cancel(request_id, FinishReason.CANCELLED)
                case Pace(duty):
                    self._account_rest()
                    self._pacer.ask(duty)
                case Forget():
                    self._engine.forget()
                    self._tell_kept()
                case other:
                    raise TypeError(f"a {type(other).__name__} is not for a loaded engine")
            wait = Seconds(0.0)
        self._account_rest()

    def _account_rest(self) -> None:
        now = self._now()
        self._pacer.rested(Seconds(now - self._accounted))
        self._accounted = now

    def _until_something_is_due(self) -> Seconds:
        """The next step, a sign of progress, or the end of a request."""
        if self._ending or (self._running and self._step_is_due_in() <= 0):
            return Seconds(0.0)
        self._account_rest()
        requests = (*self._running.values(), *self._put_off.values())
        deadlines = [request.deadline for request in requests if request.deadline is not None]
        due = min([self._tell_at, *deadlines]) - self._accounted
        return Seconds(max(0.0, min(self._step_is_due_in(), due)))

    @property
    def _has_work(self) -> bool:
        return bool(self._running or self._put_off)

    def _step_is_due_in(self) -> Seconds:
        """The rest of the rest. What runs by itself is no cooler for being looked at later."""
        return Seconds(0.0) if self._running and not self._is_paced else self._pacer.rest

    def _welcome(self, request: GenerationRequest) -> None:
        if not self._has_work:
            self._tell_at = Seconds(self._now() + PROGRESS_EVERY)
        self._put_off[request.id] = request
        self._admit_put_off()

    def _admit_put_off(self) -> None:
        """All at once, when they need not wait: a rest is owed for what ran before, and as long as it runs."""
        while self._put_off and (self._is_paced or self._pacer.rest <= 0):
            self._admit(self._put_off.pop(next(iter(self._put_off))))

    def _admit(self, request: GenerationRequest) -> None:
        try:
            self._see_that_it_sees(request)
            self._engine.admit(request)
        except RejectedError as refusal:
            self._tell_kept()
            self._pipe.send(Refused(request.id, refusal.code, refusal.message, refusal.retry_after_s))
        else:
            self._running[request.id] = request

    def _see_that_it_sees(self, request: GenerationRequest) -> None:
        """Refuse images for a model that reads text only. Decided here, where it is certain which model answers.

        Raises:
            RejectedError: It has images.
        """
        able = self._engine.capabilities()
        if request.has_images and not able.vision:
            raise RejectedError(ErrorCode.UNSUPPORTED, f"{able.model} reads text only, no images")

    def _cancel(self, request_id: PromptId, reason: FinishReason) -> None:
        """End a request: at the next step, which waits for nothing; at once, if it has not begun."""
        self._engine.cancel(request_id, reason)
        self._ending = self._ending or request_id in self._running
        if self._put_off.pop(request_id, None) is not None:
            self._pipe.send(Finished(request_id, reason, "", Usage(0, 0), None, self._now()))
            if not self._has_work:
                self._work.rest()

    def _end_late(self) -> None:
        for request in (*self._running.values(), *self._put_off.values()):
            if request.deadline is not None and request.deadline <= self._accounted:
                self._cancel(request.id, FinishReason.DEADLINE)

    def _step(self) -> None:
        self._ending = False
        began = self._accounted
        events = self._engine.step()
        ended = self._accounted = self._now()
        self._pacer.worked(Seconds(ended - began))
        self._work.add(self._engine.advanced(), began, ended)
        outcomes = [event for event in events if not isinstance(event, Delta)]
        if outcomes or ended >= self._tell_at:
            self._tell_progress(ended)  # before an outcome: with it everything about the request is known
            self._tell_kept()
        self._tell(events, outcomes)

    def _tell(self, events: Sequence[Event], outcomes: Sequence[Finished | Refused]) -> None:
        wanted = [event for event in events if self._running[event.id].stream or not isinstance(event, Delta)]
        for outcome in outcomes:
            del self._running[outcome.id]
        if wanted:
            self._pipe.send(*wanted)
        if not self._running:
            self._work.rest()

    def _tell_kept(self) -> None:
        kept = self._engine.kept()
        if kept != self._kept:
            self._pipe.send(Keeps(kept))
        self._kept = kept

    def _tell_progress(self, until: Seconds) -> None:
        self._pipe.send(self._work.take(until))
        self._tell_at = Seconds(until + PROGRESS_EVERY)


def load(spec: EngineSpec) -> Engine:
    """The engine that a spec names, its model loaded.

    Raises:
        LoadError: It cannot be loaded, or its library, which may lack another one, cannot be used.
    """
    name, _, function = spec.loader.partition(":")
    try:
        try:
            module = importlib.import_module(name)
        except (ImportError, OSError) as error:
            raise LoadError(f"{spec.engine} cannot be used here: {error}") from error
        engine: Engine = getattr(module, function)(spec)
    except LoadError:
        raise
    except Exception as error:  # a library raises what it likes: the agent needs its words, not an exit code
        _log.exception("load_failed", extra={"engine": spec.engine})
        raise LoadError(f"{type(error).__name__}: {error}") from error
    return engine


def main(descriptor: int, agent_pid: int) -> None:
    """Serve on an inherited socket until the agent is gone."""
    live_and_die_with_the_agent(agent_pid, oom_score_adj=OOM_SCORE_ADJ)
    pipe = EnginePipe(socket.socket(fileno=descriptor))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), contextlib.closing(pipe):
        spec = pipe.receive()
        assert isinstance(spec, EngineSpec)  # noqa: S101 - tells the type checker; `host` sends it first
        try:
            engine = load(spec)
        except LoadError as error:
            pipe.send(NotLoaded(str(error)))
            return
        pipe.send(Loaded(engine.capabilities()))
        with contextlib.closing(engine):
            Loop(pipe, engine).run()


if __name__ == "__main__":
    logs.set_up("WARNING", os.environ, sys.stderr)
    main(int(sys.argv[1]), int(sys.argv[2]))
