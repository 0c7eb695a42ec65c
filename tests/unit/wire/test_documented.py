"""docs/mqtt.md and the code name the same things."""

import re
from pathlib import Path
from typing import get_args

import pytest

from agent.errors import ErrorCode
from agent.events import Event
from agent.wire import event_name
from agent.wire.request import PromptPayload

CONTRACT = (Path(__file__).parents[3] / "docs" / "mqtt.md").read_text(encoding="utf-8")


def _first_column(heading: str) -> set[str]:
    """The names in backquotes that begin the rows of the first table with this heading."""
    table = CONTRACT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", table, flags=re.MULTILINE))


def test_every_error_code() -> None:
    assert _first_column("code") == set(ErrorCode)


def test_every_event() -> None:
    assert _first_column("event") == {event_name(kind.__new__(kind)) for kind in get_args(Event)}


def test_every_field_of_a_prompt() -> None:
    assert _first_column("field") == set(PromptPayload.model_fields)


@pytest.mark.parametrize(
    "name",
    [
        "prompt",
        "reply",
        "delta",
        "cancel",
        "status",
        "event",
        "telemetry",
        "command",
        "command_answer",
        "observation",
        "facts",
        "camera_set",
        "camera_state",
    ],
)
def test_every_schema_is_linked(name: str) -> None:
    assert f"(reference/{name}.schema.json)" in CONTRACT
