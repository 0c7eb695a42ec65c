"""The agent's side of the engine: keeps one engine process alive and runs requests on it.

Owns the engine process, by way of `life`. Invariant: every request ends with its outcome or with `EngineLostError`,
whatever the process does: dies, hangs, is stopped, or is held by a driver.
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
from agent.engine.life import EngineEvent, Life, Listeners, Patience
from agent.engine.pipe import EngineSpec, Forget, Pace
from agent.engine.protocol import Capabilities, GenerationRequest, Outcome, Progress
from agent.engine.serving import Serving
from agent.engine.wanted import Wanted
from agent.errors import EngineLostError
from agent.prompt import Delta, Place, PromptId
from agent.units import Ratio, Seconds

__all__ = ["EngineEvent", "EngineHost", "EngineSpec"]

_LEAVE_GRACE = Seconds(10.0)


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
        self._wanted = Wanted(spec)
        self._patience = Patience(load_timeout, step_timeout, leave_grace)
        self._listeners = Listeners(self._begin, self._ran, on_event)
        self._on_progress = on_progress
        self._life: Life | None = None
        self._loaded = asyncio.Event()
        self._duty = Ratio(1.0)
        self._prefill = self._decode = 0.0

    @property
    def model(self) -> str:
        """The name of the model that is loaded, or will be."""
        return self._wanted.spec.model

    @property
    def is_wanted(self) -> bool:
        """Whether a model is loaded, is being loaded, or will be: `unload` was not the last word."""
        return self._wanted.is_any

    @property
    def capabilities(self) -> Capabilities | None:
        """What the loaded model can do; None while none is loaded, and while it only ends what runs."""
        serving = self._serving
        return serving.capabilities if serving is not None and self._wanted.still(serving.spec) else None

    @property
    def is_loading(self) -> bool:
        """Whether a model is wanted that is not there yet: it loads, or waits for another one to leave."""
        return self._wanted.is_any and self.capabilities is None

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
        return 0 if self._life is None else self._life.kept

    @property
    def busy(self) -> tuple[Seconds, Seconds]:
        """Time spent in steps since the start, of prefill and of decode; it never becomes less."""
        return Seconds(self._prefill), Seconds(self._decode)

    async def ready(self) -> Capabilities:
        """Wait until a model is loaded."""
        while (serving := self._serving) is None:
            self._loaded.clear()
            await self._loaded.wait()
        return serving.capabilities

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        """Run a request; its deltas in order, then its one outcome.

        Closing the generator early cancels the request, and waits until the engine has let go of it.

        Raises:
            EngineLostError: The engine's process ended before the request did, or none is there.
            EngineGivenUpError: It was ended by `unload`, at once.
            EngineWithdrawnError: It was ended by `switch_to` or `unload`, in order.
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
        spec = self._wanted.spec
        if engine is not None:
            spec = replace(spec, engine=engine.name, loader=engine.loader)
        self._wanted.now(
            replace(
                spec,
                model=model,
                model_dir=model_dir,
                context_length=context_length,
                max_batch=max_batch,
                search=search,
                cache_tokens=cache_tokens,
                prompt_chunk=prompt_chunk,
            )
        )

    def unload(self, reason: str, *, at_once: bool = False) -> None:
        """From now on run none. First what runs ends, or its grace does; `at_once` waits for neither, nor for a load.

        In order, what has not ended by then had no part in it (`EngineWithdrawnError`). At once is for memory that is
        nearly used up: what runs may be what used it (`EngineGivenUpError`).

        Args:
            reason: For the operator.
            at_once: Do not wait.
        """
        self._wanted.none(reason)
        if at_once and self._life is not None:
            self._life.cut_short()

    async def run(self) -> None:
        """Keep an engine process alive while a model is wanted, until cancelled; then end it."""
        failures: Counter[tuple[str, str]] = Counter()
        while True:
            while not self._wanted.is_any:
                failures.clear()
                await self._wanted.change()
            spec = self._wanted.spec
            self._life = Life(spec, self._wanted, self._patience, self._listeners)
            if await self._life.run():
                failures.clear()
            failures[_who(spec)] += 1
            # Another engine's turn comes at once. When all have failed as often, a new round begins, after a wait.
            ended, following = failures[_who(spec)], failures[_who(self._wanted.spec)]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_before_restart(following) if following >= ended else 0):
                    await self._wanted.change()

    @property
    def _serving(self) -> Serving | None:
        return None if self._life is None else self._life.serving

    def _begin(self, serving: Serving) -> None:
        serving.process.send(Pace(self._duty))
        self._loaded.set()

    def _ran(self, model: str, progress: Progress) -> None:
        self._prefill += progress.prefill
        self._decode += progress.busy - progress.prefill
        self._on_progress(model, progress)


def _who(spec: EngineSpec) -> tuple[str, str]:
    """Whose failures are counted together: with how much context it was tried does not matter."""
    return spec.model, spec.loader
