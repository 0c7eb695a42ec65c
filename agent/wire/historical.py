"""How telemetry that could not be sent in its time is sent later."""

from pydantic import BaseModel, ConfigDict

from agent.clock import Clock


class _Kept(BaseModel):
    """What is read of a message that waited. The rest goes on as it was written: another version may have done so."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)

    boot_id: str
    at: float
    uptime_s: float


def as_historical(payload: bytes, clock: Clock) -> bytes:
    """A message of telemetry that could not be sent in its time, as it is sent now.

    Its time by the wall clock is corrected when the clock was set since, as far as that can be known: in the same boot.
    Of two opinions the later one is kept, because a board without a battery-backed clock errs into the past.

    Raises:
        ValueError: It is no message of telemetry.
    """
    message = _Kept.model_validate_json(payload)
    at = message.at
    if message.boot_id == clock.boot_id:
        at = max(at, clock.wall() - (clock.now() - message.uptime_s))
    return message.model_copy(update={"historical": True, "at": round(at, 3)}).model_dump_json().encode()
