"""Telemetry and events as `top` reads them: everything optional.

The device may run another version than this program: what it does not say, or says in another form, is unknown here,
and the rest is shown all the same. `agent.wire.telemetry` is what this version says.
"""

import math
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
)
from pydantic.functional_validators import PlainValidator, WrapValidator

from agent.printable import printable

_MOST_CHARACTERS = 200
_MOST_ITEMS = 32
_LATEST = 253_402_300_799
"""Unix seconds: the end of the year 9999. Not every later time can be shown."""


class Number(BaseModel):
    """A number, or why there is none."""

    model_config = ConfigDict(frozen=True)

    value: float | None = None
    why: str = "not told"


def _clean(text: str) -> str:
    return " ".join(printable(text[:_MOST_CHARACTERS], keep="\n\t").split())


def _number(given: object) -> Number:
    """Of a bare number, of `{"value", "why"}`, or of anything else."""
    match given:
        case bool():
            return Number()
        case int() | float():
            return _finite(given)
        case {"value": int() | float() as value}:
            return _finite(value)
        case {"why": str() as why}:
            return Number(why=_clean(why))
        case _:
            return Number()


def _finite(given: float) -> Number:
    try:
        value = float(given)
    except OverflowError:  # an integer of some hundred digits
        return Number()
    return Number(value=value) if math.isfinite(value) else Number()


def _none_if_wrong(given: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(given)
    except ValidationError:
        return None


def _few(given: object) -> object:
    return given[:_MOST_ITEMS] if isinstance(given, list) else given


_T = TypeVar("_T")
Maybe = Annotated[_T | None, WrapValidator(_none_if_wrong)]
Several = Annotated[
    tuple[_T, ...] | None, WrapValidator(lambda given, read: _none_if_wrong(_few(given), read)), Field(default=None)
]
Amount = Annotated[Number, PlainValidator(_number), Field(default_factory=Number)]
Words = Annotated[str, AfterValidator(_clean)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Rail(_Part):
    """A place where power is measured."""

    name: Words
    power_w: Amount


class Power(_Part):
    """The machine's power."""

    total_w: Amount
    mean_w: Amount
    max_w: Amount
    source: Maybe[Words] = None
    rails: Several[Rail]


class Zone(_Part):
    """A thermal zone."""

    name: Words
    temperature_c: Amount
    throttles_at_c: Amount


class Gpu(_Part):
    """A GPU."""

    name: Words
    clock_hz: Amount
    load: Amount
    temperature_c: Amount


class Memory(_Part):
    """The machine's memory."""

    total_bytes: Amount
    available_bytes: Amount


class Governor(_Part):
    """What keeps the budgets."""

    state: Maybe[Words] = None
    reason: Maybe[Words] = None
    budget_w: Amount
    over_for_s: Amount
    duty: Amount
    max_running: Amount
    model: Maybe[Words] = None


class MemoryBudget(_Part):
    """What the model takes, as foreseen and as measured."""

    budget_bytes: Amount
    predicted_bytes: Amount
    measured_bytes: Amount
    context_length: Amount


class OfModel(_Part):
    """The energy of one model's requests."""

    joules: Amount
    output_tokens: Amount


class Energy(_Part):
    """Since the agent's start."""

    total_j: Amount
    idle_j: Amount
    requests_j: Amount
    by_model: Maybe[dict[Words, OfModel]] = None


class Recent(_Part):
    """A request that ended a short time ago."""

    id: Maybe[Words] = None
    prompt_tokens: Amount
    completion_tokens: Amount
    total_s: Amount
    tokens_per_s: Amount
    joules: Amount
    error: Maybe[Words] = None


class Requests(_Part):
    """Counts since the agent's start."""

    completed: Amount
    errors: Maybe[dict[Words, int]] = None
    engine_losses: Amount


class Tokens(_Part):
    """Tokens of the completions."""

    output_per_s: Amount


class Percentiles(_Part):
    """A duration over the last requests."""

    p50: Amount
    p95: Amount
    why: Maybe[Words] = None


class Link(_Part):
    """The broker's connection."""

    losses: Amount


class Journal(_Part):
    """What waits on the disk."""

    outbox: Amount


class SeenEvent(_Part):
    """A message of `R/event`."""

    event: Words
    at: float = Field(ge=0, le=_LATEST)
    detail: dict[str, JsonValue] = Field(default_factory=dict)


class Seen(_Part):
    """A message of `R/telemetry`."""

    version: Maybe[Words] = None
    machine: Maybe[Words] = None
    jetpack: Maybe[Words] = None
    model: Maybe[Words] = None
    uptime_s: Amount
    historical: Maybe[bool] = False
    sensors_why: Maybe[Words] = None
    power: Maybe[Power] = None
    gpus: Several[Gpu]
    zones: Several[Zone]
    throttling: Several[Words]
    memory: Maybe[Memory] = None
    engine_rss_bytes: Amount
    queued: Amount
    running: Amount
    requests: Maybe[Requests] = None
    tokens: Maybe[Tokens] = None
    first_token_s: Maybe[Percentiles] = None
    per_token_s: Maybe[Percentiles] = None
    link: Maybe[Link] = None
    journal: Maybe[Journal] = None
    governor: Maybe[Governor] = None
    memory_budget: Maybe[MemoryBudget] = None
    energy: Maybe[Energy] = None
    recent: Several[Recent]
