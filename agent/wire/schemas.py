"""The JSON Schemas of all payloads, made from the models."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from agent.wire.camera import CameraSetPayload, CameraStatePayload, FactsPayload, ObservationPayload
from agent.wire.command import COMMAND, CommandAnswerPayload
from agent.wire.notice import EventPayload, OfflinePayload, OnlinePayload
from agent.wire.reply import CompletionPayload, DeltaPayload, FailurePayload
from agent.wire.request import CancelPayload, PromptPayload
from agent.wire.telemetry import TelemetryPayload

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """File name to text, for every payload of the contract."""
    received: dict[str, TypeAdapter[Any]] = {
        "prompt": TypeAdapter(PromptPayload),
        "cancel": TypeAdapter(CancelPayload),
        "command": COMMAND,
        "camera_set": TypeAdapter(CameraSetPayload),
    }
    sent: dict[str, TypeAdapter[Any]] = {
        "reply": TypeAdapter(CompletionPayload | FailurePayload),
        "delta": TypeAdapter(DeltaPayload),
        "status": TypeAdapter(OnlinePayload | OfflinePayload),
        "command_answer": TypeAdapter(CommandAnswerPayload),
        "event": TypeAdapter(EventPayload),
        "observation": TypeAdapter(ObservationPayload),
        "facts": TypeAdapter(FactsPayload),
        "camera_state": TypeAdapter(CameraStatePayload),
        "telemetry": TypeAdapter(TelemetryPayload),
    }
    return {f"{name}.schema.json": _text(name, adapter, "validation") for name, adapter in received.items()} | {
        f"{name}.schema.json": _text(name, adapter, "serialization") for name, adapter in sent.items()
    }


def write_schemas(folder: Path) -> None:
    """Write every schema into an existing folder."""
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _text(name: str, adapter: TypeAdapter[Any], mode: JsonSchemaMode) -> str:
    schema = adapter.json_schema(mode=mode)
    return json.dumps({"$schema": _DIALECT, **schema, "title": name}, indent=2, ensure_ascii=False) + "\n"
