"""The agent's side of the engine: keeps one engine process alive and runs requests on it.

Owns the engine process. Invariant: every request ends with its outcome or with `EngineLostError`, whatever the process
does: dies, hangs, or is stopped.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.children.restarts import wait_before_restart
from agent.engine.batching import BatchSearch
from agent.engine.catalog import KnownEngine
from agent.engine.pipe import EngineSpec, Forget, Keeps, Loaded, NotLoaded, Pace, ToAgent
from agent.engine.process import EngineProcess
from agent.engine.protocol import Capabilities, GenerationRequest, Outcome, Progress
from agent.engine.serving import Serving
from agent.errors import EngineLostError
from agent.events import EngineLost, LoadProblem, ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.prompt import Delta, Place, PromptId
from agent.units import Ratio, Seconds

__all__ = ["EngineEvent", "EngineHost", "EngineSpec"]

EngineEvent = ModelLoaded | ModelLoadFailed | ModelUnloaded | EngineLost

_LEAVE_GRACE = Seconds(10.0)
_ENDED_BY_OTHERS: Final = frozenset({"signal SIGKILL", "signal SIGINT", "signal SIGTERM", "signal SIGHUP"})
"""The kernel for memory; or Ctrl-C and a service's stop, which reach a process too that has not yet said that it leaves
them to the agent."""


class EngineHost:
    """Keeps an engine process alive and gives it requests.

    Args:
        spec: Which engine, which model; loaded at once, until `switch_to` or `unload` say otherwise.
        load_timeout: A model that has not loaded by then is given up.
        step_timeout: An engine with requests that says nothing for so long is killed.
        leave_grace: What runs on a model that is not wanted any more has so long to end; it may never, at a duty of 0.
        on_event: Told of loads and losses; `capabilities` is up to date when it is called.
        on_progress: Told of what ran, and on which model, before the outcomes that belong to it.
    """

    place: Final = Place.DEVICE

    def __init__(  # noqa: PLR0913 - what it is told, and whom it tells; only `app` calls it
        self,
        spec: EngineSpec,
        *,
        load_timeout: Seconds,
        step_timeout: Seconds,
        leave_grace: Seconds = _LEAVE_GRACE,
        on_event: Callable[[EngineEvent], None],
        on_progress: Callable[[str, Progress], None] = lambda _model, _progress: None,
    ) -> None:
        self._spec = spec
        self._is_wanted = True
        self._left_for = ""
        self._changed = asyncio.Event()
        self._load_timeout = load_timeout
        self._step_timeout = step_timeout
        self._leave_grace = leave_grace
        self._on_event = on_event
        self._on_progress = on_progress
        self._process: EngineProcess | None = None
        self._serving: Serving | None = None
        self._loaded = asyncio.Event()
        self._duty = Ratio(1.0)
        self._prefill = self._decode = 0.0
        self._kept = 0

    @property
    def model(self) -> str:
        """The name of the model that is loaded, or will be."""
        return self._spec.model

    @property
    def is_wanted(self) -> bool:
        """Whether a model is loaded, is being loaded, or will be: `unload` was not the last word."""
        return self._is_wanted

    @property
    def capabilities(self) -> Capabilities | None:
        """What the loaded model can do; None while none is loaded, and while it only ends what runs."""
        if self._serving is None or not self._wants(self._serving.spec):
            return None
        return self._serving.capabilities

    @property
    def is_loading(self) -> bool:
        """Whether a model is wanted that is not there yet: it loads, or waits for another one to leave."""
        return self._is_wanted and self.capabilities is None

    @property
    def pid(self) -> int | None:
        """The process that has the model; None while none is loaded."""
        return None if self._serving is None else self._serving.process.pid

    @property
    def running(self) -> int:
        """How many requests the engine has."""
        return 0 if self._serving is None else self._serving.running

    @property
    def kept(self) -> int:
        """Tokens whose KV cache the engine keeps between requests."""
        return self._kept

    @property
    def busy(self) -> tuple[Seconds, Seconds]:
        """Time spent in steps since the start, of prefill and of decode; it never becomes less."""
        return Seconds(self._prefill), Seconds(self._decode)

    async def ready(self) -> Capabilities:
        """Wait until a model is loaded."""
        while self._serving is None:
            await self._loaded.wait()
        return self._serving.capabilities

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        """Run a request; its deltas in order, then its one outcome.

        Closing the generator early cancels the request, and waits until the engine has let go of it.

        Raises:
            EngineLostError: The engine's process ended before the request did, or none is there.
            EngineWithdrawnError: It was ended by `switch_to` or `unload`.
        """
        if self._serving is None:
            raise EngineLostError("no model is loaded")
        return self._serving.generate(request)

    def cancel(self, request_id: PromptId) -> None:
        """End a request: its outcome comes with `FinishReason.CANCELLED`. An unknown id is ignored."""
        if self._serving is not None:
            self._serving.cancel(request_id)

    def pace(self, duty: Ratio) -> None:
        """Have the engine step for this share of the time from now on, this process and any after it."""
        if duty != self._duty and self._serving is not None:
            self._serving.process.send(Pace(duty))
        self._duty = duty

    def forget(self) -> None:
        """Have the engine give back what it keeps between requests."""
        if self._serving is not None:
            self._serving.process.send(Forget())

    def switch_to(  # noqa: PLR0913 - what memory allows the model
        self,
        model: str,
        model_dir: Path,
        *,
        engine: KnownEngine | None = None,
        context_length: int | None = None,
        max_batch: int = 1,
        search: BatchSearch | None = None,
        cache_tokens: int | None = None,
        prompt_chunk: int = LEAST_CHUNK,
    ) -> None:
        """From now on run this model. First what runs ends, or its grace does, then its process.

        Args:
            model: Its name.
            model_dir: The folder of its files.
            engine: What is to run it; None: the same as before.
            context_length: The most tokens of a request; None: as many as the model has.
            max_batch: Requests at once for which there is memory.
            search: How the engine finds out whether fewer are better; None: it takes as many as it can.
            cache_tokens: As in `EngineSpec`.
            prompt_chunk: Likewise.
        """
        spec = self._spec if engine is None else replace(self._spec, engine=engine.name, loader=engine.loader)
        by = f" by {spec.engine}" if model == self._spec.model and spec.engine != self._spec.engine else ""
        self._spec = replace(
            spec,
            model=model,
            model_dir=model_dir,
            context_length=context_length,
            max_batch=max_batch,
            search=search,
            cache_tokens=cache_tokens,
            prompt_chunk=prompt_chunk,
        )
        self._is_wanted, self._left_for = True, f"{model} is loaded{by} instead"
        self._changed.set()

    def unload(self, reason: str, *, at_once: bool = False) -> None:
        """From now on run none. First what runs ends, or its grace does; `at_once` waits for neither, nor for a load.

        Args:
            reason: For the operator.
            at_once: Do not wait.
        """
        self._is_wanted, self._left_for = False, reason
        self._changed.set()
        if at_once and self._process is not None:
            self._withdraw()
            self._process.kill()

    async def run(self) -> None:
        """Keep an engine process alive while a model is wanted, until cancelled; then end it."""
        failures: Counter[tuple[str, str]] = Counter()
        while True:
            while not self._is_wanted:
                failures.clear()
                await self._next_change()
            spec = self._spec
            if await self._one_process(spec):
                failures.clear()
            failures[_who(spec)] += 1
            # Another engine's turn comes at once. When all have failed as often, a new round begins, after a wait.
            ended, following = failures[_who(spec)], failures[_who(self._spec)]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_before_restart(following) if following >= ended else 0):
                    await self._next_change()

    def _wants(self, spec: EngineSpec) -> bool:
        return self._is_wanted and spec == self._spec

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _see_out(self, process: EngineProcess, spec: EngineSpec) -> None:
        """Once `spec` is not wanted, and what runs has ended or had its time, tell the process to leave."""
        while self._wants(spec):
            await self._next_change()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._leave_grace):
                    while self.running and not self._wants(spec):
                        await self._next_change()
        self._withdraw()
        process.leave()

    def _withdraw(self) -> None:
        if self._serving is not None:
            self._serving.withdraw()

    async def _one_process(self, spec: EngineSpec) -> bool:
        """The life of one process, from its start to its end.

        Returns:
            Whether it did what it was there for: served a request, or left when it was told to.
        """
        began = _now()
        try:
            process = await EngineProcess.start(spec)
        except OSError as error:  # no memory, no descriptors
            reason = f"the engine's process did not start: {error}"
            self._on_event(ModelLoadFailed(spec.model, reason, spec.engine, LoadProblem.NOT_STARTED))
            return False
        self._process = process
        serving, not_loaded, hung = None, None, False
        leaving = asyncio.create_task(self._see_out(process, spec), name="engine leave-taking")
        try:
            async with contextlib.aclosing(process.messages()) as messages:
                answer = await self._load(process, messages)
                if isinstance(answer, Loaded):
                    serving = self._begin(process, spec, answer.capabilities, _now() - began)
                    hung = await self._serve(serving, messages)
                elif isinstance(answer, NotLoaded):
                    not_loaded = answer
        finally:
            self._process = None
            has_left = leaving.done()
            leaving.cancel()
            self._lose(serving)
            await process.end()
        is_unwanted = has_left or not self._wants(spec)
        is_good = self._tell_end(process, spec, serving, not_loaded, is_unwanted=is_unwanted, is_hung=hung)
        await process.ending()  # whatever holds it: there is never a second one beside it
        return is_good

    def _tell_end(  # noqa: PLR0913 - all that there is to know of it
        self,
        process: EngineProcess,
        spec: EngineSpec,
        serving: Serving | None,
        not_loaded: NotLoaded | None,
        *,
        is_unwanted: bool,
        is_hung: bool,
    ) -> bool:
        """As `_one_process`."""
        if is_unwanted and not process.was_lost:
            self._on_event(ModelUnloaded(spec.model, self._left_for))
            return True
        if serving is None:
            reason, problem = _why_not_loaded(not_loaded, process.how_it_ended, was_lost=process.was_lost)
            self._on_event(ModelLoadFailed(spec.model, reason, spec.engine, problem))
            return False
        self._on_event(EngineLost(f"no progress for {self._step_timeout:g} s" if is_hung else process.how_it_ended))
        return serving.served

    async def _load(self, process: EngineProcess, messages: AsyncGenerator[ToAgent, None]) -> ToAgent | None:
        """The process's first message; None when it died before."""
        try:
            async with asyncio.timeout(self._load_timeout):
                return await anext(messages, None)
        except TimeoutError:
            process.kill()
            return NotLoaded(f"it had not loaded after {self._load_timeout:g} s", LoadProblem.TIMED_OUT)

    def _begin(self, process: EngineProcess, spec: EngineSpec, able: Capabilities, seconds: float) -> Serving:
        context_length = min(able.context_length, spec.context_length or able.context_length)
        capabilities = replace(able, context_length=context_length)
        serving = Serving(process, spec, capabilities)
        process.send(Pace(self._duty))
        self._serving = serving
        self._loaded.set()
        self._on_event(ModelLoaded(able.model, seconds, context_length, spec.engine, able.max_batch, able.vision))
        return serving

    def _lose(self, serving: Serving | None) -> None:
        """Let every request know, and take no more."""
        self._serving, self._kept = None, 0
        self._loaded.clear()
        if serving is not None:
            serving.lose()

    async def _serve(self, serving: Serving, messages: AsyncGenerator[ToAgent, None]) -> bool:
        """Deliver what the process says until it ends.

        Returns:
            Whether it was killed because it hung.
        """
        async with asyncio.TaskGroup() as tasks:
            watchdog = tasks.create_task(serving.kill_when_hung(self._step_timeout), name="engine watchdog")
            async for message in messages:
                serving.heard()
                if isinstance(message, Progress):
                    self._prefill += message.prefill
                    self._decode += message.busy - message.prefill
                    self._on_progress(serving.capabilities.model, message)
                elif isinstance(message, Keeps):
                    self._kept = message.tokens
                else:
                    serving.deliver(message)
                if not serving.running:
                    self._changed.set()
            hung = watchdog.done()
            watchdog.cancel()
        return hung


def _who(spec: EngineSpec) -> tuple[str, str]:
    """Whose failures are counted together: with how much context it was tried does not matter."""
    return spec.model, spec.loader


def _why_not_loaded(answer: NotLoaded | None, ending: str, *, was_lost: bool) -> tuple[str, LoadProblem]:
    if answer is not None:
        return answer.reason, answer.problem
    is_killed = was_lost and ending in _ENDED_BY_OTHERS
    return f"the engine's process ended: {ending}", LoadProblem.KILLED if is_killed else LoadProblem.CRASHED


def _now() -> float:
    """The loop's clock: it stands still while the machine is suspended, as the engine does."""
    return asyncio.get_running_loop().time()
