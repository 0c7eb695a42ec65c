"""What an operator wants to be told: each event a value. `event_log` carries them, `wire` says how they look."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """The engine serves a model."""

    model: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ModelLoadFailed:
    """The engine could not load the model; it tries again."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The engine's process ended or was killed; another one is started."""

    reason: str


@dataclass(frozen=True, slots=True)
class JournalSetAside:
    """The journal's file was damaged at start; it was renamed, and a new one begun."""

    path: str


@dataclass(frozen=True, slots=True)
class StorageFull:
    """The journal has no room; prompts are refused until it has."""

    reason: str


@dataclass(frozen=True, slots=True)
class PayloadsDropped:
    """Messages that were neither object nor text and named nowhere to reply to."""

    count: int


@dataclass(frozen=True, slots=True)
class ReplyUndeliverable:
    """The broker refuses a reply for good, or ends the connection over it, again and again.

    The sender gets it on another topic by sending the same id again.
    """

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class PowerWithin:
    """The machine needs no limit any more, or keeps inside its budget again."""

    budget_w: float | None


@dataclass(frozen=True, slots=True)
class PowerLimited:
    """The engine is slowed down for the power budget, for heat or for over-current."""

    budget_w: float | None
    duty: float
    reason: str


@dataclass(frozen=True, slots=True)
class OverBudget:
    """The machine draws more than its budget, and everything that the agent can do is done or being done."""

    budget_w: float | None
    total_w: float
    over_for_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class PowerUnmetered:
    """The power cannot be measured, so that no budget is kept."""

    budget_w: float | None
    reason: str


Event = (
    ModelLoaded
    | ModelLoadFailed
    | EngineLost
    | JournalSetAside
    | StorageFull
    | PayloadsDropped
    | ReplyUndeliverable
    | PowerWithin
    | PowerLimited
    | OverBudget
    | PowerUnmetered
)
