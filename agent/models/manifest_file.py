"""Manifests as YAML."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from agent.durable_file import write_durably
from agent.errors import ConfigError
from agent.models.manifest import Manifest


def parse_manifest(text: str | bytes, where: str) -> Manifest:
    """Read a manifest.

    Args:
        text: The YAML.
        where: What the error calls it.

    Raises:
        ConfigError: It is none; the message names the first thing that is wrong.
    """
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise ConfigError(f"{where}: nested too deeply") from error
    except (ArithmeticError, AttributeError, LookupError, ValueError) as error:  # a 13th month, `!!bool perhaps`
        raise ConfigError(f"{where}: not YAML: a value cannot be read; put it in quotes if it is text") from error
    try:
        return Manifest.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{where}: not a model's manifest: {path}: {first['msg']}") from error


def read_manifest(file: Path) -> Manifest:
    """Read a manifest's file.

    Raises:
        ConfigError: It cannot be read, is no manifest, or has another model's name.
    """
    try:
        manifest = parse_manifest(file.read_bytes(), str(file))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    if manifest.name != file.stem:
        raise ConfigError(f"{file}: it is the manifest of {manifest.name}, so it must be called {manifest.name}.yaml")
    return manifest


def manifest_text(manifest: Manifest) -> str:
    """The YAML of a manifest, always the same for the same one."""
    tree = manifest.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120)


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write it as `<name>.yaml`, durably.

    Raises:
        OSError: The disk does not take it.
    """
    file = folder / f"{manifest.name}.yaml"
    write_durably(file, manifest_text(manifest).encode())
    file.chmod(0o644)  # it is no secret, and the agent may run as another user than who pulls
    return file
