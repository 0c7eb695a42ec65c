"""Which model is wanted: the configured one, an operator's, or the smaller one that the power is enough for.

It only says so; the memory governor loads what there is room for, and comes back to what is wanted.
"""

import asyncio
from collections.abc import Callable

from agent.budget.memory import DoesNotFit
from agent.budget.pressure import Level
from agent.candidates import Candidate, find_candidate
from agent.config import Config
from agent.engine.host import EngineEvent
from agent.engine.preference import is_lasting
from agent.engine_choice import EngineChoice
from agent.errors import ConfigError, ErrorCode, RejectedError, RetryError
from agent.events import ModelLoaded, ModelLoadFailed, ModelUnloaded
from agent.memory_governor import MemoryGovernor


class ModelChoice:
    """Tells the memory governor, and the power governor through `on_wanted`.

    Args:
        config: Where models are.
        models: The configured model, and its fallback where there is one.
        memory: Who loads.
        engines: Who knows which engines have been tried.
        on_wanted: Told which model an operator wants, and which smaller one there is.
    """

    def __init__(
        self,
        config: Config,
        models: tuple[Candidate, ...],
        memory: MemoryGovernor,
        *,
        engines: EngineChoice,
        on_wanted: Callable[[str, str | None], None],
    ) -> None:
        self._config = config
        self._wanted = self._proven = models[0]
        self._fallback = models[1] if len(models) > 1 else None
        self._memory = memory
        self._engines = engines
        self._on_wanted = on_wanted
        self._is_frugal = False
        self._does_fallback_load = True
        self._loaded: str | None = None
        self._order: asyncio.Future[None] | None = None

    def use(self, model: str) -> None:
        """Power is enough for this one: the wanted one, or its fallback."""
        self._is_frugal = model != self._wanted.model
        if self._is_frugal and self._order is not None:
            self._fail_order(f"the power is enough for {model} only")
        else:
            self._prefer()

    def lacks_room(self, why: str) -> None:
        """The wanted model has no room, and has had none for a while."""
        if self._order is not None:
            self._fail_order(f"there was no room for it any more: {why}")

    async def load(self, model: str) -> str:
        """Want another model, and return once it is loaded.

        Where it does not load, the last one that did is wanted again, at the beginning the configured one.

        Returns:
            What there is to say, for a person.

        Raises:
            RejectedError: It is not there, does not fit, there is no power for it, or prompts that name it leave the
                device.
            RetryError: It did not load, or another order came before it had.
        """
        if model in self._config.upstreams:
            why = f"{model} is a model upstream by the configuration: prompts that name it leave the device"
            raise RejectedError(ErrorCode.INVALID_REQUEST, why)
        try:
            candidate = await asyncio.to_thread(find_candidate, model, self._config)
        except ConfigError as error:
            raise RejectedError(ErrorCode.MODEL_NOT_FOUND, str(error)) from error
        if self._is_frugal and self._fallback is not None:
            raise RejectedError(ErrorCode.OVER_BUDGET, f"the power is enough for {self._fallback.model} only")
        if isinstance(verdict := self._memory.judge(candidate), DoesNotFit):
            raise RejectedError(ErrorCode.DOES_NOT_FIT, str(verdict))
        self._engines.reconsider(candidate)
        self._does_fallback_load = True
        self._end_order(f"an order to load {model} came before it was loaded")
        if self._loaded == model:
            self._proven = candidate
            self._want(candidate)
        else:
            self._order = order = asyncio.get_running_loop().create_future()
            self._want(candidate)
            await order
        return f"{model} is loaded"

    def engine_event(self, event: EngineEvent) -> None:
        """Hear what the host tells, after the memory governor has."""
        self._loaded = event.model if isinstance(event, ModelLoaded) else None
        if isinstance(event, ModelLoaded) and event.model == self._wanted.model:
            self._proven = self._wanted
            self._end_order(None)
        elif self._order is not None:
            self._hear_of_order(event)
        elif isinstance(event, ModelLoadFailed) and self._is_frugal:
            self._hear_of_fallback(event)

    def _hear_of_fallback(self, failure: ModelLoadFailed) -> None:
        """One that none of its engines loads is not waited for: without it, too little power stops what there is.

        It gets another chance when an operator orders a model, or at the next start.
        """
        is_calm = self._memory.state.level is Level.CALM
        stays_so = is_lasting(failure.problem, failure.reason, memory_is_calm=is_calm)
        if failure.model != self._wanted.model and stays_so and not self._engines.tries_on(failure.model):
            self._does_fallback_load = False
            self._want(self._wanted)

    def _hear_of_order(self, event: EngineEvent) -> None:
        """Whether what is told means that the ordered model will not be loaded."""
        match event:
            case ModelLoaded(model) if self._fallback is not None and model == self._fallback.model:
                self._fail_order(f"there was no room for it any more: {model} was loaded")
            case ModelLoadFailed(model=model, reason=reason) if model == self._wanted.model:
                if not self._engines.tries_on(model):
                    self._fail_order(reason)
            case ModelUnloaded(model, reason) if model == self._wanted.model:
                self._fail_order(f"it was unloaded while it loaded: {reason}")
            case _:
                pass  # of the model before

    def _fail_order(self, why: str) -> None:
        self._end_order(why)
        self._want(self._proven)

    def _end_order(self, why: str | None) -> None:
        """The order is carried out, or (with a reason) is not."""
        order, self._order = self._order, None
        if order is None or order.done():  # its command was cancelled: the agent stops
            return
        if why is None:
            order.set_result(None)
        else:
            order.set_exception(RetryError(why))

    def _want(self, candidate: Candidate) -> None:
        self._wanted, self._is_frugal = candidate, False  # the power governor finds out anew
        smaller = self._smaller
        self._on_wanted(candidate.model, None if smaller is None else smaller.model)
        self._prefer()

    @property
    def _smaller(self) -> Candidate | None:
        """What there is below the wanted model."""
        return None if self._fallback == self._wanted or not self._does_fallback_load else self._fallback

    def _prefer(self) -> None:
        smaller = self._smaller
        if smaller is None:
            self._memory.prefer((self._wanted,))
        elif self._is_frugal:
            self._memory.prefer((smaller,))
        else:
            self._memory.prefer((self._wanted, smaller))
