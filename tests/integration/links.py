"""Links under test."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from agent.clock import Clock
from agent.config import Broker
from agent.link import Incoming, Link
from agent.prompt import OutMessage

TOPIC = "edge/dev/prompt"
STATUS = "edge/dev/status"
DEADLINE_S = 15.0
_T = TypeVar("_T")


def settings(port: int, **more: Any) -> Broker:  # noqa: ANN401 - the section of the configuration
    """A broker on loopback."""
    return Broker.model_validate({"host": "127.0.0.1", "port": port} | more)


def make_link(
    broker: Broker,
    *,
    client_id: str = "dev",
    subscriptions: tuple[str, ...] = (TOPIC,),
    former: Callable[[], Sequence[str]] = list,
    max_payload: int = 100_000,
) -> Link:
    """A link like the agent's."""
    return Link(
        broker,
        client_id=client_id,
        subscriptions=subscriptions,
        former=former,
        will=OutMessage(STATUS, b"lost", retain=True),
        birth=lambda: OutMessage(STATUS, b"online", retain=True),
        max_payload=max_payload,
        clock=Clock.of_this_machine(),
    )


@contextlib.asynccontextmanager
async def running(*parts: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run these, and cancel them at the end; what one of them raises fails the test."""
    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(part()) for part in parts]
        yield
        for task in started:
            task.cancel()


@contextlib.asynccontextmanager
async def connected(broker: Broker, **more: Any) -> AsyncIterator[Link]:  # noqa: ANN401 - of `make_link`
    """A link that is connected, and keeps itself so."""
    link = make_link(broker, **more)
    async with running(link.run):
        await within(link.connected())
        yield link


async def within(awaited: Awaitable[_T]) -> _T:
    """What it gives, in time."""
    async with asyncio.timeout(DEADLINE_S):
        return await awaited


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def take_and_acknowledge(link: Link, count: int) -> list[Incoming]:
    """At least so many messages, in order, each acknowledged."""
    taken: list[Incoming] = []
    while len(taken) < count:
        batch = await within(link.receive())
        for incoming in batch:
            link.acknowledge(incoming)
        taken += batch
    return taken


async def take(link: Link, count: int) -> list[Incoming]:
    """At least so many messages, in order, none of them acknowledged."""
    taken: list[Incoming] = []
    while len(taken) < count:
        taken += await within(link.receive())
    return taken


async def take_one(link: Link) -> Incoming:
    """Exactly one message."""
    (incoming,) = await take(link, 1)
    return incoming


async def cut(link: Link) -> None:
    """Break its connection as a network does, without a DISCONNECT; returns when it has noticed."""
    connection = link._connection
    assert connection is not None
    sock = connection._client.socket()
    assert isinstance(sock, socket.socket)
    sock.shutdown(socket.SHUT_RDWR)
    await until(lambda: link._connection is not connection)


async def cut_and_connect(link: Link) -> None:
    """Break its connection, and wait for the next one."""
    await cut(link)
    await within(link.connected())
