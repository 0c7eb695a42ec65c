"""Reads what an operator writes about a release: canaries, what it has to show, and a fragment of configuration."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from agent.config_file import Use, load_config
from agent.config_values import Duration, Section
from agent.errors import ConfigError
from agent.fleet.values import Canary, Proof
from agent.fleet_admin.errors import FleetError
from agent.plain_file import read_text
from agent.units import Ratio, Seconds

USUAL_PROOF = Proof(
    within=Seconds(300.0),
    lasts=Seconds(600.0),
    least_speed=Ratio(0.8),
    most_energy=Ratio(1.25),
    most_failures=Ratio(0.02),
)


class _CanaryForm(Section):
    name: Annotated[str, Field(min_length=1)]
    prompt: Annotated[str, Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] = 64
    contains: tuple[str, ...] = ()


class _ProofForm(Section):
    within: Annotated[Duration, Field(gt=0)] | None = None
    lasts: Duration | None = None
    least_speed: Annotated[float, Field(ge=0)] | None = None
    most_energy: Annotated[float, Field(gt=0)] | None = None
    most_failures: Annotated[float, Field(ge=0, le=1)] | None = None


_CANARIES = TypeAdapter(tuple[_CanaryForm, ...])


def read_canaries(file: Path) -> tuple[Canary, ...]:
    """The canaries of a file: a list in YAML. Raises `FleetError`."""
    try:
        forms = _CANARIES.validate_python(yaml.safe_load(read_text(file)))
    except OSError as error:
        raise FleetError(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        raise FleetError(f"{file}: {_first(error)}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise FleetError(f"{file}: {error}") from error
    return tuple(Canary(form.name, form.prompt, form.max_tokens, form.contains) for form in forms)


def read_proof(words: list[str]) -> Proof:
    """What a release has to show: `lasts=10min`, and the rest as usual. Raises `FleetError`."""
    fields = {name: value for name, _, value in (word.partition("=") for word in words)}
    try:
        form = _ProofForm.model_validate(fields)
    except ValidationError as error:
        raise FleetError(f"--proof: {_first(error)}; such as lasts=10min or least_speed=0.8") from error
    return replace(USUAL_PROOF, **{name: value for name, value in form if value is not None})


def check_fragment(file: Path) -> None:
    """Look at a fragment of configuration as a device's agent will, but for the files that it names: they are there.

    Raises:
        FleetError: Every device would refuse it.
    """
    if not file.is_file():
        raise FleetError(f"{file}: there is no such file")
    try:
        load_config(file, {}, release=None, use=Use.ELSEWHERE)
    except ConfigError as error:
        raise FleetError(f"no device would start with this configuration:\n{error}") from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
