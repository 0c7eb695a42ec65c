"""What the answer must look like."""

import json
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from agent.schema_limits import MAX_BYTES
from agent.wire.payload import Payload

_ANY_OBJECT = '{"type":"object"}'


class NamedSchema(Payload):
    """A JSON Schema, in the wrapping that OpenAI's clients send; their `name` and `strict` change nothing."""

    schema_: dict[str, Any] = Field(alias="schema")
    """The schema: an object of at most 64 KiB."""


class ResponseFormat(Payload):
    """Free text, any JSON object, or JSON that follows a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None
    """With `json_schema` only, and required there."""

    @model_validator(mode="after")
    def _schema_of_its_type(self) -> Self:
        if self.type == "json_schema":
            if self.json_schema is None:
                raise PydanticCustomError("schema_missing", "type json_schema needs json_schema.schema")
            if len(_dump(self.json_schema.schema_).encode()) > MAX_BYTES:
                raise PydanticCustomError("schema_size", f"the schema is larger than {MAX_BYTES // 1024} KiB")
        return self

    @property
    def json_text(self) -> str | None:
        """The JSON Schema that answers follow, as JSON text; None for free text."""
        if self.type == "text":
            return None
        return (
            _ANY_OBJECT if self.json_schema is None or self.type == "json_object" else _dump(self.json_schema.schema_)
        )


def _dump(schema: dict[str, Any]) -> str:
    try:
        return json.dumps(schema, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise PydanticCustomError("schema_number", "the schema has a number that JSON cannot carry") from None
