"""Messages from a broker, made by hand."""

from dataclasses import replace
from typing import Any

from agent.link import Incoming
from agent.units import Seconds, UnixSeconds

_PLAIN = Incoming(
    topic="edge/dev/prompt",
    payload=b"",
    size=0,
    response_topic=None,
    correlation=None,
    expiry_s=None,
    redelivered=False,
    packet_id=1,
    qos=1,
    connection=1,
    received=Seconds(100.0),
    received_wall=UnixSeconds(1_790_000_000.0),
)


def incoming(payload: bytes | str = "hi", **more: Any) -> Incoming:  # noqa: ANN401 - the fields of an Incoming
    """A message, by default a plain prompt at QoS 1."""
    data = payload.encode() if isinstance(payload, str) else payload
    return replace(_PLAIN, payload=data, **{"size": len(data)} | more)
