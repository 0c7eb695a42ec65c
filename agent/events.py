"""What an operator wants to be told: each event a value. `event_log` carries them, `wire` says how they look."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """The engine serves a model, with so many tokens of context, so many requests at once, and eyes or none."""

    model: str
    seconds: float
    context_length: int
    engine: str
    max_running: int = 1
    vision: bool = False


class LoadProblem(StrEnum):
    """In which way a load failed."""

    REFUSED = "refused"
    """The engine said why."""
    CRASHED = "crashed"
    """Its process ended by itself."""
    KILLED = "killed"
    """Somebody else ended its process: mostly the kernel, for memory."""
    TIMED_OUT = "timed_out"
    """It took longer than `engine.load_timeout`."""
    NOT_STARTED = "not_started"
    """Not even its process could be started."""


@dataclass(frozen=True, slots=True)
class ModelLoadFailed:
    """The engine could not load the model; another one is tried, or the same again."""

    model: str
    reason: str
    engine: str
    problem: LoadProblem


@dataclass(frozen=True, slots=True)
class ModelUnloaded:
    """The engine's process was ended: to load another model, for want of memory, or for want of work."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelDoesNotFit:
    """There is not the memory to load a model; it is tried again."""

    model: str
    needed_bytes: int
    available_bytes: int


@dataclass(frozen=True, slots=True)
class ContextShortened:
    """A model is loaded with less context than it has, for want of memory."""

    model: str
    context_length: int
    model_context_length: int


@dataclass(frozen=True, slots=True)
class MemoryLow:
    """Others have taken the reserve: no prompt is started until they give it back."""

    level: str
    available_bytes: int
    reserve_bytes: int


@dataclass(frozen=True, slots=True)
class MemoryRecovered:
    """The reserve is there again."""

    available_bytes: int
    seconds: float


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
class ThrottlingBegan:
    """The machine slows itself down, for heat or current."""

    cooling_devices: tuple[str, ...]
    hottest_zone: str | None
    temperature_c: float | None


@dataclass(frozen=True, slots=True)
class ThrottlingEnded:
    """It does not any more."""


@dataclass(frozen=True, slots=True)
class OverCurrent:
    """A counter of over-current events has counted so many more."""

    counter: str
    events: int


@dataclass(frozen=True, slots=True)
class MemoryKills:
    """The kernel has ended processes because memory ran out."""

    processes: int


@dataclass(frozen=True, slots=True)
class PowerMeterLost:
    """The machine's power was measured, and is not any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class PowerMeterBack:
    """It is measured again."""


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


@dataclass(frozen=True, slots=True)
class CameraLost:
    """A camera gives no frames; it is opened again and again."""

    camera: str
    reason: str


@dataclass(frozen=True, slots=True)
class CameraBack:
    """It gives frames again, after so long and so many losses; told at most once a minute."""

    camera: str
    seconds: float
    times: int


@dataclass(frozen=True, slots=True)
class CameraCondition:
    """What is wrong with a camera's picture has changed: covered, black, frozen, blurred, or clear again."""

    camera: str
    condition: str


@dataclass(frozen=True, slots=True)
class CameraTrouble:
    """A camera, or with no name all of them, is looked at less often than configured, or in part, or not at all."""

    camera: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class CameraSetRefused:
    """What was sent to `R/camera/<name>/set` is nothing that can be set, or there is no such camera.

    So often since it was last told; `camera` and `reason` are the last one's.
    """

    camera: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class UpdateState:
    """How far an update is: `agent.fleet.update.State`. `release` is None when it is about none.

    `rejected`: it came to nothing for the release's own sake, which is not tried here again.
    """

    release: str | None
    state: str
    why: str
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class UpdateRefused:
    """What the fleet's server gave was not accepted, in a way of `agent.fleet.values.Distrust`; nothing has changed."""

    kind: str
    why: str


Event = (
    ModelLoaded
    | ModelLoadFailed
    | ModelUnloaded
    | ModelDoesNotFit
    | ContextShortened
    | MemoryLow
    | MemoryRecovered
    | EngineLost
    | JournalSetAside
    | StorageFull
    | PayloadsDropped
    | ReplyUndeliverable
    | ThrottlingBegan
    | ThrottlingEnded
    | OverCurrent
    | MemoryKills
    | PowerMeterLost
    | PowerMeterBack
    | PowerWithin
    | PowerLimited
    | OverBudget
    | PowerUnmetered
    | CameraLost
    | CameraBack
    | CameraCondition
    | CameraTrouble
    | CameraSetRefused
    | UpdateState
    | UpdateRefused
)
