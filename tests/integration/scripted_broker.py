"""A broker that answers as a test wants: for what a real one does rarely."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from agent.demo.broker import free_port

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE = 0x10, 0x30, 0x80, 0xA0
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
    """Serve every connection with the same answers; gives the port."""
    port = free_port()
    server = await asyncio.start_server(_session(answer), "127.0.0.1", port)
    async with server:
        yield port


def _session(answer: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, body = await _packet(reader)
                writer.write(answer(kind & 0xF0, body))
                await writer.drain()
        writer.close()

    return serve


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    (kind,) = await reader.readexactly(1)
    length = shift = 0
    while True:
        (byte,) = await reader.readexactly(1)
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind, await reader.readexactly(length)
