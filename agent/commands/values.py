"""Commands and what is answered to them, as values; and who carries them out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, assert_never

CommandId = NewType("CommandId", str)
"""1 to 64 of `A-Z a-z 0-9 _ - .`; the operator's. The same again is the same command."""


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Keep to another power budget until the agent ends. None: to the configured one again."""

    watts: float | None


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Serve another model."""

    model: str


@dataclass(frozen=True, slots=True)
class Drain:
    """Start no more prompts, and leave the pools; or go on as before."""

    on: bool


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Make an observation of this camera now, and publish its picture."""

    camera: str


@dataclass(frozen=True, slots=True)
class CheckForUpdate:
    """Ask the fleet now what to run, and run it. `force`: also what came to nothing here before."""

    force: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """End the process in order, and start it anew."""


Command = SetBudget | LoadModel | Drain | TakeSnapshot | CheckForUpdate | Restart


class Outlives(StrEnum):
    """Which commands are answered by the process after the one that took them. In files: never renamed."""

    UPDATE = "update"
    RESTART = "restart"


def outlives(command: Command) -> Outlives | None:
    """What the next process makes of a command that has no last answer; None: it has failed."""
    match command:
        case CheckForUpdate():
            return Outlives.UPDATE
        case Restart():
            return Outlives.RESTART
        case SetBudget() | LoadModel() | Drain() | TakeSnapshot():
            return None
        case _:
            assert_never(command)


class CommandState(StrEnum):
    """How far a command has come. All but the first two are the last word."""

    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    REJECTED = "rejected"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """What an operator is told. `detail` is a sentence for a person."""

    id: CommandId
    state: CommandState
    detail: str


Tell = Callable[[str], Awaitable[None]]
"""Answers `in_progress`, with how far it is."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who carries a command out.

    Each returns when it is done, with what there is to say of it. It raises `RejectedError` for what cannot be done,
    and another `AgentError` for what went wrong.
    """

    set_budget: Callable[[float | None], Awaitable[str]]
    load_model: Callable[[str], Awaitable[str]]
    drain: Callable[[bool], Awaitable[str]]
    snapshot: Callable[[str], Awaitable[str]]
    update: Callable[[Tell, bool], Awaitable[str]]
    restart: Callable[[], Awaitable[str]]
