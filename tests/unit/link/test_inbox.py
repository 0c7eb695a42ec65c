"""What has arrived and nobody has taken yet."""

import asyncio

from agent.clock import Clock
from agent.link.inbox import MAX_HELD, MAX_HELD_BYTES, Inbox
from agent.link.packet import PublishPacket
from agent.units import Seconds, UnixSeconds

CLOCK = Clock("boot", now=lambda: Seconds(7.0), wall=lambda: UnixSeconds(1_790_000_000.0))


def _packet(payload: bytes = b"hi") -> PublishPacket:
    return PublishPacket("t", payload, len(payload), 1, 5, redelivered=True, correlation=b"c")


async def test_all_is_taken_at_once_in_order_with_the_time_of_arrival() -> None:
    inbox = Inbox(CLOCK)
    inbox.put(_packet(b"one"), connection=3)
    inbox.put(_packet(b"two"), connection=3)
    one, two = await inbox.take()
    assert (one.payload, two.payload) == (b"one", b"two")
    assert (one.packet_id, one.connection, one.correlation, one.redelivered) == (5, 3, b"c", True)
    assert (one.received, one.received_wall) == (7.0, 1_790_000_000.0)
    assert (len(inbox), inbox.payload_bytes) == (0, 0)


async def test_take_waits_for_something() -> None:
    inbox = Inbox(CLOCK)
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    inbox.put(_packet(), connection=1)
    assert len(await taking) == 1


async def test_a_take_that_was_given_up_loses_nothing() -> None:
    inbox = Inbox(CLOCK)
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.put(_packet(), connection=1)
    taking.cancel()
    await asyncio.wait({taking})
    assert taking.cancelled()
    assert len(await inbox.take()) == 1


async def test_full_by_number_while_there_is_room_for_what_is_read_already() -> None:
    inbox = Inbox(CLOCK)
    while not inbox.is_full:
        inbox.put(_packet(), connection=1)
    assert 0 < len(inbox) <= MAX_HELD - 32


async def test_full_by_size() -> None:
    inbox = Inbox(CLOCK)
    inbox.put(_packet(b"x" * (MAX_HELD_BYTES - 1)), connection=1)
    assert not inbox.is_full
    inbox.put(_packet(b"x"), connection=1)
    assert inbox.is_full


async def test_room_comes_with_taking() -> None:
    inbox = Inbox(CLOCK)
    await inbox.room()
    inbox.put(_packet(b"x" * MAX_HELD_BYTES), connection=1)
    waiting = asyncio.create_task(inbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await inbox.take()
    await waiting
