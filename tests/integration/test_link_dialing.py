"""A stop while the link is connecting, which takes a thread."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from agent.config import Broker
from agent.link.client import CONNECT_TIMEOUT_S, BrokerClient
from agent.link.dialing import dial
from agent.prompt import OutMessage
from tests.integration.links import DEADLINE_S, make_link, running, settings, within


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Takes connections, and says nothing; the threads that have connected to it are gone at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening
    for thread in threading.enumerate():
        if thread.name == "dial":
            thread.join(DEADLINE_S)


def _settings(server: socket.socket, **more: object) -> Broker:
    return settings(server.getsockname()[1], **more)


class LateClient(BrokerClient):
    """Looks the broker's name up as long as it must, and comes back from connecting when it may."""

    def __init__(self) -> None:
        super().__init__("dev", will=OutMessage("will", b""), max_payload=1, deliver=lambda _: None)
        self.may_begin = threading.Event()
        self.may_begin.set()
        self.may_return = threading.Event()

    def dial(self, broker: Broker) -> None:
        assert self.may_begin.wait(DEADLINE_S)
        super().dial(broker)
        assert self.may_return.wait(DEADLINE_S)


def test_a_stop_does_not_wait_for_a_broker_that_does_not_answer(server: socket.socket) -> None:
    async def stop_in_the_handshake() -> socket.socket:
        loop = asyncio.get_running_loop()
        async with running(make_link(_settings(server, tls={})).run):
            connection, _ = await within(loop.sock_accept(server))
            assert await within(loop.sock_recv(connection, 1))
        return connection

    started = time.monotonic()
    with contextlib.closing(asyncio.run(stop_in_the_handshake())):
        assert time.monotonic() - started < CONNECT_TIMEOUT_S / 2


async def test_a_connection_that_is_made_after_the_stop_is_closed(server: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    client = LateClient()
    dialling = asyncio.create_task(dial(client, _settings(server)))
    connection, _ = await within(loop.sock_accept(server))
    with contextlib.closing(connection):
        assert await within(loop.sock_recv(connection, 10_000)), "CONNECT"
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        client.may_return.set()
        assert await within(loop.sock_recv(connection, 1)) == b""


async def test_name_servers_that_do_not_answer_are_not_waited_for(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When one answers at last, the broker hears nothing: the session may be that of another connection by then."""
    monkeypatch.setattr("agent.link.dialing._LONGEST", 0.1)
    loop = asyncio.get_running_loop()
    client = LateClient()
    client.may_begin.clear()
    with pytest.raises(OSError, match="name servers"):
        await within(dial(client, _settings(server)))
    client.may_begin.set()
    connection, _ = await within(loop.sock_accept(server))
    with contextlib.closing(connection):
        assert await within(loop.sock_recv(connection, 1)) == b"", "it is closed without a CONNECT"
