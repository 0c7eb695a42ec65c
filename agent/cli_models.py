"""The commands `jetson-agent models …`: commands -> calls, no logic of its own."""

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ByteSize, HttpUrl, TypeAdapter, ValidationError

from agent.cli_build import BUILD_HELP, ENGINE_HELP, build, build_engine
from agent.cli_parts import INTERRUPTED, ConfigOption, NameArgument, command_help, told_plainly
from agent.config import Config
from agent.config_file import load_config
from agent.config_file.named_models import keys_naming
from agent.errors import ConfigError, StopError
from agent.models.catalog import Catalog, Entry
from agent.models.remove import remove
from agent.models.table import human, told
from agent.models.verify import verify
from agent.models.work_folder import pull_folder
from agent.plain_file import read_text
from agent.units import Bytes

models = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help=command_help(
        "See which models there are, and get them. A model is described by a manifest: where it comes from, its files "
        "and their digests, its licence, what memory it takes.",
        ("jetson-agent models list", "what there is, what is here, what fits this machine"),
        ("jetson-agent models pull llama-3.2-1b-instruct-int4 --accept-new", "get one"),
    ),
)


def _rate(text: str) -> Bytes:
    try:
        rate = TypeAdapter(ByteSize).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("what may come in a second: 500KiB or 2MiB") from error
    if rate < 1:
        raise typer.BadParameter("at least a byte a second")
    return Bytes(rate)


def _mirror(text: str) -> str:
    try:
        return str(TypeAdapter(HttpUrl).validate_python(text))
    except ValidationError as error:
        raise typer.BadParameter("a mirror is the address of a folder: http://files.local/models") from error


@models.command(
    "list",
    help=command_help(
        "List the models that are known here: size, licence, whether it is on this machine, whether it fits into its "
        "memory now and with how much context, and which engines load it. ~ is an estimate.",
        ("jetson-agent models list", "with the configuration's models_dir and memory budget"),
        ("jetson-agent models list -c new.yaml", "with another configuration's"),
    ),
)
def list_models(config: ConfigOption = None) -> None:
    """List models."""
    with told_plainly():
        loaded = load_config(config, os.environ)
        from agent.models.report import show_models  # noqa: PLC0415  # rich takes its time

        show_models(loaded)


@models.command(
    help=command_help(
        "Show all that is known of a model: its manifest, where it is, and whether it fits.",
        ("jetson-agent models show edge-tiny", "the one that comes with the agent"),
    ),
)
def show(name: NameArgument, config: ConfigOption = None) -> None:
    """Show a model."""
    with told_plainly():
        loaded = load_config(config, os.environ)
        from agent.models.report import show_model  # noqa: PLC0415  # see list_models

        show_model(_known(name, loaded), loaded)


