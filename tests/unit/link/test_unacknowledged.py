"""When a broker has taken too long to acknowledge a message."""

import asyncio

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from agent.link.unacknowledged import Unacknowledged
from agent.units import Seconds

SUCCESS = ReasonCode(PacketTypes.PUBACK)
SMALL = 100


class Sent:
    """Messages on their way, and a clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.messages = Unacknowledged(lambda: Seconds(self.now))

    def send(self, packet_id: int, size: int = SMALL) -> "asyncio.Future[ReasonCode]":
        answer: asyncio.Future[ReasonCode] = asyncio.get_running_loop().create_future()
        self.messages.add(packet_id, size, answer)
        return answer

    def acknowledge(self, packet_id: int) -> None:
        self.messages.acknowledged(packet_id, SUCCESS)

    def overdue_after(self, seconds: float) -> bool:
        self.now += seconds
        return self.messages.overdue() is not None


@pytest.fixture
async def sent() -> Sent:
    return Sent()


async def test_an_answer_is_handed_on(sent: Sent) -> None:
    answer = sent.send(1)
    sent.acknowledge(1)
    assert answer.result() is SUCCESS
    sent.acknowledge(1)


async def test_nothing_is_waited_for_without_a_message(sent: Sent) -> None:
    assert not sent.overdue_after(1000)
    sent.send(1)
    assert not sent.overdue_after(29)
    sent.acknowledge(1)
    assert not sent.overdue_after(1000)


async def test_the_acknowledgements_of_later_messages_do_not_help(sent: Sent) -> None:
    sent.send(1)
    for later in range(2, 31):
        sent.send(later)
        assert not sent.overdue_after(1)
        sent.acknowledge(later)
    assert sent.overdue_after(1.1)


async def test_those_behind_the_oldest_begin_to_wait_when_it_is_their_turn(sent: Sent) -> None:
    """Of a slow network each takes a while, and all of them a long one."""
    for packet_id in range(1, 33):
        sent.send(packet_id)
    for packet_id in range(1, 32):
        assert not sent.overdue_after(25)
        sent.acknowledge(packet_id)
    assert sent.overdue_after(31)


async def test_a_large_message_may_take_longer(sent: Sent) -> None:
    sent.send(1, size=200_000)
    assert not sent.overdue_after(129)
    assert sent.overdue_after(2)


async def test_what_was_not_read_is_not_the_brokers_fault(sent: Sent) -> None:
    sent.send(1)
    assert sent.overdue_after(100)
    sent.messages.heard_again()
    assert not sent.overdue_after(29)
    assert sent.overdue_after(2)
