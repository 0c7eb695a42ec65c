"""Which model is wanted: the configured one, an operator's, or the smaller one that the power is enough for.

It only says so; the memory governor loads what there is room for, and comes back to what is wanted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agent.budget.memory import DoesNotFit
from agent.candidates import Candidate, find_candidate
from agent.config import Config
from agent.engine.host import EngineEvent
from agent.errors import ConfigError, ErrorCode, RejectedError, RetryError
from agent.events import ModelLoaded, ModelLoadFailed
from agent.memory_governor import MemoryGovernor


@dataclass(frozen=True, slots=True)
class _Order:
    """An operator's; `before` is wanted again where it fails."""

    loaded: asyncio.Future[None]
    before: Candidate


class ModelChoice:
    """Tells the memory governor, and the power governor through `on_wanted`.

    Args:
        config: Where models are.
        models: The configured model, and its fallback where there is one.
        memory: Who loads.
        on_wanted: Told which model an operator wants, and which smaller one there is.
    """

    def __init__(
        self,
        config: Config,
        models: tuple[Candidate, ...],
        memory: MemoryGovernor,
        *,
        on_wanted: Callable[[str, str | None], None],
    ) -> None:
        self._config = config
        self._wanted = models[0]
        self._fallback = models[1] if len(models) > 1 else None
        self._memory = memory
        self._on_wanted = on_wanted
        self._is_frugal = False
        self._loaded: str | None = None
        self._order: _Order | None = None

    def use(self, model: str) -> None:
        """Power is enough for this one: the wanted one, or its fallback."""
        self._is_frugal = model != self._wanted.model
        self._prefer()

    async def load(self, model: str) -> str:
        """Want another model, and return once it is loaded. One that does not load leaves the former one wanted.

        Returns:
            What there is to say, for a person.

        Raises:
            RejectedError: It is not there, does not fit, or there is no power for it.
            RetryError: It did not load, or another order came before it had.
        """
        try:
            candidate = await asyncio.to_thread(find_candidate, model, self._config)
        except ConfigError as error:
            raise RejectedError(ErrorCode.MODEL_NOT_FOUND, str(error)) from error
        if self._is_frugal and self._fallback is not None:
            raise RejectedError(ErrorCode.OVER_BUDGET, f"the power is enough for {self._fallback.model} only")
        if isinstance(verdict := self._memory.judge(candidate), DoesNotFit):
            raise RejectedError(ErrorCode.DOES_NOT_FIT, str(verdict))
        self._end_order(f"an order to load {model} came before it was loaded")
        before = self._wanted
        self._want(candidate)
        if self._loaded != model:
            self._order = _Order(asyncio.get_running_loop().create_future(), before)
            await self._order.loaded
        return f"{model} is loaded"

    def engine_event(self, event: EngineEvent) -> None:
        """Hear what the host tells, after the memory governor has."""
        self._loaded = event.model if isinstance(event, ModelLoaded) else None
        order = self._order
        if order is None or not isinstance(event, ModelLoaded | ModelLoadFailed):
            return
        if event.model == self._wanted.model:
            why = event.reason if isinstance(event, ModelLoadFailed) else None
        elif self._fallback is not None and event.model == self._fallback.model:
            why = f"there was no room for it any more: {event.model} was loaded"
        else:
            return  # of the model before
        self._end_order(why)
        if why is not None:
            self._want(order.before)

    def _end_order(self, why: str | None) -> None:
        """The order is carried out, or (with a reason) is not."""
        order, self._order = self._order, None
        if order is None or order.loaded.done():  # its command was cancelled: the agent stops
            return
        if why is None:
            order.loaded.set_result(None)
        else:
            order.loaded.set_exception(RetryError(why))

    def _want(self, candidate: Candidate) -> None:
        self._wanted, self._is_frugal = candidate, False  # the power governor finds out anew
        smaller = None if self._fallback is None or self._fallback == candidate else self._fallback.model
        self._on_wanted(candidate.model, smaller)
        self._prefer()

    def _prefer(self) -> None:
        if self._fallback is None:
            self._memory.prefer((self._wanted,))
        elif self._is_frugal or self._fallback == self._wanted:
            self._memory.prefer((self._fallback,))
        else:
            self._memory.prefer((self._wanted, self._fallback))
