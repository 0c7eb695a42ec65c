"""The commands `jetson-agent fleet …`: commands -> calls, no logic of its own."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli_fleet_desired import PROMOTE_HELP, ROLLBACK_HELP, UNPIN_HELP, promote, rollback, unpin
from agent.cli_fleet_devices import ROLLOUT_HELP, STATUS_HELP, rollout, status
from agent.cli_fleet_parts import (
    FolderArgument,
    KeysOption,
    NameOption,
    PassphraseOption,
    Passphrases,
    name_in_fleet,
    now,
    opened,
    release_name,
)
from agent.cli_fleet_upkeep import CHECK_HELP, REFRESH_HELP, ROTATE_KEYS_HELP, check, refresh, rotate_keys
from agent.cli_parts import command_help, told_plainly
from agent.units import Bytes

fleet = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help=command_help(
        "Update many devices from one signed folder of static files (docs/fleet.md). These are the operator's "
        "commands: a device needs none of them.",
        ("jetson-agent fleet init ./fleet", "keys and an empty repository"),
        ("jetson-agent fleet publish ./fleet --name 2026.11 --wheels wheels --lock requirements.lock", "a release"),
        ("jetson-agent fleet rollout ./fleet 2026.11 --channel stable", "to 1, 10, 50 and 100 % of the devices"),
        ("jetson-agent fleet status --broker broker.plant.local", "who has it"),
    ),
)


@fleet.command(
    help=command_help(
        "Make a fleet's folder: repository/ for a web server, keys/, and root.json, which devices are installed with. "
        "Take the keys of root away from this machine afterwards: they are needed once a year.",
        ("jetson-agent fleet init ./fleet", "channels stable and beta, 2 of 3 keys of root"),
        ("jetson-agent fleet init ./fleet --channel stable --root-keys 1 --root-threshold 1", "for a fleet of one"),
    ),
)
def init(  # noqa: PLR0913 - each is an option of the command line
    folder: FolderArgument,
    channel: Annotated[
        list[str] | None,
        typer.Option(parser=name_in_fleet, metavar="NAME", help="A channel. Default: stable and beta."),
    ] = None,
    passphrase: PassphraseOption = None,
    *,
    root_keys: Annotated[int, typer.Option(min=1, max=20, metavar="N", help="How many keys root has.")] = 3,
    root_threshold: Annotated[int, typer.Option(min=1, max=20, metavar="N", help="How many of them have to sign.")] = 2,
    single_devices: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="How many devices may get a release of their own, about."),
    ] = 100,
) -> None:
    """Make a fleet."""
    with told_plainly():
        from agent.fleet_admin.creating import NewFleet, create  # noqa: PLC0415  # tuf takes its time
        from agent.fleet_admin.keys import KeyFolder  # noqa: PLC0415  # likewise
        from agent.fleet_admin.place import Place  # noqa: PLC0415  # likewise

        place = Place(folder)
        keys = KeyFolder(place.keys, Passphrases(passphrase, is_new=True))
        channels = tuple(dict.fromkeys(channel or ("stable", "beta")))
        create(place, keys, NewFleet(channels, root_keys, root_threshold, single_devices), now())
        typer.echo(f"{place.repository.folder}  give this folder, and nothing else, to a web server")
        typer.echo(f"{place.root}  goes onto every device: fleet.root in its configuration; it is no secret")
        typer.echo(
            f"{place.keys}/root  {root_keys} keys, {root_threshold} of which sign: move each to another safe place"
        )
        typer.echo(f"{place.keys}  what signs releases and channels: keep it here, and a copy elsewhere")
        typer.echo(f"Every day, by cron or a timer: jetson-agent fleet refresh {folder} --passphrase-file FILE")


@fleet.command(
    "add-channel",
    help=command_help(
        "Add a channel, with a key of its own: who has that key says what the channel's devices run.",
        ("jetson-agent fleet add-channel ./fleet canary", "and then: fleet promote … --channel canary"),
    ),
)
def add_channel(
    folder: FolderArgument,
    channel: Annotated[str, typer.Argument(parser=name_in_fleet, metavar="NAME", help="The channel.")],
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Add a channel."""
    with told_plainly():
        from agent.fleet_admin.creating import add_channel as add  # noqa: PLC0415  # see init

        place, key_folder = opened(folder, keys, passphrase)
        add(place, key_folder, channel, now())
        typer.echo(f"the channel {channel} is there; devices take it with fleet.channel: {channel}")


