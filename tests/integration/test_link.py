"""The link on a real broker: what goes through it, and what comes again."""

import asyncio
import contextlib
import gc
import os
import signal
import time
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agent.demo.broker import PrivateBroker
from agent.errors import NotConnectedError
from agent.link import ConnectionEndedError, Incoming, Link, PublishRefusedError
from agent.link.former import former_filters
from agent.link.inbox import MAX_HELD
from agent.prompt import OutMessage
from tests.integration.links import (
    STATUS,
    TOPIC,
    connected,
    cut,
    cut_and_connect,
    make_link,
    running,
    settings,
    take,
    take_and_acknowledge,
    take_one,
    until,
    within,
)
from tests.integration.peer import Peer

MIB = 1024 * 1024


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(tmp_path) as private:
        yield private


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnecting takes no long time."""
    monkeypatch.setattr("agent.link.backoff._FIRST_S", 0.05)


def _identity(incoming: Incoming) -> tuple[bytes, int]:
    return incoming.payload, incoming.packet_id


async def test_a_message_comes_in_with_its_properties(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            peer.publish(
                TOPIC, b"hi", ResponseTopic="my/reply", CorrelationData=b"\x00\xff\x00", MessageExpiryInterval=60
            )
        incoming = await take_one(link)
    assert (incoming.topic, incoming.payload, incoming.size, incoming.qos) == (TOPIC, b"hi", 2, 1)
    assert (incoming.response_topic, incoming.correlation) == ("my/reply", b"\x00\xff\x00")
    assert incoming.expiry_s == pytest.approx(60, abs=2)
    assert not incoming.redelivered


async def test_a_message_goes_out_with_its_properties(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port, "out") as peer:
            await link.publish(OutMessage("out", b"\x00payload", correlation=b"\x00\xff\x00"))
            link.publish_lossy(OutMessage("out", b"delta"))
            first, second = await peer.heard(), await peer.heard()
    assert (first.payload, first.properties.CorrelationData) == (b"\x00payload", b"\x00\xff\x00")  # type: ignore[union-attr]  # a property that came
    assert (first.qos, second.payload, second.qos) == (1, b"delta", 0)


async def test_messages_come_in_order(broker: PrivateBroker) -> None:
    sent = [f"{number}".encode() for number in range(300)]
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            publishing = asyncio.create_task(asyncio.to_thread(peer.publish_many, TOPIC, sent, qos=1))
            taken = await take_and_acknowledge(link, len(sent))
            await within(publishing)
    assert [incoming.payload for incoming in taken] == sent


async def test_what_was_not_acknowledged_comes_again_under_the_same_packet_id(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            peer.publish_many(TOPIC, [b"one", b"two", b"three"], qos=1)
        one, two, three = await take(link, 3)
        link.acknowledge(two)
        # The acknowledgement is on its way: a message published after it shows that the broker has read it.
        await link.publish(OutMessage("fence", b""))
        await cut_and_connect(link)
        again = await take(link, 2)
        assert [_identity(it) for it in again] == [_identity(one), _identity(three)]
        assert all(it.redelivered for it in again)


async def test_likewise_after_a_restart_of_the_broker(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            peer.publish_many(TOPIC, [b"one", b"two"], qos=1)
        one, two = await take(link, 2)
        broker.stop()
        broker.start()
        again = await take(link, 2)
    assert [_identity(it) for it in again] == [_identity(one), _identity(two)]
    assert all(it.redelivered for it in again)


async def test_likewise_for_the_next_process(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            peer.publish(TOPIC, b"one")
        one = await take_one(link)
    async with connected(settings(broker.port)) as link:
        again = await take_one(link)
    assert _identity(again) == _identity(one)
    assert again.redelivered


async def test_what_came_while_away_is_there_afterwards(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)):
        pass
    with Peer(broker.port) as peer:
        peer.publish(TOPIC, b"meanwhile")
    async with connected(settings(broker.port)) as link:
        assert (await take_one(link)).payload == b"meanwhile"


async def test_a_message_of_an_earlier_connection_is_not_acknowledged_on_this_one(broker: PrivateBroker) -> None:
    """Its packet id may be another message's here."""
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            peer.publish(TOPIC, b"one")
        earlier = await take_one(link)
        await cut_and_connect(link)
        again = await take_one(link)
        link.acknowledge(earlier)
        await link.publish(OutMessage("fence", b""))
        await cut_and_connect(link)
        assert _identity(await take_one(link)) == _identity(again)


async def test_redeliver_brings_again_what_was_not_acknowledged(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port, STATUS) as peer:
            peer.publish(TOPIC, b"one")
            one = await take_one(link)
            link.redeliver()
            assert _identity(await take_one(link)) == _identity(one)
            assert b"lost" not in [it.payload for it in peer.heard_so_far()], "it is no loss of connection"


