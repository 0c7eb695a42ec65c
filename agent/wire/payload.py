"""What all payloads have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

IdText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
"""A prompt's id: it becomes a level of a topic, so it has no `/`, no wildcard and no NUL."""


class Payload(BaseModel):
    """A JSON object on the wire: no conversion between types, unknown fields ignored."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True
    )
