"""A host whose process a driver holds: killed, it does not end, and its socket stays open."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from agent.children.pipe import ChildPipe
from agent.engine.host import EngineEvent, EngineHost
from agent.engine.pipe import EngineSpec, Loaded, ToAgent
from agent.engine.process import EngineProcess
from agent.engine.protocol import Capabilities, GenerationRequest
from agent.errors import EngineLostError
from agent.events import EngineLost, ModelLoaded
from agent.prompt import Message, PromptId, Role, Sampling
from agent.units import Seconds
from tests.unit.children.held import Held

PATIENCE = 10.0


class ShortlyAwaited(EngineProcess):
    """Has little time to end."""

    killed_grace: ClassVar[Seconds] = Seconds(0.05)


@dataclass
class Driver:
    """Holds each process, which has loaded at once and says no more."""

    held: list[Held] = field(default_factory=list)
    started: asyncio.Queue[EngineSpec] = field(default_factory=asyncio.Queue)
    ends: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    async def start(self, spec: EngineSpec) -> EngineProcess:
        """In the place of `EngineProcess.start`."""
        ours, theirs = socket.socketpair()
        pipe = self.ends.enter_context(contextlib.closing(ChildPipe[ToAgent](theirs)))
        pipe.send(Loaded(Capabilities(spec.model, 100, 1, guidance=False)))
        self.held.append(Held())
        self.started.put_nowait(spec)
        return ShortlyAwaited(self.held[-1].process, *await asyncio.open_unix_connection(sock=ours))


@dataclass
class Hosting:
    """A running host and what it told."""

    driver: Driver
    host: EngineHost
    events: "asyncio.Queue[EngineEvent]"
    run: "asyncio.Task[None]"


@pytest.fixture
async def hosting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Hosting]:
    driver, events = Driver(), asyncio.Queue[EngineEvent]()
    monkeypatch.setattr(EngineProcess, "start", driver.start)
    host = EngineHost(
        EngineSpec("m", tmp_path, "no:loader"),
        load_timeout=Seconds(PATIENCE),
        step_timeout=Seconds(0.05),
        on_event=events.put_nowait,
    )
    run = asyncio.create_task(host.run())
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await events.get(), ModelLoaded)
        await driver.started.get()
        request = GenerationRequest(PromptId("a"), (Message(Role.USER, "?"),), Sampling())
        with pytest.raises(EngineLostError):  # however long the process stays
            await anext(host.generate(request))
        assert await events.get() == EngineLost("no progress for 0.05 s")
    yield Hosting(driver, host, events, run)
    run.cancel()
    await asyncio.wait({run})
    driver.ends.close()


async def test_there_is_no_second_process_on_the_accelerator(hosting: Hosting) -> None:
    assert hosting.host.capabilities is None
    with pytest.raises(TimeoutError):  # there would be no wait before the first restart
        await asyncio.wait_for(hosting.driver.started.get(), 0.3)
    hosting.driver.held[0].let_go(-9)
    async with asyncio.timeout(PATIENCE):
        await hosting.driver.started.get()
        assert isinstance(await hosting.events.get(), ModelLoaded)


async def test_a_stop_does_not_wait(hosting: Hosting) -> None:
    hosting.run.cancel()
    done, _ = await asyncio.wait({hosting.run}, timeout=PATIENCE)
    assert done


async def test_another_model_waits_too_and_is_loaded_then(hosting: Hosting, tmp_path: Path) -> None:
    hosting.host.switch_to("other", tmp_path)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hosting.driver.started.get(), 0.3)
    hosting.driver.held[0].let_go(-9)
    async with asyncio.timeout(PATIENCE):
        assert (await hosting.driver.started.get()).model == "other"
