"""A process that has loaded its model, and the requests that it runs. Belongs to the event loop."""

import asyncio
from collections.abc import AsyncGenerator
from typing import assert_never

from agent.engine.pipe import Admit, Cancel, EngineSpec, Loaded, NotLoaded
from agent.engine.process import EngineProcess
from agent.engine.protocol import Capabilities, Event, Finished, GenerationRequest, Outcome, Refused
from agent.errors import EngineGivenUpError, EngineLostError, EngineWithdrawnError, RetryError
from agent.prompt import Delta, PromptId
from agent.units import Seconds


class Serving:
    """Takes requests until the process is lost.

    Attributes:
        process: The process; `host` owns it.
        spec: What it was started with.
        capabilities: What its model can do.
        served: Whether a request has ended well.

    Args:
        process: Just loaded.
        spec: What it was started with.
        capabilities: What its model can do.
    """

    def __init__(self, process: EngineProcess, spec: EngineSpec, capabilities: Capabilities) -> None:
        self.process = process
        self.spec = spec
        self.capabilities = capabilities
        self.served = False
        self._slots = asyncio.Semaphore(capabilities.max_batch)
        self._events: dict[PromptId, asyncio.Queue[Event | None]] = {}
        """Of each request in the engine; None means that the engine is lost."""
        self._heard_at = _now()
        self._is_lost = self._is_withdrawn = self._is_given_up = False

    @property
    def running(self) -> int:
        """How many requests the engine has."""
        return len(self._events)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        """As `EngineHost.generate`."""
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        async with self._slots:
            self._admit(request, events)
            try:
                while isinstance(event := await events.get(), Delta):
                    yield event
            finally:
                if request.id in self._events:
                    self.process.send(Cancel(request.id))
                    while isinstance(await events.get(), Delta):
                        pass
        if event is None:
            raise self._loss()
        yield event

    def cancel(self, request_id: PromptId) -> None:
        """End a request. An unknown id is ignored."""
        if request_id in self._events:
            self.process.send(Cancel(request_id))

    def heard(self) -> None:
        """The process has said something."""
        self._heard_at = _now()

    def deliver(self, message: Loaded | NotLoaded | Event) -> None:
        """Give an event to whom it belongs."""
        match message:
            case Delta():
                if message.id in self._events:
                    self._events[message.id].put_nowait(message)
            case Finished() | Refused():
                self.served = True
                if message.id in self._events:
                    self._events.pop(message.id).put_nowait(message)
            case Loaded() | NotLoaded():
                pass
            case _:
                assert_never(message)

    def withdraw(self) -> None:
        """The process is about to be ended on purpose: what it still runs is not to blame."""
        self._is_withdrawn = True

    def give_up(self) -> None:
        """The process is about to be killed for its memory: what it runs may be to blame."""
        self._is_given_up = True

    def lose(self) -> None:
        """The process is gone: let every request know, and take no more."""
        self._is_lost = True
        for events in self._events.values():
            events.put_nowait(None)
        self._events.clear()

    def _loss(self) -> RetryError:
        if self._is_given_up:
            return EngineGivenUpError("memory was nearly used up")
        if self._is_withdrawn:
            return EngineWithdrawnError("the engine is needed for something else")
        return EngineLostError("the engine's process ended")

    async def kill_when_hung(self, step_timeout: Seconds) -> None:
        """Watch it; return once it has been killed."""
        while True:
            silent = _now() - self._heard_at if self._events else 0.0
            if silent >= step_timeout:
                self.process.kill()
                return
            await asyncio.sleep(step_timeout - silent)

    def _admit(self, request: GenerationRequest, events: asyncio.Queue[Event | None]) -> None:
        if self._is_lost:
            raise self._loss()
        if request.id in self._events:
            raise ValueError(f"{request.id} runs already")
        if not self._events:
            self.heard()  # it had nothing to say before
        self._events[request.id] = events
        self.process.send(Admit(request))


def _now() -> float:
    """The loop's clock: it stands still while the machine is suspended, as the engine does."""
    return asyncio.get_running_loop().time()
