"""Commands of an operator, and what is answered to them."""

from typing import Annotated, Final, Literal, assert_never

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from agent.commands.values import (
    CheckForUpdate,
    Command,
    CommandAnswer,
    CommandId,
    CommandState,
    Drain,
    LoadModel,
    Restart,
    SetBudget,
    TakeSnapshot,
)
from agent.wire.payload import IdText, Payload
from agent.wire.request import legal_id, rejection, text_of_payload


class SetBudgetPayload(Payload):
    """Keep to another power budget until the agent ends."""

    id: IdText
    command: Literal["set_budget"]
    watts: Annotated[float, Field(gt=0, le=10_000)] | None
    """Of the whole machine; null: what the configuration says again."""


class LoadModelPayload(Payload):
    """Serve another model until the agent ends."""

    id: IdText
    command: Literal["load_model"]
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    """A folder of `models_dir`, or the model that ships with the agent."""


class DrainPayload(Payload):
    """Start no more prompts, leave the pools, finish what runs."""

    id: IdText
    command: Literal["drain"]
    on: bool = True
    """False: go on as before."""


class SnapshotPayload(Payload):
    """Make an observation of a camera now, and publish its picture on `R/camera/<name>/snapshot`."""

    id: IdText
    command: Literal["snapshot"]
    camera: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    """Its name in the configuration."""


class UpdatePayload(Payload):
    """Ask the fleet now what this device should run, and run it."""

    id: IdText
    command: Literal["update"]
    force: bool = False
    """Also a release that was rolled back or has failed here before."""


class RestartPayload(Payload):
    """End the agent in order, and start it anew."""

    id: IdText
    command: Literal["restart"]


class CommandAnswerPayload(Payload):
    """What has become of a command, on `R/command/<id>`."""

    id: IdText
    state: CommandState
    """`rejected`, `succeeded` and `failed` are the last word."""
    detail: str
    """A sentence for a person; may be empty."""


_Payloads = SetBudgetPayload | LoadModelPayload | DrainPayload | SnapshotPayload | UpdatePayload | RestartPayload
COMMAND: Final[TypeAdapter[_Payloads]] = TypeAdapter(Annotated[_Payloads, Field(discriminator="command")])


def decode_command(payload: bytes) -> tuple[CommandId, Command]:
    """Read a command and its id.

    Raises:
        InvalidPayloadError: It is none; the error has its id, if that could be read.
    """
    text = text_of_payload(payload)
    try:
        command = COMMAND.validate_json(text)
    except ValidationError as error:
        raise rejection([_untagged(it) for it in error.errors(include_url=False)], legal_id(text)) from None
    return CommandId(command.id), _value(command)


def encode_command_answer(answer: CommandAnswer) -> bytes:
    """The bytes of an answer."""
    payload = CommandAnswerPayload(id=answer.id, state=answer.state, detail=answer.detail)
    return payload.model_dump_json().encode()


def _untagged(problem: ErrorDetails) -> ErrorDetails:
    """With its place in the payload: pydantic puts the kind of command before it, and none for the kind itself."""
    is_of_the_kind = problem["type"].startswith("union_tag")
    problem["loc"] = ("command",) if is_of_the_kind else problem["loc"][1:]
    return problem


def _value(payload: _Payloads) -> Command:
    match payload:
        case SetBudgetPayload():
            return SetBudget(payload.watts)
        case LoadModelPayload():
            return LoadModel(payload.model)
        case DrainPayload():
            return Drain(payload.on)
        case SnapshotPayload():
            return TakeSnapshot(payload.camera)
        case UpdatePayload():
            return CheckForUpdate(payload.force)
        case RestartPayload():
            return Restart()
        case _:
            assert_never(payload)
