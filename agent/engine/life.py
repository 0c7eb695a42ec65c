"""The life of one engine process: started, loaded, served, told to leave, seen out; and what is told of it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import Final

from agent.engine.pipe import EngineSpec, Keeps, Loaded, NotLoaded, ToAgent
from agent.engine.process import EngineProcess
from agent.engine.protocol import Capabilities, Progress
from agent.engine.serving import Serving
from agent.engine.wanted import Wanted
from agent.events import EngineLost, LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.units import Seconds

EngineEvent = ModelLoaded | ModelLoadFailed | ModelUnloaded | EngineLost

_ENDED_BY_OTHERS: Final = frozenset({"signal SIGKILL", "signal SIGINT", "signal SIGTERM", "signal SIGHUP"})
"""The kernel for memory; or Ctrl-C and a service's stop, which reach a process too that has not yet said that it leaves
them to the agent."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what may take.

    Attributes:
        load: A model that has not loaded by then is given up.
        step: An engine with requests that says nothing for so long is killed.
        leave: What runs on a model that is not wanted any more has so long to end.
    """

    load: Seconds
    step: Seconds
    leave: Seconds


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what of a process.

    Attributes:
        on_serving: Of one that takes requests from now on, before the event says so.
        on_progress: Of what ran, before the outcomes that belong to it.
        on_event: Of loads and losses.
    """

    on_serving: Callable[[Serving], None]
    on_progress: Callable[[str, Progress], None]
    on_event: Callable[[EngineEvent], None]


class Life:
    """One process, from before its start until nothing of it remains.

    Attributes:
        serving: Takes requests; None before the model is loaded, and once the process is lost.
        kept: Tokens whose KV cache it keeps between requests.

    Args:
        spec: What it is to load.
        wanted: When this is something else, it is to leave.
        patience: How long it is waited for.
        listeners: Who is told.
    """

    def __init__(self, spec: EngineSpec, wanted: Wanted, patience: Patience, listeners: Listeners) -> None:
        self._spec = spec
        self._wanted = wanted
        self._patience = patience
        self._tell = listeners
        self._process: EngineProcess | None = None
        self._not_loaded: NotLoaded | None = None
        self._is_hung = False
        self.serving: Serving | None = None
        self.kept = 0

    def cut_short(self) -> None:
        """Kill it for its memory, also while it loads."""
        if self.serving is not None:
            self.serving.give_up()
        if self._process is not None:
            self._process.kill()

    async def run(self) -> bool:
        """Live it.

        Returns:
            Whether it did what it was there for: served a request, or left when it was told to.
        """
        began = _now()
        try:
            process = await EngineProcess.start(self._spec)
        except OSError as error:  # no memory, no descriptors
            self._tell_not_loaded(f"the engine's process did not start: {error}", LoadProblem.NOT_STARTED)
            return False
        self._process, served = process, None
        leaving = asyncio.create_task(self._leave_when_unwanted(process), name="engine leave-taking")
        try:
            async with contextlib.aclosing(process.messages()) as messages:
                answer = await self._load(process, messages)
                if isinstance(answer, Loaded):
                    served = self._begin(process, answer.capabilities, _now() - began)
                    await self._serve(served, messages)
                elif isinstance(answer, NotLoaded):
                    self._not_loaded = answer
        finally:
            self._process = None
            has_left = leaving.done()
            leaving.cancel()
            self._lose()
            await process.end()
        is_unwanted = has_left or not self._wanted.still(self._spec)
        is_good = self._tell_end(process, served, is_unwanted=is_unwanted)
        await process.ending()  # whatever holds it: there is never a second one beside it
        return is_good

    async def _load(self, process: EngineProcess, messages: AsyncGenerator[ToAgent, None]) -> ToAgent | None:
        """The process's first message; None when it died before."""
        try:
            async with asyncio.timeout(self._patience.load):
                return await anext(messages, None)
        except TimeoutError:
            process.kill()
            return NotLoaded(f"it had not loaded after {self._patience.load:g} s", LoadProblem.TIMED_OUT)

    def _begin(self, process: EngineProcess, able: Capabilities, seconds: float) -> Serving:
        spec = self._spec
        context_length = min(able.context_length, spec.context_length or able.context_length)
        serving = self.serving = Serving(process, spec, replace(able, context_length=context_length))
        self._tell.on_serving(serving)
        self._tell.on_event(ModelLoaded(able.model, seconds, context_length, spec.engine, able.max_batch, able.vision))
        return serving

    async def _serve(self, serving: Serving, messages: AsyncGenerator[ToAgent, None]) -> None:
        """Deliver what the process says until it ends."""
        async with asyncio.TaskGroup() as tasks:
            watchdog = tasks.create_task(serving.kill_when_hung(self._patience.step), name="engine watchdog")
            async for message in messages:
                serving.heard()
                if isinstance(message, Progress):
                    self._tell.on_progress(serving.capabilities.model, message)
                elif isinstance(message, Keeps):
                    self.kept = message.tokens
                else:
                    serving.deliver(message)
                if not serving.running:
                    self._wanted.stir()
            self._is_hung = watchdog.done()
            watchdog.cancel()

    async def _leave_when_unwanted(self, process: EngineProcess) -> None:
        """Once something else is wanted, and what runs has ended or had its time, tell the process to leave."""
        while self._wanted.still(self._spec):
            await self._wanted.change()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience.leave):
                    while self._runs and not self._wanted.still(self._spec):
                        await self._wanted.change()
        self._withdraw()
        process.leave()

    @property
    def _runs(self) -> bool:
        return self.serving is not None and self.serving.running > 0

    def _withdraw(self) -> None:
        if self.serving is not None:
            self.serving.withdraw()

    def _lose(self) -> None:
        """Let every request know, and take no more."""
        serving, self.serving, self.kept = self.serving, None, 0
        if serving is not None:
            serving.lose()

    def _tell_end(self, process: EngineProcess, served: Serving | None, *, is_unwanted: bool) -> bool:
        """As `run` returns."""
        if is_unwanted and not process.was_lost:
            self._tell.on_event(ModelUnloaded(self._spec.model, self._wanted.left_for))
            return True
        if served is not None:
            hung = f"no progress for {self._patience.step:g} s"
            self._tell.on_event(EngineLost(hung if self._is_hung else process.how_it_ended))
            return served.served
        if self._not_loaded is not None:
            self._tell_not_loaded(self._not_loaded.reason, self._not_loaded.problem)
            return False
        is_killed = process.was_lost and process.how_it_ended in _ENDED_BY_OTHERS
        problem = LoadProblem.KILLED if is_killed else LoadProblem.CRASHED
        self._tell_not_loaded(f"the engine's process ended: {process.how_it_ended}", problem)
        return False

    def _tell_not_loaded(self, reason: str, problem: LoadProblem) -> None:
        self._tell.on_event(ModelLoadFailed(self._spec.model, reason, self._spec.engine, problem))


def _now() -> float:
    """The loop's clock: it stands still while the machine is suspended, as the engine does."""
    return asyncio.get_running_loop().time()