async def test_a_retained_prompt_does_not_run_at_each_reconnect(broker: PrivateBroker) -> None:
    with Peer(broker.port) as peer:
        peer.publish(TOPIC, b"retained", retain=True)
        async with connected(settings(broker.port)) as link:
            await cut_and_connect(link)
            peer.publish(TOPIC, b"fence")
            assert (await take_one(link)).payload == b"fence"


async def test_an_ended_connection_leaves_nothing_behind(broker: PrivateBroker) -> None:
    """Not even until the garbage collector comes: half a packet may be megabytes."""
    async with connected(settings(broker.port)) as link:
        assert link._connection is not None
        client = weakref.ref(link._connection._client)
        gc.disable()
        try:
            await cut_and_connect(link)
            assert client() is None
        finally:
            gc.enable()


async def test_the_will_is_for_a_lost_connection(broker: PrivateBroker) -> None:
    with Peer(broker.port, STATUS) as peer:
        async with connected(settings(broker.port)) as link:
            assert (await peer.heard()).payload == b"online"
            await cut(link)
            assert (await peer.heard()).payload == b"lost"
            assert (await peer.heard()).payload == b"online"


async def test_a_link_that_was_stopped_before_its_goodbye_leaves_that_to_the_broker(broker: PrivateBroker) -> None:
    with Peer(broker.port, STATUS) as peer:
        async with connected(settings(broker.port)):
            assert (await peer.heard()).payload == b"online"
        assert (await peer.heard()).payload == b"lost"


async def test_after_its_goodbye_nothing_more_is_said_of_it(broker: PrivateBroker) -> None:
    with Peer(broker.port, STATUS) as peer:
        async with connected(settings(broker.port)) as link:
            assert (await peer.heard()).payload == b"online"
            await link.say_goodbye(OutMessage(STATUS, b"stopped", retain=True))
        assert (await peer.heard()).payload == b"stopped"
        peer.publish(STATUS, b"fence")
        assert (await peer.heard()).payload == b"fence"


async def test_publishing_without_a_connection(broker: PrivateBroker) -> None:
    link = make_link(settings(broker.port))
    with pytest.raises(NotConnectedError):
        await link.publish(OutMessage("out", b""))
    link.publish_lossy(OutMessage("out", b""))


async def test_a_publish_ends_with_its_connection(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGSTOP)
        publishing = asyncio.create_task(link.publish(OutMessage("out", b"")))
        await cut(link)
        with pytest.raises(ConnectionEndedError):
            await within(publishing)
        os.kill(broker.pid, signal.SIGCONT)
        await within(link.connected())
        await within(link.publish(OutMessage("out", b"")))


async def test_it_waits_for_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    broker = PrivateBroker(tmp_path)
    link = make_link(settings(broker.port))
    async with running(link.run):
        await until(lambda: link._last_problem is not None)
        assert not link.is_connected
        with broker:
            await within(link.connected())


async def test_many_publishes_at_once(broker: PrivateBroker) -> None:
    """More than the window, so that some wait for others."""
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port, "out") as peer:
            await within(asyncio.gather(*(link.publish(OutMessage("out", f"{n}".encode())) for n in range(500))))
            heard = [(await peer.heard()).payload for _ in range(500)]
    assert heard == [f"{n}".encode() for n in range(500)]


async def test_a_broker_with_nagles_algorithm_does_not_slow_a_conversation(broker: PrivateBroker) -> None:
    """Where ACKs are delayed, each turn takes more than 40 ms: but for the first ones, see TCP_QUICKACK in tcp(7)."""
    times = []
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            peer.send_at_once()
            for _ in range(50):
                start = time.perf_counter()
                peer.publish(TOPIC, b"hi")
                link.acknowledge(await take_one(link))
                await link.publish(OutMessage("out", b""))
                times.append(time.perf_counter() - start)
    assert min(times[25:]) < 0.03, "the machine may be slow, but not at each turn"


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_flood_that_nobody_takes_is_held_by_the_broker(broker: PrivateBroker, qos: int) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            await asyncio.to_thread(peer.publish_many, TOPIC, [b"x" * 1000] * 900, qos=qos)
            # The broker has sent as much as the sockets take: let the loop read all that it would.
            connection = link._connection
            assert connection is not None
            await until(lambda: connection._paused)
            assert len(link._inbox) <= MAX_HELD
            assert len(await take_and_acknowledge(link, 900)) == 900


async def test_large_messages_that_nobody_takes_are_held_by_the_broker(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port), max_payload=MIB) as link:
        with Peer(broker.port) as peer:
            await asyncio.to_thread(peer.publish_many, TOPIC, [b"x" * MIB] * 24, qos=1)
            connection = link._connection
            assert connection is not None
            await until(lambda: connection._paused)
            assert link._inbox.payload_bytes == 8 * MIB
            assert len(await take_and_acknowledge(link, 24)) == 24