@fleet.command(
    help=command_help(
        "Publish a release: copy its contents under their digests, write and sign its manifest. No device takes it "
        "before it is promoted. The same command again goes on after it was cut off.",
        (
            "pip download --require-hashes --only-binary :all: --no-deps -r requirements.lock -d wheels",
            "what the lock names, for this machine and this Python; others, a Jetson's: deploy/make-bundle.sh",
        ),
        ("pip wheel --no-deps -w wheels .", "the agent, from its sources"),
        (
            "jetson-agent fleet publish ./fleet --name 2026.11 --wheels wheels --lock requirements.lock",
            "an agent without models: devices keep theirs",
        ),
        (
            "jetson-agent fleet publish … --model models/llama --canary canaries.yaml --proof lasts=30min",
            "a model, and what the release is asked before it is trusted",
        ),
    ),
)
def publish(  # noqa: PLR0913 - each is an option of the command line
    folder: FolderArgument,
    name: NameOption,
    wheels: Annotated[Path, typer.Option(metavar="FOLDER", help="The wheels of the agent and of what it needs.")],
    lock: Annotated[Path, typer.Option(metavar="FILE", help="pip's requirements file, with hashes.")],
    *,
    model: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="A model; the folder's name is its name.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Configuration that each device's own is laid over.")
    ] = None,
    canary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Prompts whose answers are known, as YAML: docs/fleet.md.")
    ] = None,
    proof: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="What it must show: within=5min, lasts=10min, least_speed=0.8, most_energy=1.25, most_failures=0.02.",
        ),
    ] = None,
    board: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A board it is for, by how its name begins. Default: all.")
    ] = None,
    launcher: Annotated[int, typer.Option(min=1, metavar="N", help="The least version of the launcher.")] = 1,
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Publish a release."""
    with told_plainly():
        from agent.fleet_admin.demands import check_fragment, read_canaries, read_proof  # noqa: PLC0415  # see init
        from agent.fleet_admin.publishing import Parts, size_of  # noqa: PLC0415  # likewise
        from agent.fleet_admin.publishing import publish as publish_parts  # noqa: PLC0415  # likewise
        from agent.fleet_admin.wording import counted  # noqa: PLC0415  # likewise
        from agent.models.progress_bar import ProgressBar  # noqa: PLC0415  # likewise

        canaries = () if canary is None else read_canaries(canary)
        wanted = read_proof(proof or [])
        if config is not None:
            check_fragment(config, model or ())
        parts = Parts(wheels, lock, tuple(model or ()), config, canaries, wanted, tuple(board or ()), launcher)
        place, key_folder = opened(folder, keys, passphrase)
        with ProgressBar(f"copying {name}") as bar:
            bar.begin(size_of(parts), have=Bytes(0))
            published = publish_parts(place, key_folder, release_name(name), parts, now=now(), progress=bar.advance)
        was = "was published already" if published.was_there else "is published"
        release = published.release
        machines = " and ".join(release.requires.architectures) or "any machine"
        typer.echo(
            f"{name} {was}: agent {release.version}, {counted(len(release.wheels), 'wheel', 'wheels')} for {machines}, "
            f"{counted(len(release.models), 'model', 'models')}, "
            f"{counted(len(release.canaries), 'canary', 'canaries')}"
        )
        if not canaries:
            typer.echo("No canary: the release is trusted when it serves, whatever it answers (--canary)", err=True)
        typer.echo(f"No device takes it yet: jetson-agent fleet rollout {folder} {name} --channel stable")


fleet.command("promote", help=PROMOTE_HELP)(promote)
fleet.command("unpin", help=UNPIN_HELP)(unpin)
fleet.command("rollout", help=ROLLOUT_HELP)(rollout)
fleet.command("status", help=STATUS_HELP)(status)
fleet.command("rollback", help=ROLLBACK_HELP)(rollback)
fleet.command("rotate-keys", help=ROTATE_KEYS_HELP)(rotate_keys)
fleet.command("refresh", help=REFRESH_HELP)(refresh)
fleet.command("check", help=CHECK_HELP)(check)
