"""How values are written in the configuration: durations, times of day, sizes, names."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field
from pydantic_core import PydanticCustomError

from agent.units import MinuteOfDay, Seconds


class Section(BaseModel):
    """A section of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|min|h|d)")
_TIME_OF_DAY = re.compile(r"(?P<hours>[01]\d|2[0-3]):(?P<minutes>[0-5]\d)")
_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_MINUTES_OF_DAY = 24 * 60
_SECONDS_PER = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_MIN_SPOOL = 256 * 1024


def _duration(value: object) -> object:
    """Read `500ms`, `10s`, `5min`, `1h` or `30d` as seconds."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is a number with its unit: 500ms, 10s, 5min, 1h or 30d")
    return float(match["number"]) * _SECONDS_PER[match["unit"]]


def _time_of_day(value: object) -> object:
    """Read `06:30` as minutes since midnight; YAML itself has done so with a `22:00` that is not in quotes."""
    if type(value) is int and 0 <= value < _MINUTES_OF_DAY:
        return value
    match = _TIME_OF_DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a time of day is hours and minutes: 06:30")
    return int(match["hours"]) * 60 + int(match["minutes"])


def _never_or_seldom(every: Seconds) -> Seconds:
    if 0 < every < 1:
        raise ValueError("must be 0s or at least 1s")
    return every


def _web_address(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be like https://host:8000/v1, without user, password and query")
    return value


def _with_unit(value: object) -> object:
    """Leave a number without one to nobody's guess; a value that is a size already has none to write."""
    is_bare = isinstance(value, int | float) and not isinstance(value, ByteSize)
    if is_bare or (isinstance(value, str) and value.strip()[-1:].isdigit()):
        raise PydanticCustomError("byte_size", "a size has its unit: 512KiB, 64MiB or 1GiB")
    return value


def _none_or_enough(size: ByteSize) -> ByteSize:
    if 0 < size < _MIN_SPOOL:
        raise ValueError("must be 0B or at least 256KiB")
    return size


def _more_than_dots(name: str) -> str:
    """It also names a folder, and `..` would be another one's."""
    if not name.strip("."):
        raise ValueError("must not be dots alone")
    return name


def _number_or_auto(value: object) -> object:
    return None if value == "auto" else value


def _off_or_on(value: object) -> object:
    """YAML itself has read an `off` or `on` that is not in quotes as no or yes."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return value


Duration = Annotated[Seconds, BeforeValidator(_duration, json_schema_input_type=str)]
TopicLevel = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$"), AfterValidator(_more_than_dots)]
TimeOfDay = Annotated[MinuteOfDay, BeforeValidator(_time_of_day, json_schema_input_type=str)]
Watts = Annotated[float, Field(ge=1)]
Period = Annotated[Duration, AfterValidator(_never_or_seldom)]
Size = Annotated[ByteSize, BeforeValidator(_with_unit, json_schema_input_type=str)]
SpoolSize = Annotated[Size, AfterValidator(_none_or_enough)]
Port = Annotated[int, Field(ge=1, le=65535)]
OffAutoOn = Annotated[str, BeforeValidator(_off_or_on, json_schema_input_type=str), Field(pattern="^(off|auto|on)$")]
Url = Annotated[str, AfterValidator(_web_address)]
MaxRunning = Annotated[Annotated[int, Field(ge=1, le=64)] | None, BeforeValidator(_number_or_auto)]
