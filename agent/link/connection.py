"""One connection to the broker, from CONNECT to its end, driven by the event loop.

Owns one paho-mqtt client and its socket. paho writes and reads packets and keeps the connection alive; the event loop
says when the socket is ready. There is no thread (but while connecting), so there are no locks, and pausing what is
read does not stop what is sent.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.config import Broker
from agent.errors import ConfigError
from agent.link import problem
from agent.link.client import CONNECT_TIMEOUT_S, BrokerClient, packet_size, properties_of
from agent.link.dialing import dial
from agent.link.problem import ConnectionEndedError, End, Problem, PublishRefusedError
from agent.link.unacknowledged import Unacknowledged
from agent.prompt import OutMessage
from agent.units import Seconds

WINDOW = 32
"""Messages published and not yet acknowledged; fewer when the broker's Receive Maximum says so."""

_MAX_LOSSY_UNWRITTEN = 256
"""QoS 0 messages that wait for a slow socket; more are dropped."""

_TICK_S = 1.0
_MAX_UINT32 = 0xFFFFFFFF

_OPTIONS = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)

_T = TypeVar("_T")


class Connection:
    """Used once: `open`, then `served` until it ends.

    Args:
        client: Not used before.
        on_end: Called once, when it has ended.
        now: The time.
    """

    def __init__(self, client: BrokerClient, on_end: Callable[[], None], now: Callable[[], Seconds]) -> None:
        self._loop = asyncio.get_running_loop()
        self.session_present = False
        """Whether the broker had kept this device's session."""
        self._client = client
        self._on_end = on_end
        self._ended: asyncio.Future[End] = self._loop.create_future()
        self._connack: asyncio.Future[Properties] = self._loop.create_future()
        self._suback: asyncio.Future[Sequence[ReasonCode]] = self._loop.create_future()
        self._unacknowledged = Unacknowledged(now)
        self._lossy_unwritten: set[int] = set()
        self._window = asyncio.Semaphore(WINDOW)
        self._max_packet_out = _MAX_UINT32
        self._fd: int | None = None
        self._paused = False
        self._will_is_for_nothing = False

    async def open(self, broker: Broker) -> None:
        """Connect. The files that the configuration names are read now, so that they can be replaced while running.

        Raises:
            ConnectionEndedError: It did not work; the reason is in it.
        """
        try:
            await dial(self._client, broker)
        except ConfigError as error:
            raise self._end(End(Problem.FILES_UNUSABLE, str(error))) from None
        except (OSError, ValueError) as error:
            raise self._end(problem.of_socket(error)) from None
        self._take_over_socket()
        connack = await self._answer(self._connack, within_s=CONNECT_TIMEOUT_S)
        self._max_packet_out = getattr(connack, "MaximumPacketSize", _MAX_UINT32)
        self._window = asyncio.Semaphore(min(WINDOW, getattr(connack, "ReceiveMaximum", WINDOW)))

    async def subscribe(self, filters: Sequence[str]) -> dict[str, ReasonCode]:
        """Subscribe at QoS 1, without what the broker has retained: a prompt is not to run at each reconnect.

        Returns:
            The filters that the broker refused, and why.
        """
        self._client.subscribe([(it, _OPTIONS) for it in filters])
        answers = await self._answer(self._suback)
        return {it: reason for it, reason in zip(filters, answers, strict=True) if reason.is_failure}

    def subscribe_again(self, filters: Sequence[str]) -> None:
        """Subscribe to more, as before; what the broker answers is not waited for."""
        if filters and not self._ended.done():
            self._client.subscribe([(it, _OPTIONS) for it in filters])

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Have these no more; likewise."""
        if filters and not self._ended.done():
            self._client.unsubscribe(list(filters))

    async def served(self, *, on_tick: Callable[[], None]) -> End:
        """Keep it alive, until it has ended.

        Args:
            on_tick: Called about every second.
        """
        while not self._ended.done():
            on_tick()
            self._mind_unacknowledged()
            await asyncio.wait({self._ended}, timeout=_TICK_S)
            self._step(self._client.loop_misc)
        return self._ended.result()

    async def publish(self, message: OutMessage) -> None:
        """Publish at QoS 1; returns at the PUBACK.

        Raises:
            ConnectionEndedError: The connection ended first, perhaps because the PUBACK did not come.
            PublishRefusedError: The broker refused, or would; a `BrokerBusyError`: for now.
        """
        async with self._window:
            await self._publish(message)

    async def say_goodbye(self, message: OutMessage) -> None:
        """Publish what makes the will needless: `close` takes it back then. Raises what `publish` does.

        It does not wait for its turn: a broker that acknowledges nothing may still heed it. One that ends the
        connection, because it has got too many at once, publishes the will.
        """
        await self._publish(message)
        self.withdraw_will()

    def withdraw_will(self) -> None:
        """The end of this connection is not to be told by the broker."""
        self._will_is_for_nothing = True

    def publish_lossy(self, message: OutMessage) -> None:
        """Publish at QoS 0; dropped when the socket does not keep up, or the broker would hang up over its size."""
        keeps_up = len(self._lossy_unwritten) < _MAX_LOSSY_UNWRITTEN
        if not self._ended.done() and keeps_up and packet_size(message) <= self._max_packet_out:
            self._lossy_unwritten.add(self._client.send(message, qos=0))

    def acknowledge(self, packet_id: int) -> None:
        """Send the PUBACK for a message that this very connection delivered."""
        if not self._ended.done():
            self._client.ack(packet_id, 1)

    def pause(self) -> None:
        """Read nothing more for now: TCP tells the broker. After two keepalives of that, the connection ends."""
        if self._fd is not None and not self._paused:
            self._paused = True
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Read again."""
        if self._fd is not None and self._paused:
            self._paused = False
            self._unacknowledged.heard_again()
            self._loop.add_reader(self._fd, self._readable)
            # TLS may hold bytes that it has taken from the socket already: the loop would not see them.
            self._loop.call_soon(self._readable)

    def close(self) -> None:
        """Disconnect if it is still up. The broker keeps the session, and publishes a will that is not withdrawn."""
        if self._fd is not None:
            self._step(partial(self._client.leave, with_will=not self._will_is_for_nothing))
            self._step(self._client.loop_write)
        sock = self._client.socket()
        if self._fd is not None and sock is not None:  # the socket did not take the DISCONNECT at once
            self._forget_socket()
            sock.close()
        self._end(End(Problem.LOST, "closed"))
        self._let_go()

    async def _publish(self, message: OutMessage) -> None:
        size = packet_size(message)
        if size > self._max_packet_out:
            raise PublishRefusedError(f"{size} bytes; the broker takes packets of {self._max_packet_out}")
        if self._ended.done():
            raise ConnectionEndedError(self._ended.result())
        puback: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._unacknowledged.add(self._client.send(message, qos=1), size, puback)
        reason = await self._answer(puback)
        if reason.is_failure:
            raise problem.of_puback(reason)

    def _mind_unacknowledged(self) -> None:
        """End it over a message whose PUBACK does not come: nothing else would make the broker answer."""
        waited = None if self._paused else self._unacknowledged.overdue()
        if waited is not None:
            self._end(End(Problem.LOST, f"the broker has not acknowledged a message in {round(waited)} s"))

    def _take_over_socket(self) -> None:
        """From here on the event loop drives the client."""
        client, sock = self._client, self._client.socket()
        if not isinstance(sock, socket.socket):
            raise self._end(problem.UNANSWERED)
        # Each streamed piece is a small packet: they are not to wait for one another (Nagle's algorithm).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.on_connect = self._on_connack
        client.on_subscribe = self._on_suback
        client.on_publish = self._on_published
        client.on_disconnect = self._on_disconnect
        client.on_socket_close = self._forget_socket
        client.on_socket_register_write = self._write_when_ready
        client.on_socket_unregister_write = self._written
        self._fd = sock.fileno()
        self._loop.add_reader(self._fd, self._readable)
        if client.want_write():
            self._write_when_ready()

    def _write_when_ready(self, *_: object) -> None:
        if self._fd is not None:
            self._loop.add_writer(self._fd, self._step, self._client.loop_write)

    def _written(self, *_: object) -> None:
        if self._fd is not None:
            self._loop.remove_writer(self._fd)

    def _forget_socket(self, *_: object) -> None:
        """Before the socket is closed: its number may soon be another one's."""
        fd, self._fd = self._fd, None
        if fd is not None:
            self._loop.remove_reader(fd)
            self._loop.remove_writer(fd)

    def _let_go(self) -> None:
        """Break the circle of references, so that a packet of megabytes that came half goes with its connection."""
        client = self._client
        client.on_connect = client.on_subscribe = client.on_publish = client.on_disconnect = None
        client.on_socket_close = client.on_socket_register_write = client.on_socket_unregister_write = None

    def _readable(self) -> None:
        if self._fd is None or self._paused:
            return
        self._step(self._client.loop_read)
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            # Else the kernel delays its ACK by up to 40 ms, and a broker with Nagle's algorithm (mosquitto, by default)
            # the next message until then. The option holds for a while only, see tcp(7).
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            self._loop.call_soon(self._readable)

    def _step(self, step: Callable[[], Any]) -> None:
        """Let paho do its part. Whatever goes wrong in it ends the connection: one that nobody reads looks alive."""
        finished = False
        try:
            step()
            finished = True
        finally:
            if not finished:
                self._end(End(Problem.LOST, "an error in the agent; its log has the details"))

    async def _answer(self, answer: "asyncio.Future[_T]", *, within_s: float | None = None) -> _T:
        """Wait for the broker's answer.

        Raises:
            ConnectionEndedError: The connection ended first, or the broker took too long.
        """
        waiting: set[asyncio.Future[Any]] = {answer, self._ended}
        await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise self._end(End(Problem.UNREACHABLE, f"no answer within {within_s} s"))

    def _end(self, end: End) -> ConnectionEndedError:
        """It is over; the first reason counts."""
        if not self._ended.done():
            self._ended.set_result(end)
            self._on_end()
        return ConnectionEndedError(self._ended.result())

    def _on_connack(
        self, _client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.session_present = flags.session_present
        if reason.is_failure:
            self._end(problem.of_connack(reason))
        elif not self._connack.done():
            self._connack.set_result(properties or properties_of(PacketTypes.CONNACK))

    def _on_suback(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if not self._suback.done():
            self._suback.set_result(reasons)

    def _on_published(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        """A QoS 0 message was written, or a QoS 1 message acknowledged."""
        if mid in self._lossy_unwritten:
            self._lossy_unwritten.remove(mid)
        else:
            self._unacknowledged.acknowledged(mid, reason)

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        self._end(problem.of_disconnect(reason, answered=self._connack.done()))
