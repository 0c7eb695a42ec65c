"""What the commands `jetson-agent fleet …` have in common: folders, keys, passphrases, the broker."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from agent.client import AskError
from agent.config import Broker
from agent.config_file import load_config
from agent.config_values import Duration, TopicLevel
from agent.errors import StopError
from agent.fleet.release_paths import UnsafePathError, check_release_name
from agent.fleet.values import ReleaseName
from agent.plain_file import read_text
from agent.units import Ratio, Seconds

if TYPE_CHECKING:
    from agent.fleet_admin.keys import KeyFolder
    from agent.fleet_admin.place import Place

_LEAST_CHARACTERS = 8


def _release(text: str) -> str:
    try:
        return check_release_name(text)
    except UnsafePathError as error:
        raise typer.BadParameter(
            "a release's name is 1 to 64 of A-Z a-z 0-9 _ . + - and begins with a letter or digit"
        ) from error


def name_in_fleet(text: str) -> str:
    """A channel's, a group's or a device's name, of the command line."""
    try:
        return TypeAdapter(TopicLevel).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("a name is 1 to 64 of A-Z a-z 0-9 _ . -") from error


def seconds(text: str) -> Seconds:
    """A duration of the command line."""
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("a duration has a unit: 10s, 5min, 1h or 2d") from error


def share(text: str) -> Ratio:
    """`0.05` or `5%`, of the command line."""
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter("a share is 0 to 1, or 0% to 100%")
    return Ratio(value)


FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The fleet's folder, which fleet init makes.")]
ReleaseArgument = Annotated[str, typer.Argument(parser=_release, metavar="RELEASE", help="The release's name.")]
NameOption = Annotated[str, typer.Option("--name", parser=_release, metavar="NAME", help="The release's name.")]
KeysOption = Annotated[
    list[Path] | None, typer.Option("--keys", metavar="FOLDER", help="One more folder to look for keys in: a stick.")
]
PassphraseOption = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="FILE", help="The keys' passphrase. Default: asked for.")
]
BrokerOption = Annotated[
    str | None,
    typer.Option("--broker", metavar="HOST[:PORT]", help="The devices' broker. Default: the configuration's."),
]


class Passphrases:
    """What keys are encrypted with: the same for all, or asked for again where it is another one's.

    Args:
        file: That has it; None: a person is asked.
        is_new: Whether it is for new keys, and is therefore asked for twice.
    """

    def __init__(self, file: Path | None, *, is_new: bool = False) -> None:
        self._file = file
        self._is_new = is_new
        self._known: bytes | None = None
        self._asked: set[str] = set()

    def __call__(self, key: str) -> bytes:
        """The passphrase of a key. Raises `StopError`."""
        if key in self._asked and self._file is not None:
            raise StopError(f"the passphrase in {self._file} is not that of the key {key}")
        if key in self._asked:
            typer.echo(f"That is not the passphrase of the key {key}", err=True)
        if key in self._asked or self._known is None:
            self._known = self._read(key) if self._file is None else self._from(self._file)
        self._asked.add(key)
        return self._known

    def _read(self, key: str) -> bytes:
        what = "A passphrase for the new keys" if self._is_new else f"Passphrase of the key {key}"
        return self._checked(typer.prompt(what, hide_input=True, confirmation_prompt=self._is_new, err=True))

    def _from(self, file: Path) -> bytes:
        try:
            return self._checked(read_text(file).rstrip("\n"))
        except OSError as error:
            raise StopError(f"{file}: {error.strerror}") from error
        except ValueError as error:
            raise StopError(f"{file}: {error}") from error

    def _checked(self, passphrase: str) -> bytes:
        if self._is_new and len(passphrase) < _LEAST_CHARACTERS:
            raise StopError(f"a passphrase has at least {_LEAST_CHARACTERS} characters; it is all that guards the keys")
        return passphrase.encode()


def opened(folder: Path, keys: list[Path] | None, passphrase: Path | None) -> "tuple[Place, KeyFolder]":
    """A fleet's folder, and its keys."""
    from agent.fleet_admin.keys import KeyFolder  # noqa: PLC0415  # cryptography takes its time
    from agent.fleet_admin.place import Place  # noqa: PLC0415  # tuf likewise

    place = Place(folder)
    return place, KeyFolder(place.keys, Passphrases(passphrase), keys or ())


def now() -> datetime:
    """When something is signed."""
    return datetime.now(UTC)


def release_name(text: str) -> ReleaseName:
    """Of the command line."""
    return ReleaseName(text)


def hearing_place(config: Path | None, broker: str | None) -> tuple[Broker, str]:
    """The broker, and what is before the devices' ids in their topics.

    Raises:
        ConfigError: The configuration cannot be used.
    """
    loaded = load_config(config, os.environ)
    if broker is None:
        return loaded.broker, loaded.topic_root
    host, _, port = broker.partition(":")
    try:
        named = Broker(host=host, port=int(port) if port else None)
    except ValueError as error:
        raise typer.BadParameter("a broker is HOST or HOST:PORT", param_hint="--broker") from error
    return loaded.broker.model_copy(update={"host": named.host, "port": named.port}), loaded.topic_root


@contextmanager
def hinting_at_broker(broker: str | None) -> Iterator[None]:
    """Where the configuration's broker is not there, say that another can be named. Raises `AskError`."""
    try:
        yield
    except AskError as error:
        if broker is None and isinstance(error.__cause__, OSError):
            raise AskError(f"{error}; or name the devices' broker: --broker HOST[:PORT], or -c FILE") from error
        raise
