"""What cameras say, and what may be set about them: observations, facts, states."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue, TypeAdapter, ValidationError

from agent.camera.run_time import Change, Effective
from agent.camera.settings import MostPerHour, QuietSpan, When
from agent.camera.values import Facts
from agent.config_values import Period
from agent.errors import ErrorCode
from agent.observed import Observed
from agent.prompt import Completion, Failure, FinishReason, PromptId, Reply
from agent.units import MinuteOfDay
from agent.wire.payload import IdText, Payload
from agent.wire.reply import EnergyPayload, ErrorPayload, TimingPayload, UsagePayload, completion_payload, error_payload
from agent.wire.request import InvalidPayloadError, rejection, text_of_payload

_FACTS: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
_MOST_SPANS = 24


class MoverPayload(Payload):
    """Something that moves, followed over several looks."""

    zone: str | None
    """The zone of the configuration that its centre is in; null: in none."""
    direction: Literal["left", "right", "closer", "away"] | None
    """As seen by the camera; null: not known yet, or it stays where it is."""
    size: float
    """The share of the picture that it takes, 0 to 1."""
    seconds: float
    """For how long it has been followed."""


class CodePayload(Payload):
    """A code that was read."""

    kind: str
    """`qr`, or a barcode's kind such as `ean_13`."""
    text: str


class FactsPayload(Payload):
    """What was known of a camera's scene at one moment: measured, not guessed by a model."""

    condition: Literal["clear", "covered", "black", "frozen", "blurred", "lost"]
    """What is wrong with the picture; `clear`: nothing."""
    light: str | None
    """`dark`, `dim` or `bright`; null before the first look."""
    movers: list[MoverPayload]
    """What moves, largest first."""
    still_s: float | None
    """For how long nothing has moved; 0 while something does, null just after the start."""
    counts: dict[str, int] | None
    """How many of each label the detector saw; null: there is none, or it has not seen enough of late to say."""
    codes: list[CodePayload]
    """Read in the last seconds."""
    width: int
    """Of the picture, in pixels."""
    height: int


class ObservationPayload(Payload):
    """What a camera saw, on `R/camera/<name>`, with what a model says of it where it was asked."""

    camera: str
    id: IdText
    text: str | None
    """What the model says; null without a model, and with an error."""
    facts: dict[str, JsonValue]
    """What was measured: `facts.schema.json`."""
    trigger: str
    """Why: `every`, `motion`, `scene_change`, `code`, `class`, `on_demand` or `condition`."""
    taken_at: float
    """Unix time of the frame, in seconds."""
    model: str | None = None
    finish_reason: FinishReason | None = None
    """As in a reply."""
    usage: UsagePayload | None = None
    timing: TimingPayload | None = None
    """From the observation on."""
    energy: EnergyPayload | None = None
    error: ErrorPayload | None = None
    """Why the model has said nothing although it was asked."""


class QuietPayload(Payload):
    """A span of each day without observations, in local time; it may go over midnight."""

    begins: str = Field(alias="from")
    """As in `22:00`."""
    ends: str = Field(alias="to")
    """Likewise."""


