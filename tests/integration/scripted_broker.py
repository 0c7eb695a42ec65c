"""A broker that answers as a test wants: for what a real one does rarely."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT = 0x10, 0x30, 0x80, 0xA0, 0xE0
Answer = Callable[[int, bytes], bytes]
"""From the type and body of a packet to the bytes to answer with."""


def connack(reason: int = 0, properties: bytes = b"") -> bytes:
    """Accepts, or refuses with a reason code."""
    body = bytes([0, reason, len(properties)]) + properties
    return bytes([0x20, len(body)]) + body


def suback(subscribe_body: bytes, *reasons: int) -> bytes:
    """For a SUBSCRIBE to so many topic filters."""
    return bytes([0x90, 3 + len(reasons)]) + subscribe_body[:2] + bytes([0, *reasons])


def puback(publish_body: bytes, reason: int = 0) -> bytes:
    """For a PUBLISH at QoS 1."""
    topic_length = int.from_bytes(publish_body[:2], "big")
    packet_id = publish_body[2 + topic_length : 4 + topic_length]
    return bytes([0x40, 4]) + packet_id + bytes([reason, 0])


def disconnect(reason: int) -> bytes:
    """Ends the connection."""
    return bytes([0xE0, 1, reason])


def polite(kind: int, body: bytes) -> bytes:
    """What any broker answers."""
    match kind:
        case 0x10:
            return connack()
        case 0x80:
            return suback(body, 1)
        case 0x30:
            return puback(body)
        case _:
            return b""


@contextlib.asynccontextmanager
async def scripted_broker(answer: Answer) -> AsyncIterator[int]:
    """Serve every connection with the same answers; gives the port. At the end no connection is left."""
    loop = asyncio.get_running_loop()
    sessions: list[asyncio.Task[None]] = []
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening.settimeout(0)

        def accept() -> None:
            connection, _ = listening.accept()
            connection.settimeout(0)
            sessions.append(loop.create_task(_session(sockets.enter_context(connection), answer)))

        loop.add_reader(listening, accept)
        try:
            yield listening.getsockname()[1]
        finally:
            loop.remove_reader(listening)
            for session in sessions:
                session.cancel()
            await asyncio.gather(*sessions, return_exceptions=True)


async def _session(connection: socket.socket, answer: Answer) -> None:
    with contextlib.suppress(EOFError, ConnectionError), connection:
        while True:
            kind, body = await _packet(connection)
            await asyncio.get_running_loop().sock_sendall(connection, answer(kind & 0xF0, body))


async def _packet(connection: socket.socket) -> tuple[int, bytes]:
    (kind,) = await _exactly(connection, 1)
    length = shift = 0
    while True:
        (byte,) = await _exactly(connection, 1)
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind, await _exactly(connection, length)


async def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        if not (more := await asyncio.get_running_loop().sock_recv(connection, size - len(received))):
            raise EOFError
        received += more
    return received
