"""PUBLISH packets, as MQTT 5 section 3.3 writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.link.packet import PublishPacket, decode_publish

QOS_0, QOS_1, QOS_1_DUP, QOS_2 = 0x30, 0x32, 0x3A, 0x34


def _string(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _body(
    payload: bytes = b"hi", properties: bytes = b"", packet_id: bytes = b"\x01\x02", topic: bytes = b"a/b"
) -> bytes:
    return _string(topic) + packet_id + bytes([len(properties)]) + properties + payload


def test_qos_1() -> None:
    assert decode_publish(QOS_1, _body(), 10) == PublishPacket("a/b", b"hi", 2, 1, 0x0102, redelivered=False)


def test_qos_0_has_no_packet_id() -> None:
    assert decode_publish(QOS_0, _body(packet_id=b""), 10) == PublishPacket("a/b", b"hi", 2, 0, 0, redelivered=False)


def test_dup() -> None:
    assert decode_publish(QOS_1_DUP, _body(), 10).redelivered


def test_the_properties_that_paho_writes() -> None:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho has no types here
    properties.ResponseTopic = "r/ü"
    properties.CorrelationData = b"\x00\xff\x00"
    properties.MessageExpiryInterval = 70000
    properties.ContentType = "text/plain"
    properties.PayloadFormatIndicator = 1
    properties.UserProperty = [("a", "b"), ("a", "c")]
    packet = decode_publish(QOS_1, _string(b"t") + b"\x00\x01" + properties.pack() + b"x", 10)  # type: ignore[no-untyped-call]  # likewise
    assert (packet.response_topic, packet.correlation, packet.expiry_s) == ("r/ü", b"\x00\xff\x00", 70000.0)
    assert packet.payload == b"x"


def test_empty_correlation_data_is_not_none() -> None:
    assert decode_publish(QOS_1, _body(properties=b"\x09\x00\x00"), 10).correlation == b""


def test_a_payload_over_the_limit_is_left_out_and_its_size_kept() -> None:
    packet = decode_publish(QOS_1, _body(payload=b"x" * 11), 10)
    assert (packet.payload, packet.size) == (b"", 11)
    assert decode_publish(QOS_1, _body(payload=b"x" * 10), 10).payload == b"x" * 10


def test_strings_that_are_not_used_are_not_judged() -> None:
    """Paho's own reader ends the connection over U+FEFF; the broker would send the message at every reconnect."""
    odd = "x\ufeffy".encode()
    properties = b"\x26" + _string(odd) + _string(b"\xff") + b"\x03" + _string(odd) + b"\x0b\x80\x01"
    assert decode_publish(QOS_1, _body(properties=properties), 10).payload == b"hi"


def test_a_response_topic_that_is_not_utf8_is_kept_for_the_source_to_refuse() -> None:
    assert decode_publish(QOS_1, _body(properties=b"\x08" + _string(b"a\xff")), 10).response_topic == "a\udcff"


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (QOS_2, _body()),
        (QOS_1, b""),
        (QOS_1, b"\x00\x09abc"),
        (QOS_1, _string(b"\xff") + b"\x00\x01\x00"),
        (QOS_1, _string(b"a") + b"\x00"),
        (QOS_1, _string(b"a") + b"\x00\x01\x09abc"),
        (QOS_1, _string(b"a") + b"\x00\x01" + b"\xff" * 5),
        (QOS_1, _body(properties=b"\x7f\x00")),
        (QOS_1, _body(properties=b"\x09\x00\x05ab")),
    ],
)
def test_malformed(command: int, body: bytes) -> None:
    with pytest.raises(MalformedPacket):
        decode_publish(command, body, 10)


@given(st.integers(0x30, 0x3F), st.binary(max_size=64))
def test_any_bytes_are_a_packet_or_malformed(command: int, body: bytes) -> None:
    try:
        assert decode_publish(command, body, 16).size <= len(body)
    except MalformedPacket as error:
        assert str(error)  # noqa: PT017 - either outcome is right
