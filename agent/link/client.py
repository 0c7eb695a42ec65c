"""paho-mqtt's client, set up for this agent."""

from collections.abc import Callable

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.broker_security import SecureClient
from agent.config import Broker
from agent.link.packet import PublishPacket, decode_publish
from agent.prompt import OutMessage
from agent.units import Seconds

CONNECT_TIMEOUT_S = Seconds(10.0)

_RECEIVE_MAXIMUM = 32
"""Asked for, not relied upon: mosquitto 2.0 sends more."""

_MIN_MAX_PACKET = 16 * 1024 * 1024
"""The broker drops a message above our Maximum Packet Size without telling anybody. So it is far above the limit on
payloads: a message between the two is answered with `too_large`."""

_MAX_OVERHEAD = 16
"""Bytes of a PUBLISH around its topic, Correlation Data and payload: 5 + 2 + 2 of headers, 4 + 3 of properties."""

_WITHOUT_WILL, _WITH_WILL = 0x00, 0x04

_MAX_UINT32 = 0xFFFFFFFF


class BrokerClient(SecureClient):
    """One connection's worth of MQTT 5, with acknowledgement by hand and our own reader of PUBLISH packets.

    Args:
        client_id: Names the session that the broker keeps.
        will: What the broker publishes when the connection breaks.
        max_payload: A larger payload is dropped as it arrives.
        deliver: Called for each message.
    """

    def __init__(
        self, client_id: str, *, will: OutMessage, max_payload: int, deliver: Callable[[PublishPacket], None]
    ) -> None:
        super().__init__(client_id, connect_timeout=CONNECT_TIMEOUT_S, manual_ack=True)
        self._max_payload = max_payload
        self._deliver = deliver
        self._is_given_up = False
        self.will_set(will.topic, will.payload, will.qos, will.retain)
        self.max_inflight_messages = 0  # no limit of paho's: `Connection` has its own

    def dial(self, broker: Broker) -> None:
        """Make the TCP and TLS connection and send CONNECT, continuing the session if the broker has it. Blocks.

        Raises:
            ConfigError: A file of the configuration cannot be used.
            OSError: There is no such broker, or TLS failed.
            ValueError: The host's name is none.
        """
        self.secure(broker)
        properties = properties_of(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = min(int(broker.session_expiry), _MAX_UINT32)
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        properties.MaximumPacketSize = max(_MIN_MAX_PACKET, 2 * self._max_payload)
        host, port, keepalive = broker.host, broker.effective_port, round(broker.keepalive)
        self.connect(host, port, keepalive, clean_start=False, properties=properties)

    def give_up(self) -> None:
        """Nobody waits for `dial`, in its thread, any more: it says nothing to the broker if it has not yet.

        A late CONNECT would take the session over from the connection that was made meanwhile.
        """
        self._is_given_up = True

    def abandon(self) -> None:
        """Close the socket, if there is one, without a word."""
        sock = self.socket()
        if sock is not None:
            sock.close()

    def leave(self, *, with_will: bool) -> None:
        """Send DISCONNECT."""
        self.disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=_WITH_WILL if with_will else _WITHOUT_WILL))

    def send(self, message: OutMessage, *, qos: int) -> int:
        """Queue a message for the socket; gives its packet id."""
        properties = properties_of(PacketTypes.PUBLISH)
        if message.correlation is not None:
            properties.CorrelationData = message.correlation
        return self.publish(message.topic, message.payload, qos, message.retain, properties).mid

    def _send_connect(self, keepalive: int) -> MQTTErrorCode:
        if self._is_given_up:
            raise ConnectionAbortedError
        return super()._send_connect(keepalive)

    def _handle_publish(self) -> MQTTErrorCode:
        """Replaces paho's, see `packet`."""
        self._deliver(decode_publish(self._in_packet["command"], self._in_packet["packet"], self._max_payload))
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def packet_size(message: OutMessage) -> int:
    """The most bytes that the packet of a message has."""
    return _MAX_OVERHEAD + len(message.topic.encode()) + len(message.correlation or b"") + len(message.payload)


def properties_of(packet_type: int) -> Properties:
    """No properties yet, of a packet of this type."""
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho has no types here
