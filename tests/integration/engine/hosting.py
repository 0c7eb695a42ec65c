"""A host that runs for the length of a test, and what it said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from agent.engine.host import EngineEvent, EngineHost, EngineSpec
from agent.engine.protocol import Finished, GenerationRequest, Outcome
from agent.prompt import Delta, Message, PromptId, Role, Sampling
from agent.units import Seconds
from tests.integration.engine.scripted import HERE

PATIENCE = 20.0
"""Seconds that a test waits for what it knows will come."""


class Hosting:
    """A running `EngineHost`; `events` is what it told."""

    def __init__(
        self, spec: EngineSpec, step_timeout: float, load_timeout: float, leave_grace: float = PATIENCE
    ) -> None:
        self.events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self.host = EngineHost(
            spec,
            load_timeout=Seconds(load_timeout),
            step_timeout=Seconds(step_timeout),
            leave_grace=Seconds(leave_grace),
            on_event=self.events.put_nowait,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the host until the end of the block."""
        run = asyncio.create_task(self.host.run(), name="engine")
        try:
            async with asyncio.timeout(2 * PATIENCE):
                yield
        finally:
            run.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await run

    async def event(self) -> EngineEvent:
        """The next thing that it tells."""
        return await asyncio.wait_for(self.events.get(), PATIENCE)

    async def outcome(self, request: GenerationRequest) -> Outcome:
        """Run a request to its end."""
        *_, last = [event async for event in self.host.generate(request)]
        assert not isinstance(last, Delta)
        return last

    async def answer(self, text: str, name: str = "a") -> str:
        """What the engine answers to a prompt."""
        finished = await self.outcome(request(text, name))
        assert isinstance(finished, Finished)
        return finished.text


@contextlib.asynccontextmanager
async def hosting(
    folder: Path,
    loader: str = "load",
    *,
    step_timeout: float = PATIENCE,
    load_timeout: float = PATIENCE,
    leave_grace: float = PATIENCE,
) -> AsyncIterator[Hosting]:
    """A host of a scripted engine."""
    spec = EngineSpec("scripted", folder, loader if ":" in loader else f"{HERE}:{loader}", engine="a name")
    hosted = Hosting(spec, step_timeout, load_timeout, leave_grace)
    async with hosted.running():
        yield hosted


def request(
    text: str,
    name: str = "a",
    *,
    stream: bool = True,
    sampling: Sampling | None = None,
    deadline: Seconds | None = None,
) -> GenerationRequest:
    """A request whose prompt is `text`."""
    return GenerationRequest(
        PromptId(name), (Message(Role.USER, text),), sampling or Sampling(), stream=stream, deadline=deadline
    )


def engine_processes() -> list[psutil.Process]:
    """Those of this process; other tests may have left other children, as a fork server."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "agent.engine.child" in child.cmdline():
                found.append(child)
    return found


def engine_process() -> psutil.Process:
    """The one engine process of this one."""
    (process,) = engine_processes()
    return process
