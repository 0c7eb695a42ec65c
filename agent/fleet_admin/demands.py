"""Reads what an operator writes about a release: canaries, what it has to show, and a fragment of configuration."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from agent.config_file import CREDENTIALS, Use, load_config, paths_in
from agent.config_values import Duration, Section
from agent.errors import ConfigError
from agent.fault_words import fault_in_words
from agent.fleet.values import Canary, Proof
from agent.fleet_admin.errors import FleetError
from agent.plain_file import read_text
from agent.release_folder import RELEASE_MODELS
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


_WORDS = {
    "no list": "must be a list of canaries: docs/fleet.md has one",
    "model_type": "must have a name and a prompt",
    "tuple_type": "must be a list, such as [Paris]",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
}
"""By pydantic's error type: what is said otherwise than on the wire."""
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


def check_fragment(file: Path, models: Sequence[Path]) -> None:
    """Look at a fragment of configuration as a device's agent will.

    Of the files that it names, those have to be here that the release brings: relative paths start at its folder, and
    it has the models. Others are on the devices.

    Args:
        file: The fragment.
        models: The folders of the models that are published with it.

    Raises:
        FleetError: Every device would refuse it.
    """
    if not file.is_file():
        raise FleetError(f"{file}: there is no such file")
    try:
        config = load_config(file, {}, release=None, use=Use.ELSEWHERE)
    except ConfigError as error:
        raise FleetError(f"no device would start with this configuration:\n{error}") from error
    brought = {folder.resolve().name: folder for folder in models}
    for key, path in paths_in(config):
        if not path.is_absolute() and path.parent != CREDENTIALS and not _is_brought(path, brought):
            raise FleetError(
                f"{file}: {key}: no device would have {path}: a relative path starts at the release's folder, and of "
                f"that only {RELEASE_MODELS}/NAME/FILE can be, a file of a model that is published with it (--model)"
            )


def _is_brought(path: PurePath, models: dict[str, Path]) -> bool:
    match path.parts:
        case (folder, name, *within) if folder == RELEASE_MODELS and within and name in models:
            is_hidden = any(part.startswith(".") for part in within)  # which is not published, and ".." leads elsewhere
            return not is_hidden and models[name].joinpath(*within).exists()
    return False


def _first(error: ValidationError) -> str:
    """The first thing that is wrong; of a list of canaries, in which one."""
    first = error.errors(include_url=False)[0]
    kind = first["type"] if first["loc"] else "no list"
    place = (
        f"canary {part + 1}" if at == 0 and isinstance(part, int) else f"{part}" for at, part in enumerate(first["loc"])
    )
    return ": ".join((*place, _WORDS.get(kind) or fault_in_words(first)))
