"""Commands on the wire."""

import json

import pytest

from agent.commands import (
    CheckForUpdate,
    Command,
    CommandAnswer,
    CommandId,
    CommandState,
    Drain,
    LoadModel,
    Restart,
    SetBudget,
)
from agent.wire import InvalidPayloadError, decode_command, encode_command_answer


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"command": "set_budget", "watts": 12.5}, SetBudget(12.5)),
        ({"command": "set_budget", "watts": 12}, SetBudget(12.0)),
        ({"command": "set_budget", "watts": None}, SetBudget(None)),
        ({"command": "load_model", "model": "edge-tiny"}, LoadModel("edge-tiny")),
        ({"command": "drain"}, Drain(on=True)),
        ({"command": "drain", "on": False, "unknown": 1}, Drain(on=False)),
        ({"command": "update"}, CheckForUpdate()),
        ({"command": "update", "force": True}, CheckForUpdate(force=True)),
        ({"command": "restart"}, Restart()),
    ],
)
def test_every_command(fields: dict[str, object], command: Command) -> None:
    assert decode_command(json.dumps({"id": "c1", **fields}).encode()) == (CommandId("c1"), command)


@pytest.mark.parametrize(
    ("payload", "command_id", "why"),
    [
        (b'{"id": "c1", "command": "set_budget"}', "c1", "/watts: is missing"),
        (b'{"id": "c1", "command": "set_budget", "watts": -1}', "c1", "/watts: must be more than 0"),
        (b'{"id": "c1", "command": "set_budget", "watts": "12"}', "c1", "/watts: must be a number"),
        (
            b'{"id": "c1", "command": "load_model", "model": "../x"}',
            "c1",
            "/model: must be 1 to 64 of A-Z a-z 0-9 _ . -",
        ),
        (b'{"id": "c1", "command": "update", "force": 1}', "c1", "/force: must be true or false"),
        (
            b'{"id": "c1", "command": "reboot"}',
            "c1",
            "/command: must be one of 'set_budget', 'load_model', 'drain', 'snapshot', ",
        ),
        (b'{"id": "c1"}', "c1", "/command: is missing"),
        (b'{"id": "a/b", "command": "drain"}', None, "/id"),
        (b'{"command": "drain"}', None, "/id"),
        (b"drain", None, "not JSON: expected"),
        (b"[1]", None, "must be an object"),
        (b"\xff", None, "UTF-8"),
    ],
)
def test_what_is_no_command(payload: bytes, command_id: str | None, why: str) -> None:
    with pytest.raises(InvalidPayloadError) as error:
        decode_command(payload)
    assert error.value.id == command_id
    assert why in error.value.message


def test_an_answer() -> None:
    answer = CommandAnswer(CommandId("c1"), CommandState.REJECTED, "no")
    assert json.loads(encode_command_answer(answer)) == {"id": "c1", "state": "rejected", "detail": "no"}