async def test_no_new_connection_before_the_last_ones_messages_are_taken(broker: PrivateBroker) -> None:
    """Each connection brings them again: they would pile up.

    A connection that nobody reads is noticed to be broken by its keepalive.
    """
    sent = {f"{number}".encode() for number in range(200)}
    async with connected(settings(broker.port, keepalive="1s")) as link:
        with Peer(broker.port) as peer:
            await asyncio.to_thread(peer.publish_many, TOPIC, list(sent), qos=1)
        await until(lambda: len(link._inbox) >= MAX_HELD / 2)
        await cut(link)
        await until(lambda: link._inbox._taken._waiters)
        held = len(link._inbox)
        assert link._connection is None
        assert len(await within(link.receive())) == held <= MAX_HELD
        again = await take_and_acknowledge(link, 200)
        await within(link.connected())
    assert {it.payload for it in again} == sent


async def test_a_broker_that_does_not_read_does_not_make_memory_grow(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGSTOP)
        for _ in range(5000):
            link.publish_lossy(OutMessage("out", b"x" * 10_000))
        connection = link._connection
        assert connection is not None
        assert len(connection._client._out_packet) <= 256
        os.kill(broker.pid, signal.SIGCONT)
        with Peer(broker.port, "out") as peer:
            await within(link.publish(OutMessage("out", b"still here")))
            while (await peer.heard()).payload != b"still here":
                pass


async def test_a_body_of_ten_megabytes_comes_as_its_size(broker: PrivateBroker) -> None:
    async with connected(settings(broker.port)) as link:
        with Peer(broker.port) as peer:
            await asyncio.to_thread(peer.publish, TOPIC, b"x" * (10 * MIB), ResponseTopic="r")
            incoming = await take_one(link)
            assert (incoming.payload, incoming.size, incoming.response_topic) == (b"", 10 * MIB, "r")
            link.acknowledge(incoming)
            peer.publish(TOPIC, b"small")
            assert (await take_one(link)).payload == b"small"


async def test_a_string_that_paho_does_not_take_ends_nothing(broker: PrivateBroker) -> None:
    """U+FEFF is legal in MQTT; paho's own reader ends the connection over it, at each redelivery again."""
    async with connected(settings(broker.port)) as link:
        connection = link._connection
        with Peer(broker.port) as peer:
            peer.publish(TOPIC, b"hi", UserProperty=("name", "x\ufeffy"), ContentType="\ufeff")
        assert (await take_one(link)).payload == b"hi"
        assert link._connection is connection


@pytest.mark.parametrize("topic", ["a/+", "a\x01b", "", "/".join("a" * 201)])
async def test_a_topic_for_which_a_broker_hangs_up_is_refused_here(broker: PrivateBroker, topic: str) -> None:
    async with connected(settings(broker.port)) as link:
        with pytest.raises(PublishRefusedError, match="the topic is unusable"):
            await link.publish(OutMessage(topic, b""))
        link.publish_lossy(OutMessage(topic, b""))
        connection = link._connection
        await within(link.publish(OutMessage("out", b"")))
        assert link._connection is connection


async def test_two_devices_of_a_pool_share_its_prompts(broker: PrivateBroker) -> None:
    shared = ("$share/pool/edge/pool/prompt",)
    async with (
        connected(settings(broker.port), client_id="a", subscriptions=shared) as one,
        connected(settings(broker.port), client_id="b", subscriptions=shared) as other,
    ):
        with Peer(broker.port) as peer:
            peer.publish_many("edge/pool/prompt", [f"{n}".encode() for n in range(20)], qos=1)
        await until(lambda: len(one._inbox) + len(other._inbox) == 20)
        first, second = await within(one.receive()), await within(other.receive())
    assert first
    assert second
    assert sorted(int(it.payload) for it in first + second) == list(range(20))


async def test_what_was_taken_out_of_the_configuration_is_subscribed_to_no_more(
    broker: PrivateBroker, tmp_path: Path
) -> None:
    """The broker keeps a session, and the subscriptions with it: it would give the device its share for ever."""
    pool = "$share/pool/edge/pool/prompt"

    def configured(*subscriptions: str) -> contextlib.AbstractAsyncContextManager[Link]:
        former = partial(former_filters, tmp_path / "subscriptions.json", subscriptions)
        return connected(settings(broker.port), subscriptions=subscriptions, former=former)

    async with configured(TOPIC, "edge/dev/camera/+/set", pool):
        pass
    async with (
        configured(TOPIC) as link,
        connected(settings(broker.port), client_id="b", subscriptions=(pool,)) as other,
    ):
        with Peer(broker.port) as peer:
            peer.publish_many("edge/pool/prompt", [f"{n}".encode() for n in range(20)], qos=1)
            peer.publish("edge/dev/camera/door/set", b"ON")
            peer.publish(TOPIC, b"fence")
        assert len(await take_and_acknowledge(other, 20)) == 20
        assert [it.payload for it in await take_and_acknowledge(link, 1)] == [b"fence"]
    async with configured(TOPIC, pool) as link:
        with Peer(broker.port) as peer:
            peer.publish_many("edge/pool/prompt", [b"back again"] * 20, qos=1)
        assert await take(link, 1), "its share; the other's waits for that"
