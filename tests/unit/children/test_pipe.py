"""Messages on the socket between the agent and a child."""

import asyncio
import contextlib
import socket
import threading
from typing import ClassVar

import pytest

from agent.children.pipe import ChildPipe
from agent.children.talking import TalkingProcess
from agent.units import Seconds
from tests.unit.children.held import Held


def test_a_large_message_arrives_whole() -> None:
    ours, theirs = socket.socketpair()
    sender, receiver = ChildPipe[str](ours), ChildPipe[str](theirs)
    message = "x" * 5_000_000
    writer = threading.Thread(target=sender.send, args=(message,))
    writer.start()
    assert receiver.waiting(None)
    assert receiver.receive() == message
    writer.join()
    assert not receiver.waiting(Seconds(0.0))
    sender.close()
    with pytest.raises(EOFError):
        receiver.receive()
    receiver.close()


class Talking(TalkingProcess[str, str]):
    """Told text, and says some."""

    leave_grace: ClassVar[Seconds] = Seconds(0.05)
    killed_grace: ClassVar[Seconds] = Seconds(0.05)


async def test_what_either_end_sends_the_other_hears_in_order_until_the_end() -> None:
    ours, theirs = socket.socketpair()
    child = Talking(Held().process, *await asyncio.open_unix_connection(sock=ours))
    with contextlib.closing(ChildPipe[str](theirs)) as pipe:
        child.send("one")
        child.send("two")
        assert [await asyncio.to_thread(pipe.receive) for _ in range(2)] == ["one", "two"]
        pipe.send("three", "four")
    assert [message async for message in child.messages()] == ["three", "four"]
    await child.end()


async def test_of_one_that_was_killed_no_more_is_heard_even_if_a_driver_holds_it() -> None:
    ours, theirs = socket.socketpair()
    child = Talking(Held().process, *await asyncio.open_unix_connection(sock=ours))
    child.kill()
    async with asyncio.timeout(10):
        assert [message async for message in child.messages()] == []
    await child.end()
    theirs.close()
