"""What `top` reads is what this version says: no name differs."""

from types import UnionType
from typing import Annotated, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from agent.top.seen import Number, Seen
from agent.wire.machine import Measured
from agent.wire.telemetry import TelemetryPayload

_LEAVES = {Number, Measured}


def _names(model: type[BaseModel], above: str = "") -> set[str]:
    """Every field, and the fields of the parts, as paths."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        path = f"{above}{name}"
        names |= {path}
        for part in _models(field.annotation):
            names |= _names(part, f"{path}.")
    return names


def _models(annotation: object) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and get_origin(annotation) is None:
        return set() if annotation in _LEAVES else {annotation}
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple, list, dict):
        return {model for argument in get_args(annotation) for model in _models(argument)}
    return set()


@pytest.mark.parametrize("path", sorted(_names(Seen)))
def test_the_agent_says_what_is_shown(path: str) -> None:
    assert path in _names(TelemetryPayload)
