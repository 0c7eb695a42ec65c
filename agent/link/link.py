"""Keeps one connection to the broker up, whatever happens to it.

Owns the device's session with the broker. Invariant: a message is acknowledged only on the connection that brought it.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import count

from agent.broker_security import sends_password_in_the_clear
from agent.clock import Clock
from agent.config import Broker
from agent.errors import NotConnectedError
from agent.link.backoff import backoff
from agent.link.client import BrokerClient
from agent.link.connection import Connection
from agent.link.inbox import Inbox, Incoming
from agent.link.packet import PublishPacket
from agent.link.problem import ConnectionEndedError, End, Problem, PublishRefusedError
from agent.prompt import OutMessage
from agent.topics import fault_of
from agent.units import Seconds

_STEADY_S = 2.0
"""A connection that ends sooner counts as a failed attempt: mosquitto does not say that a session was taken over."""

_UNSTEADY = 3
"""So many failures, the last of them by a connection that ended soon, are worth a hint."""

_STEP = Seconds(60.0)
"""No step of the link's task takes longer, whatever the broker, the network and the name server do."""

_GREETING = Seconds(30.0)
"""How long a broker that has let us in may take to answer the subscriptions and the first status."""

_TELL_AGAIN = Seconds(3600.0)
"""How long one problem goes on until it is logged again."""

_log = logging.getLogger(__name__)


