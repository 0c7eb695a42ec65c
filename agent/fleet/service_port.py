"""The agent, as the updater sees it: `Service` over the real parts."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Final

from agent.accounting import EnergyAccounting
from agent.budget.admission import Room
from agent.counters import Counters
from agent.draining import Draining
from agent.engine.host import EngineHost
from agent.engine.protocol import Finished, GenerationRequest, Refused
from agent.errors import AgentError, EngineLostError, ErrorCode, RetryError
from agent.fleet.values import Canary, CanaryAnswer, Tally
from agent.lanes import Lanes
from agent.presence import Presence
from agent.prompt import Message, PromptId, Role, Sampling
from agent.restarting import Restarting
from agent.units import Seconds

_ALONE_WITHIN: Final = Seconds(30.0)
"""So long a canary waits for what runs to end. What runs for longer slows it down."""

_FEWEST_TOKENS: Final = 32
"""Of a shorter answer the figures tell chance: when its few steps fell, and how long the question was. Eight tokens of
a small model are 20 ms, and one and the same release then had two thirds of its own speed."""

_FAILURES: Final = (ErrorCode.ENGINE_FAILED, ErrorCode.DOES_NOT_FIT)
"""The agent's or the engine's own; the others are their senders', or the site's: its broker, its power, its time."""


class AgentService:
    """Drains, restarts and asks the agent of this process.

    Args:
        draining: The device's draining.
        presence: Knows whether an operator drains the device.
        lanes: Who starts prompts.
        engine: Who answers canaries.
        energy: The joules.
        counters: How prompts went.
        restarting: Ends the process.
        room: The memory that there is for a prompt.
        wake: Has a model loaded that left because it had nothing to do.
    """

    def __init__(  # noqa: PLR0913 - the parts of an agent; only `building` calls it
        self,
        *,
        draining: Draining,
        presence: Presence,
        lanes: Lanes,
        engine: EngineHost,
        energy: EnergyAccounting,
        counters: Counters,
        restarting: Restarting,
        room: Callable[[], Room | None],
        wake: Callable[[], None],
    ) -> None:
        self._draining = draining
        self._presence = presence
        self._lanes = lanes
        self._engine = engine
        self._energy = energy
        self._counters = counters
        self._restarting = restarting
        self._room = room
        self._wake = wake
        self._drains = False
        self._numbers = itertools.count(1)

    @property
    def is_serviced(self) -> bool:
        """As `Service`."""
        return self._presence.is_draining and not self._drains

    @property
    def starved_of(self) -> str | None:
        """As `Service`."""
        return self._lanes.device.starved_of

    async def drain(self) -> None:
        """As `Service`. One that an operator began is left to him.

        Raises:
            RetryError: An operator ended it, or drains the device himself from now on.
        """
        if self.is_serviced:
            await self._lanes.idle()
            return
        self._drains = True
        try:
            await self._draining.set(on=True)
        except RetryError:
            self._drains = False
            raise

    async def go_on(self) -> None:
        """As `Service`."""
        if self._drains:
            self._drains = False
            await self._draining.set(on=False)

    def restart(self, why: str) -> None:
        """As `Service`."""
        self._restarting.ask(why)

    async def serving(self) -> None:
        """As `Service`."""
        self._wake()
        await self._engine.ready()

    async def ask(self, canary: Canary) -> CanaryAnswer:
        """As `Service`: straight to the engine, and alone there, so that its figures can be compared.

        What waits begins first, as far as there is room: canaries in a row do not keep it out.
        """
        self._wake()
        device = self._lanes.device
        while True:
            await self._engine.ready()
            await device.caught_up()
            device.hold()
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_ALONE_WITHIN):
                        await device.idle()
                if self._engine.pid is not None:  # else what ran has ended it: nothing waits here for the next one
                    return await self._answer(canary)
            finally:
                if not self._presence.is_draining:
                    device.release()

    async def _answer(self, canary: Canary) -> CanaryAnswer:
        """Raises `AgentError` when there is no answer."""
        prompt_id = PromptId(f"canary {next(self._numbers)}")  # with a blank: no prompt's
        sampling = Sampling(max_tokens=canary.max_tokens)
        request = GenerationRequest(prompt_id, (Message(Role.USER, canary.prompt),), sampling, room=self._room())
        self._energy.begin(prompt_id)
        try:
            async with contextlib.aclosing(self._engine.generate(request)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        return self._measured(event)
                    if isinstance(event, Refused):
                        raise AgentError(f"{event.code}: {event.message}")
            raise EngineLostError("the engine ended the request without an outcome")
        finally:
            self._energy.end(prompt_id)

    def tally(self) -> Tally:
        """As `Service`."""
        counts = self._counters.counts()
        return Tally(counts.completed, sum(counts.errors.get(code, 0) for code in _FAILURES))

    def _measured(self, finished: Finished) -> CanaryAnswer:
        tokens, first = finished.usage.completion_tokens, finished.first_token_at
        if tokens < _FEWEST_TOKENS:
            return CanaryAnswer(finished.text, None, None)
        decoding = 0.0 if first is None else finished.finished_at - first
        joules = self._energy.end(finished.id).joules
        return CanaryAnswer(
            finished.text,
            tokens_per_second=(tokens - 1) / decoding if decoding > 0 else None,
            joules_per_token=None if joules is None else joules / tokens,
        )
