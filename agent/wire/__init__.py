"""The payloads of the MQTT contract (docs/mqtt.md): what arrives is checked here, what is sent gets its shape here.

Pydantic models at the edge; inside the agent only the values of `agent.prompt` flow. The JSON Schemas under
`docs/reference/` are made from these models by `python -m agent.wire docs/reference`.
"""

from agent.wire.camera import decode_camera_set, encode_camera_state, encode_facts, encode_observation
from agent.wire.command import decode_command, encode_command_answer
from agent.wire.historical import as_historical
from agent.wire.ids import new_id
from agent.wire.notice import encode_event, encode_offline, encode_online, event_name
from agent.wire.reply import encode_delta, encode_reply
from agent.wire.request import InvalidPayloadError, PromptFields, decode_cancel, decode_prompt, encode_cancel
from agent.wire.telemetry_encoding import encode_telemetry

__all__ = [
    "InvalidPayloadError",
    "PromptFields",
    "as_historical",
    "decode_camera_set",
    "decode_cancel",
    "decode_command",
    "decode_prompt",
    "encode_camera_state",
    "encode_cancel",
    "encode_command_answer",
    "encode_delta",
    "encode_event",
    "encode_facts",
    "encode_observation",
    "encode_offline",
    "encode_online",
    "encode_reply",
    "encode_telemetry",
    "event_name",
    "new_id",
]
