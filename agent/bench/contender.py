"""One model on one engine, in the engine's own process as the agent starts it, and the rounds that it runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import pairwise

from agent.bench.cells import Cell
from agent.bench.measured import Answer
from agent.bench.prompts import Wording, find_wording
from agent.clock import boottime
from agent.engine.host import EngineEvent, EngineHost, EngineSpec
from agent.engine.protocol import Capabilities, Finished, GenerationRequest, Progress, Refused
from agent.errors import EngineLostError, StopError
from agent.events import ModelLoadFailed
from agent.prompt import Delta, Message, PromptId, Role, Sampling
from agent.units import Seconds


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why a round came to nothing."""

    why: str


class Contender:
    """Runs rounds while it is `loaded`.

    Args:
        label: Of what runs.
        spec: Which engine, which model.
        load_timeout: As of `EngineHost`.
        step_timeout: Likewise.
        on_tokens: Told how many more have gone through the model, some times a second.
    """

    def __init__(
        self,
        label: str,
        spec: EngineSpec,
        *,
        load_timeout: Seconds,
        step_timeout: Seconds,
        on_tokens: Callable[[int], None],
    ) -> None:
        self.label = label
        self._on_tokens = on_tokens
        self._failure: str | None = None
        self._changed = asyncio.Event()
        self._wording: Wording | None = None
        self._host = EngineHost(
            spec,
            load_timeout=load_timeout,
            step_timeout=step_timeout,
            on_event=self._heard,
            on_progress=self._ran,
        )

    async def pid(self) -> int:
        """The engine's process, once it has loaded the model.

        Raises:
            StopError: The engine was lost, and does not come back.
        """
        while (pid := self._host.pid) is None:
            await self._ready()
        return pid

    @contextlib.asynccontextmanager
    async def loaded(self) -> AsyncIterator[Capabilities]:
        """Loaded until the end of the block.

        Raises:
            StopError: It cannot be loaded, or no prompts can be made for it.
        """
        run = asyncio.create_task(self._host.run(), name=f"engine {self.label}")
        try:
            capabilities = await self._ready()
            self._wording = await find_wording(self._count)
            yield capabilities
        finally:
            run.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await run

    async def run(self, cell: Cell, seed: str) -> tuple[Answer, ...] | NotRun:
        """Send a batch at once, greedy, and see it through.

        Nothing is shared with what ran before: no two prompts begin alike, and what the engine keeps it gives up first.

        Raises:
            StopError: The engine was lost before, and does not come back.
        """
        capabilities, wording = await self._ready(), self._wording
        if wording is None:
            raise ValueError("it is not loaded")
        if cell.context > capabilities.context_length:
            return NotRun(f"it does not fit into a context of {capabilities.context_length:,} tokens")
        if cell.input_tokens < wording.base:
            return NotRun(f"with the model's chat template, a prompt has {wording.base} tokens or more")
        await self._forget()
        slots = asyncio.Semaphore(capabilities.max_batch)
        prompts = [wording.prompt(cell.input_tokens, f"{seed} {index}") for index in range(cell.batch)]
        began = boottime()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._answer(index, prompt, cell, slots, began))
                for index, prompt in enumerate(prompts)
            ]
        outcomes = [task.result() for task in running]
        failures = [outcome for outcome in outcomes if isinstance(outcome, NotRun)]
        return failures[0] if failures else tuple(each for each in outcomes if isinstance(each, Answer))

    def _heard(self, event: EngineEvent) -> None:
        self._failure = event.reason if isinstance(event, ModelLoadFailed) else None
        self._changed.set()

    def _ran(self, _model: str, progress: Progress) -> None:
        if self._wording is not None:  # else it is words that are tried out
            self._on_tokens(sum(work.tokens.prefill + work.tokens.decode for work in progress.work))

    async def _ready(self) -> Capabilities:
        while (capabilities := self._host.capabilities) is None:
            if self._failure is not None:
                raise StopError(f"{self.label} cannot be loaded: {self._failure}")
            self._changed.clear()
            await self._changed.wait()
        return capabilities

    async def _count(self, text: str) -> int:
        try:
            *_, outcome = [
                event async for event in self._host.generate(_request(text, "count", Sampling(max_tokens=1)))
            ]
        except EngineLostError as error:
            raise StopError(f"{self.label} does not answer: {error}") from error
        if not isinstance(outcome, Finished):
            raise StopError(f"{self.label} does not answer: {outcome}")
        return outcome.usage.prompt_tokens

    async def _forget(self) -> None:
        """Have the engine give up what it keeps, and wait until it has: that takes time which no request should pay."""
        self._host.forget()
        while self._host.kept:  # noqa: ASYNC110 - the host says how much it is, not when that changes
            await asyncio.sleep(0.001)

    async def _answer(
        self, index: int, text: str, cell: Cell, slots: asyncio.Semaphore, began: Seconds
    ) -> Answer | NotRun:
        sampling = Sampling(max_tokens=cell.output_tokens, temperature=0.0)
        request = _request(text, f"bench-{index}", sampling, min_tokens=cell.output_tokens)
        waits = slots.locked()
        async with slots:
            if waits:
                self._host.forget()  # what the one before it has left
            arrivals: list[Seconds] = []
            try:
                async for event in self._host.generate(request):
                    match event:
                        case Delta():
                            arrivals.append(boottime())
                        case Refused(message=message):
                            return NotRun(message)
                        case Finished():
                            return _measured(event, arrivals, began)
            except EngineLostError as error:
                return NotRun(str(error))
        raise ValueError("a request ended without an outcome")


def _request(text: str, name: str, sampling: Sampling, min_tokens: int = 0) -> GenerationRequest:
    return GenerationRequest(PromptId(name), (Message(Role.USER, text),), sampling, stream=True, min_tokens=min_tokens)


def _measured(finished: Finished, arrivals: list[Seconds], began: Seconds) -> Answer:
    first = finished.finished_at if finished.first_token_at is None else finished.first_token_at
    return Answer(
        first_token=Seconds(first - began),
        finished=Seconds(finished.finished_at - began),
        prompt_tokens=finished.usage.prompt_tokens,
        completion_tokens=finished.usage.completion_tokens,
        cached_tokens=finished.usage.cached_tokens,
        gaps=tuple(Seconds(later - earlier) for earlier, later in pairwise(arrivals)),
    )
