"""What the engine's process says is what the agent hears."""

import asyncio
import contextlib
import socket

from agent.engine.pipe import EnginePipe, Keeps, Loaded, NotLoaded, ToAgent
from agent.engine.process import EngineProcess
from agent.engine.protocol import Capabilities, Finished, Progress, Refused, Tokens, Work
from agent.errors import ErrorCode
from agent.prompt import Delta, FinishReason, PromptId, Usage
from agent.units import Seconds
from tests.unit.children.held import Held

A = PromptId("a")
MESSAGES: tuple[ToAgent, ...] = (
    NotLoaded("no memory"),
    Loaded(Capabilities("m", 100, 1, guidance=False)),
    Delta(A, 0, "Grüße, "),
    Keeps(7),
    Delta(A, 1, "world"),
    Progress(Seconds(1), Seconds(2), Seconds(1), Seconds(0), (Work(A, Tokens(decode=2), Seconds(1)),)),
    Finished(A, FinishReason.STOP, "Grüße, world", Usage(3, 2), Seconds(1), Seconds(2)),
    Refused(A, ErrorCode.TOO_LARGE, "too many"),
)


async def test_every_kind_of_message_arrives_as_it_was_said() -> None:
    ours, theirs = socket.socketpair()
    process = EngineProcess(Held().process, *await asyncio.open_unix_connection(sock=ours))
    with contextlib.closing(EnginePipe(theirs)) as pipe:
        pipe.send(*MESSAGES)
    assert tuple([message async for message in process.messages()]) == MESSAGES
    process.kill()


def test_a_delta_does_not_name_its_class() -> None:
    """Each token has one, and pickling looks a class up by its name each time."""
    ours, theirs = socket.socketpair()
    with ours, contextlib.closing(EnginePipe(theirs)) as pipe:
        pipe.send(Delta(A, 0, "text"))
        said = ours.recv(1000)
    assert b"text" in said
    assert b"Delta" not in said