class CameraStatePayload(Payload):
    """What holds for a camera, retained on `R/camera/<name>/state`."""

    on: bool
    """Whether it makes observations."""
    every: str
    """The least time between two of the same kind, as in the configuration: `10s`."""
    when: list[str]
    """What makes one."""
    prompt: str | None
    """What the model is asked; null: nothing, and no model runs."""
    most_per_hour: int
    """More observations than this in an hour are not made."""
    quiet: list[QuietPayload]
    """The spans of the day in which none are made."""
    is_set: bool
    """Whether any of it was set at run time, over the configuration."""
    condition: Literal["clear", "covered", "black", "frozen", "blurred", "lost"]
    """What is wrong with the picture; `lost`: there is none."""
    why: str | None
    """Why there is no picture; null while there is one."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class CameraSetPayload(Payload):
    """Sets what holds for a camera until it is set anew, over restarts. Null means the same as leaving out."""

    on: bool | None = None
    """As `ON` and `OFF` do."""
    every: Period | None = None
    """The least time between two observations of the same kind: 0s, or 1s and more, as in `10s`."""
    when: (
        Annotated[list[When], Field(min_length=1), BeforeValidator(_as_list, json_schema_input_type=When | list[When])]
        | None
    ) = None
    """What makes an observation."""
    prompt: Annotated[str, Field(max_length=8192)] | None = None
    """What the model is asked; empty: nothing, and no model runs."""
    most_per_hour: MostPerHour | None = None
    """More observations than this in an hour are not made."""
    quiet: Annotated[list[QuietSpan], Field(max_length=_MOST_SPANS)] | None = None
    """The spans of the day in which none are made; empty: at all hours they are."""
    reset: bool = False
    """Forget first what was set before, so that the configuration holds again."""


def decode_camera_set(payload: bytes) -> Change:
    """Read what is to be set: `ON`, `OFF`, or an object.

    Raises:
        InvalidPayloadError: It is none of them.
    """
    text = text_of_payload(payload).strip()
    if text in ("ON", "OFF"):
        return Change(on=text == "ON")
    if not text.startswith("{"):
        raise InvalidPayloadError(
            ErrorCode.INVALID_REQUEST, "give ON, OFF, or a JSON object", prompt_id=None, is_text=True
        )
    try:
        fields = CameraSetPayload.model_validate_json(text)
    except ValidationError as error:
        raise rejection(error.errors(include_url=False, include_input=False), None) from None
    when = None if fields.when is None else tuple(fields.when)
    quiet = None if fields.quiet is None else tuple(fields.quiet)
    return Change(fields.on, fields.every, when, fields.prompt, fields.most_per_hour, quiet, fields.reset)


def encode_camera_state(state: Effective, condition: str, why: str | None) -> bytes:
    """The bytes of a camera's retained state."""
    settings = state.settings
    payload = CameraStatePayload.model_validate(
        {
            "on": state.on,
            "every": f"{settings.every:g}s",
            "when": list(settings.when),
            "prompt": settings.prompt,
            "most_per_hour": settings.most_per_hour,
            "quiet": [{"from": _time_of_day(it.begins), "to": _time_of_day(it.ends)} for it in settings.quiet],
            "is_set": state.is_set,
            "condition": condition,
            "why": why,
        }
    )
    return payload.model_dump_json(by_alias=True).encode()


def _time_of_day(minute: MinuteOfDay) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def encode_facts(facts: Facts) -> str:
    """The JSON text of what is known of a scene; when and by whom stands beside it."""
    payload = FactsPayload.model_validate(
        {
            "condition": facts.condition.value,
            "light": facts.light,
            "movers": [
                MoverPayload.model_validate(
                    {
                        "zone": it.zone,
                        "direction": None if it.direction is None else it.direction.value,
                        "size": round(it.size, 4),
                        "seconds": round(it.seconds, 1),
                    }
                )
                for it in facts.movers
            ],
            "still_s": None if facts.still is None else round(facts.still, 1),
            "counts": None if facts.counts is None else dict(facts.counts),
            "codes": [CodePayload(kind=code.kind, text=code.text) for code in facts.codes],
            "width": facts.width,
            "height": facts.height,
        }
    )
    return payload.model_dump_json()


def encode_observation(observation_id: PromptId, observed: Observed, reply: Reply | None) -> bytes:
    """The bytes of an observation.

    Args:
        observation_id: Its id.
        observed: What the camera saw.
        reply: What became of the prompt; None: no model was asked.
    """
    payload = ObservationPayload(
        camera=observed.camera,
        id=observation_id,
        text=reply.text if isinstance(reply, Completion) else None,
        facts=_FACTS.validate_json(observed.facts),
        trigger=observed.trigger,
        taken_at=round(observed.taken_at, 3),
    )
    if isinstance(reply, Completion):
        answer = completion_payload(reply)
        payload = payload.model_copy(
            update={
                "model": answer.model,
                "finish_reason": reply.finish_reason,
                "usage": answer.usage,
                "timing": answer.timing,
                "energy": answer.energy,
            }
        )
    elif isinstance(reply, Failure):
        payload = payload.model_copy(update={"error": error_payload(reply)})
    return payload.model_dump_json().encode()
