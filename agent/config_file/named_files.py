"""The files that a configuration names: whether they are there and hold what they should."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NoReturn

from pydantic import BaseModel

from agent.broker_security import read_password, tls_context
from agent.camera.capture.source import Stored, source_of
from agent.camera.settings import Camera
from agent.config import Config, Tls
from agent.config_file.tree import KeyPath
from agent.errors import ConfigError, RejectedError
from agent.plain_file import plain_file, read_text
from agent.schema_limits import check_schema

CREDENTIALS = Path("credentials")
"""The folder beside the configuration that only root may read, and that systemd hands to the service."""


def place_of(path: Path, folder: Path, credentials: Path | None) -> Path:
    """Where the file is that a configuration in `folder` calls `path`.

    Args:
        path: As it is written.
        folder: Where relative paths start.
        credentials: Where systemd has put what `credentials/…` names; None: nowhere.
    """
    if credentials is not None and path.parent == CREDENTIALS and (credentials / path.name).exists():
        return credentials / path.name
    return folder / path


def source_in(folder: Path, source: str) -> str:
    """A camera's source as it is written in a configuration in `folder`, with the whole path of a file or a folder."""
    try:
        kind = source_of(source)
    except ValueError:
        return source  # which the settings say of it
    return str(folder / source) if isinstance(kind, Stored) and source else source


def paths_in(section: BaseModel, above: tuple[str, ...] = ()) -> Iterator[tuple[str, PurePath]]:
    """The keys whose values are paths, and the paths as they are written."""
    for name, field in type(section).model_fields.items():
        place = (*above, field.alias or name)
        match getattr(section, name):
            case PurePath() as path:
                yield ".".join(place), path
            case BaseModel() as below:
                yield from paths_in(below, place)
            case dict() as named:
                for one, below in named.items():
                    yield from paths_in(below, (*place, one))
    if isinstance(section, Camera) and isinstance(kind := source_of(section.source), Stored):
        yield ".".join((*above, "source")), PurePath(kind.path)


def complaint_about(key: KeyPath, file: Path) -> str | None:
    """What is wrong with the file of a key; None when nothing is, or when it need not exist yet."""
    name = key[-1]
    if name in {"state_dir", "models_dir"}:
        return None
    is_secret = name in {"password_file", "api_key_file"}
    # What was written there may be the secret itself.
    shown = "the file" if is_secret else str(file)
    try:
        match name:
            case _ if is_secret:
                read_password(file)
            case "schema":
                schema_text(file)
            case "ca":
                tls_context(Tls(ca=plain_file(file)))
            case _:
                plain_file(file).read_bytes()
    except FileNotFoundError:
        return f"there is no such file{_folder_of_secret(file) if is_secret else f': {file}'}"
    except ConfigError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {shown}: {error.strerror}"
    except ValueError as error:
        return f"{shown}: {error}"
    return None


def _folder_of_secret(file: Path) -> str:
    """Where it was looked for. What was written may be the secret, but a folder that is there is none."""
    return f" in {file.parent}" if file.parent.is_dir() else ""


def read_schemas(config: Config) -> dict[str, str]:
    """The JSON Schema of every route that has one, as JSON text, by the route's name.

    Raises:
        ConfigError: A file cannot be read any more, or is no JSON object any more.
    """
    schemas = {}
    for name, route in config.routes.items():
        if route.schema_file is None:
            continue
        complaint = complaint_about(("routes", name, "schema"), route.schema_file)
        if complaint is not None:
            raise ConfigError(f"routes.{name}.schema: {complaint}")
        schemas[name] = schema_text(route.schema_file)
    return schemas


def schema_text(file: Path) -> str:
    """The text of a JSON Schema file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not a JSON object, or exceeds a limit: every prompt through the route would be refused.
    """
    text = read_text(file)
    try:
        schema = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(schema, dict):
        raise ValueError("not a JSON Schema: it must be a JSON object")  # noqa: TRY004  # the file is wrong, not a type
    try:
        check_schema(text)
    except RejectedError as refusal:
        raise ValueError(refusal.message) from refusal
    return text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"not JSON: {name} is no number")