class Link:
    """The broker, as the rest of the agent sees it.

    Args:
        settings: Where it is.
        client_id: Names this device's session in the broker.
        subscriptions: Topic filters, taken at QoS 1.
        former: Gives those of earlier configurations, which a session at the broker may still have. Blocks.
        will: What the broker says when the connection breaks.
        birth: Gives what is published at each connect.
        max_payload: A larger message arrives without its payload.
        clock: For the times of arrival.
    """

    def __init__(  # noqa: PLR0913 - what one session consists of; only `app` calls it
        self,
        settings: Broker,
        *,
        client_id: str,
        subscriptions: Sequence[str],
        former: Callable[[], Sequence[str]],
        will: OutMessage,
        birth: Callable[[], OutMessage],
        max_payload: int,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._place: dict[str, object] = {"host": settings.host, "port": settings.effective_port}
        self._client_id = client_id
        self._subscriptions = subscriptions
        self._former = former
        self._will = will
        self._birth = birth
        self._max_payload = max_payload
        self._clock = clock
        self._inbox = Inbox(clock)
        self._connected = asyncio.Event()
        self._connection: Connection | None = None
        self._connection_number = 0
        self._last_problem: Problem | None = None
        self._told_at = clock.now()
        self._losses = 0
        self._left: frozenset[str] = frozenset()
        self._moves_by = Seconds(clock.now() + _STEP)

    @property
    def moves_by(self) -> Seconds:
        """When the link's task will have moved on at the latest, on the boot clock: after that, it hangs."""
        return self._moves_by

    @property
    def is_connected(self) -> bool:
        """Connected and subscribed."""
        return self._connected.is_set()

    @property
    def connection_losses(self) -> int:
        """How often a connection that was usable has ended."""
        return self._losses

    async def connected(self) -> None:
        """Wait until connected and subscribed."""
        await self._connected.wait()

    async def run(self) -> None:
        """Connect, and connect again, until cancelled; then disconnect. Without a goodbye, the will is published."""
        if sends_password_in_the_clear(self._settings):
            _log.warning("password_sent_in_the_clear", extra=self._place | {"hint": "set broker.tls"})
        failures = 0
        for self._connection_number in count(1):
            self._moves_within(_STEP)
            await self._inbox.room()  # else each connection would bring more
            lasted, end = await self._serve()
            self._losses += lasted is not None
            failures = failures + 1 if lasted is None or lasted < _STEADY_S else 0
            if lasted is not None and failures == _UNSTEADY:
                _log.warning("broker_connection_unsteady", extra={"hint": "do two devices share device.id?"})
            pause = backoff(end.problem, failures)
            self._moves_within(Seconds(pause + _STEP))
            await asyncio.sleep(pause)

    async def receive(self) -> list[Incoming]:
        """Take everything that has arrived, oldest first; waits until there is something."""
        taken = await self._inbox.take()
        if self._connection is not None:
            self._connection.resume()
        return taken

    def acknowledge(self, incoming: Incoming) -> None:
        """Tell the broker that it may forget a message.

        Harmless when the connection that brought it is gone: the broker sends the message again. On another
        connection its packet id may be another message's, so it is not acknowledged there.
        """
        if incoming.qos and incoming.connection == self._connection_number and self._connection is not None:
            self._connection.acknowledge(incoming.packet_id)

    def redeliver(self) -> None:
        """Drop the connection and make a new one, so that the broker sends again what was not acknowledged."""
        if self._connection is not None:
            self._connection.withdraw_will()
            self._connection.close()

    async def publish(self, message: OutMessage) -> None:
        """Publish at QoS 1; returns at the broker's acknowledgement.

        Raises:
            ConnectionEndedError: The connection ended before the acknowledgement came; the broker may have the message.
            NotConnectedError: There is no connection; nothing was sent.
            PublishRefusedError: The broker does not take it; a `BrokerBusyError`: not now.
        """
        connection = self._usable()
        fault = fault_of(message.topic)
        if fault is not None:
            raise PublishRefusedError(f"the topic is unusable: {fault}")
        await connection.publish(message)

    async def say_goodbye(self, message: OutMessage) -> None:
        """Publish instead of the will, without waiting for what is under way. Raises what `publish` does."""
        await self._usable().say_goodbye(message)

    def publish_lossy(self, message: OutMessage) -> None:
        """Publish at QoS 0; dropped when that is not possible, or when the broker is slow to take it."""
        if self.is_connected and self._connection is not None and fault_of(message.topic) is None:
            self._connection.publish_lossy(message)

    def leave(self, filters: Collection[str]) -> None:
        """From now on, have all subscriptions but these; at later connections too."""
        before, self._left = self._left, frozenset(filters)
        if self.is_connected and self._connection is not None:
            self._have_left(self._connection, before)

    async def _serve(self) -> tuple[Seconds | None, End]:
        """Make one connection and keep it until it ends.

        Returns:
            How long it was usable, None for not at all; and why it ended.
        """
        client = BrokerClient(self._client_id, will=self._will, max_payload=self._max_payload, deliver=self._deliver)
        connection = self._connection = Connection(client, self._connected.clear, self._clock.now)
        connected_at: Seconds | None = None
        self._moves_within(_STEP)
        try:
            await connection.open(self._settings)
            self._moves_within(_STEP)
            async with asyncio.timeout(_GREETING):
                left = await self._greet(connection)
            self._connected.set()
            self._have_left(connection, left)  # others may have been named meanwhile
            connected_at = self._clock.now()
            self._report_connected(connection)
            end = await connection.served(on_tick=partial(self._moves_within, _STEP))
        except ConnectionEndedError as error:
            end = error.end
        except TimeoutError:
            end = End(Problem.UNREACHABLE, f"no answer to the subscriptions within {_GREETING} s")
        finally:
            self._connection = None
            connection.close()
            self._connected.clear()  # it may have ended before it was set
        self._report_ended(end)
        return None if connected_at is None else Seconds(self._clock.now() - connected_at), end

    async def _greet(self, connection: Connection) -> frozenset[str]:
        """Subscribe, and publish the birth message.

        Returns:
            The subscriptions that were left.
        """
        former = await asyncio.to_thread(self._former)  # remembers, too, what is subscribed to below
        left = self._left
        connection.unsubscribe(sorted(left))  # of a session that the broker has kept
        for topic_filter in former if connection.session_present else ():
            connection.unsubscribe([topic_filter])  # there are brokers that take only a few in one packet
        wanted = [it for it in self._subscriptions if it not in left]
        for topic_filter, reason in (await connection.subscribe(wanted)).items():
            _log.error("subscription_refused", extra={"filter": topic_filter, "reason": str(reason)})
        try:
            await connection.publish(self._birth())
        except PublishRefusedError as error:
            _log.error("status_refused", extra={"topic": self._will.topic, "reason": str(error)})
        return left

    def _have_left(self, connection: Connection, before: frozenset[str]) -> None:
        """Leave what is to be left now and was not before, and take again what was."""
        connection.unsubscribe(sorted(self._left - before))
        connection.subscribe_again(sorted(before - self._left))

    def _usable(self) -> Connection:
        if not self.is_connected or self._connection is None:
            raise NotConnectedError("not connected to the broker")
        return self._connection

    def _moves_within(self, time: Seconds) -> None:
        self._moves_by = Seconds(self._clock.now() + time)

    def _deliver(self, packet: PublishPacket) -> None:
        self._inbox.put(packet, self._connection_number)
        if self._inbox.is_full and self._connection is not None:
            self._connection.pause()

    def _report_connected(self, connection: Connection) -> None:
        self._last_problem = None
        _log.info("broker_connected", extra=self._place | {"session_present": connection.session_present})

    def _report_ended(self, end: End) -> None:
        """Say what is wrong once and then from time to time, not at each attempt."""
        now = self._clock.now()
        if end.problem is not self._last_problem or now - self._told_at >= _TELL_AGAIN:
            self._last_problem, self._told_at = end.problem, now
            _log.warning(end.problem.value, extra=self._place | {"reason": end.reason})