@models.command(
    help=command_help(
        "Download a model into models_dir, verify every byte, and only then let it appear. What has come is kept when "
        "it is cut off, by Ctrl-C or a power cut: the same command goes on from there. The licence is the model's own; "
        "`show` names it.",
        (
            "jetson-agent models pull llama-3.2-1b-instruct-int4 --accept-new",
            "from the hub; its digests are written down at this first time",
        ),
        ("jetson-agent models pull NAME --token-file hub.token", "a model that the hub gives only to who has agreed"),
        ("jetson-agent models pull NAME --mirror http://files.local/models", "from a web server of your own"),
        ("jetson-agent models pull NAME --limit 2MiB", "and leave the rest of the line to others"),
    ),
)
def pull(  # noqa: PLR0913 - each is an option of the command line
    name: NameArgument,
    config: ConfigOption = None,
    mirror: Annotated[
        str | None,
        typer.Option(
            parser=_mirror, metavar="URL", help="Where another machine's models_dir is served as plain files."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(parser=_rate, metavar="SIZE", help="What may come in a second, at most.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with the token for the hub or the mirror.")
    ] = None,
    *,
    accept_new: Annotated[
        bool, typer.Option("--accept-new", help="Take bytes whose digests no manifest here has, and write them down.")
    ] = False,
) -> None:
    """Download a model."""
    with told_plainly():
        loaded = load_config(config, os.environ)
        if name in loaded.upstreams:
            raise StopError(
                f"{name} is not downloaded: `upstreams` has this name, so prompts for it go to a server. To have both, "
                "give the upstream another name, and this one as its `model`"
            )
        token = None if token_file is None else _token(token_file)
        catalog = Catalog(loaded.models_dir, loaded.state_dir)
        from agent.models.fetching import fetch_model  # noqa: PLC0415  # huggingface_hub takes its time
        from agent.models.pull import From  # noqa: PLC0415  # likewise

        try:
            pulled = fetch_model(name, catalog, From(mirror, token, accept_new), Bytes(limit) if limit else None)
        except KeyboardInterrupt as error:
            typer.echo("Stopped. What has come is kept: the same command goes on from there.", err=True)
            raise typer.Exit(INTERRUPTED) from error
        was = "was there already" if pulled.was_there else "is there"
        typer.echo(f"{pulled.folder} {was}: {len(pulled.manifest.files)} files, verified")
        if pulled.pinned is not None:
            typer.echo(f"{pulled.pinned} has their digests: with it, other devices accept the same bytes only")
        typer.echo(f"To use it: model: {{name: {name}}} in the configuration; then restart the agent")


models.command(help=BUILD_HELP)(build)
models.command("build-engine", help=ENGINE_HELP)(build_engine)


@models.command(
    "verify",
    help=command_help(
        "Compare every file of a model with the digests in its manifest. Exits 1 if one is not right.",
        ("jetson-agent models verify edge-tiny", "the one that comes with the agent"),
    ),
)
def verify_model(name: NameArgument, config: ConfigOption = None) -> None:
    """Verify a model."""
    with told_plainly():
        entry = _known(name, load_config(config, os.environ))
        if entry.folder is None:
            raise StopError(f"{name} is not on this machine: jetson-agent models pull {name}")
        if entry.manifest is None or not entry.manifest.is_pinned:
            raise StopError(f"{entry.folder}: nothing says what should be in it; no manifest here has its digests")
        wrong = 0
        for checked in verify(entry.manifest, entry.folder):
            typer.echo(told(checked))
            wrong += checked.wrong is not None
        if wrong:
            raise StopError(f"{entry.folder}: {wrong} of its files must not be used")
        typer.echo(f"{entry.folder} is what its manifest says")


@models.command(
    "remove",
    help=command_help(
        "Remove a downloaded model, or what an unfinished download has left. Neither the one that comes with the agent "
        "nor one that the configuration names is removed.",
        ("jetson-agent models remove llama-3.2-1b-instruct-int4", "and see how much room that made"),
    ),
)
def remove_model(name: NameArgument, config: ConfigOption = None) -> None:
    """Remove a model."""
    with told_plainly():
        loaded = load_config(config, os.environ)
        catalog = Catalog(loaded.models_dir, loaded.state_dir)
        removed = remove(name, catalog.find(name), catalog.own, keys_naming(name, loaded))
        typer.echo(f"{name} is removed: {human(removed.size)} more are free")
        if removed.pinned is not None:
            typer.echo(f"{removed.pinned} stays, so that a later download must be the same bytes")


def _known(name: str, config: Config) -> Entry:
    catalog = Catalog(config.models_dir, config.state_dir)
    entry = catalog.find(name)
    if entry is None and os.path.isdir(pull_folder(catalog.own, name)):  # noqa: PTH112 - no error for an odd name
        raise ConfigError(
            f"nothing is known of a model {name!r} but that a download of it was begun: the same jetson-agent models "
            f"pull goes on with it, jetson-agent models remove {name} drops it"
        )
    if entry is None:
        raise ConfigError(f"nothing is known of a model {name!r}: see jetson-agent models list")
    return entry


def _token(file: Path) -> str:
    try:
        token = read_text(file).strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error.strerror if isinstance(error, OSError) else error}") from error
    if not token.isascii() or len(token.split()) != 1:
        raise ConfigError(f"{file}: a token is one word")
    return token
