"""Reads PUBLISH packets, in place of paho-mqtt's own reader, for two reasons.

Memory: paho copies the payload of a packet four times before anybody sees its size. Here it is copied once, and not at
all when it is too large. Robustness: paho ends the connection over a property that MQTT allows (U+FEFF in a string,
[MQTT-1.5.4-3]); the broker then sends the same message at every reconnect, so that anybody who may publish a prompt
could keep an agent offline. Strings that the agent does not use are skipped here, not judged.
"""

from dataclasses import dataclass

from paho.mqtt.exception import MalformedPacket

_DUP = 0x08
_QOS = 0x06
_HIGHEST_QOS = 1

# MQTT 5, table 2-4: the properties of a PUBLISH and how they are written.
_MESSAGE_EXPIRY = 0x02
_RESPONSE_TOPIC = 0x08
_CORRELATION_DATA = 0x09
_SIZES = {0x01: 1, _MESSAGE_EXPIRY: 4, 0x23: 2}
_STRINGS = {0x03: 1, _RESPONSE_TOPIC: 1, _CORRELATION_DATA: 1, 0x26: 2}
_SUBSCRIPTION_ID = 0x0B


@dataclass(frozen=True, slots=True)
class PublishPacket:
    """A message as the broker sent it.

    Attributes:
        topic: Its topic.
        payload: Empty when it is larger than the limit.
        size: Bytes of the payload as it was sent.
        qos: 0 or 1.
        packet_id: To acknowledge it with; 0 at QoS 0.
        redelivered: The broker may have sent it before (DUP).
        response_topic: Property of MQTT 5; text that is not UTF-8 comes with surrogates.
        correlation: Property of MQTT 5.
        expiry_s: Message Expiry Interval: what is left of it, in seconds.
    """

    topic: str
    payload: bytes
    size: int
    qos: int
    packet_id: int
    redelivered: bool
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: float | None = None


def decode_publish(command: int, body: bytes | bytearray, max_payload: int) -> PublishPacket:
    """Read a PUBLISH packet of MQTT 5 (section 3.3).

    Args:
        command: First byte of the packet.
        body: What follows the Remaining Length.
        max_payload: The payload of a larger one is left out.

    Raises:
        MalformedPacket: It is none.
    """
    reader = _Reader(memoryview(body))
    qos = (command & _QOS) >> 1
    if qos > _HIGHEST_QOS:
        raise MalformedPacket("QoS 2 on a subscription at QoS 1")
    try:
        topic = bytes(reader.string()).decode("utf-8")
        packet_id = reader.integer(2) if qos else 0
        found = _properties(reader.take(reader.variable_integer()))
    except UnicodeDecodeError as error:
        raise MalformedPacket(str(error)) from error
    response_topic, expiry = found.get(_RESPONSE_TOPIC), found.get(_MESSAGE_EXPIRY)
    size = len(reader.rest)
    return PublishPacket(
        topic=topic,
        payload=bytes(reader.rest) if size <= max_payload else b"",
        size=size,
        qos=qos,
        packet_id=packet_id,
        redelivered=bool(command & _DUP),
        response_topic=None if response_topic is None else response_topic.decode("utf-8", "surrogateescape"),
        correlation=found.get(_CORRELATION_DATA),
        expiry_s=None if expiry is None else float(int.from_bytes(expiry, "big")),
    )


def _properties(data: memoryview) -> dict[int, bytes]:
    reader = _Reader(data)
    found: dict[int, bytes] = {}
    while reader.rest:
        identifier = reader.variable_integer()
        if identifier in _SIZES:
            found[identifier] = bytes(reader.take(_SIZES[identifier]))
        elif identifier in _STRINGS:
            for _ in range(_STRINGS[identifier]):
                value = reader.string()
            found[identifier] = bytes(value)
        elif identifier == _SUBSCRIPTION_ID:
            reader.variable_integer()
        else:
            raise MalformedPacket(f"property {identifier:#x} in a PUBLISH")
    return found


class _Reader:
    """Takes one field after the other from the front."""

    def __init__(self, data: memoryview) -> None:
        self.rest = data

    def take(self, size: int) -> memoryview:
        if size > len(self.rest):
            raise MalformedPacket("a field is longer than its packet")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def string(self) -> memoryview:
        return self.take(self.integer(2))

    def variable_integer(self) -> int:
        """Seven bits at a time, least significant first; at most four bytes (section 1.5.5)."""
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.integer(1)
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
        raise MalformedPacket("a Variable Byte Integer of more than four bytes")
