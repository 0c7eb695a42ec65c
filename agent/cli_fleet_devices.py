"""The commands of `jetson-agent fleet` that listen to devices: commands -> calls, no logic of its own."""

from itertools import pairwise
from typing import Annotated

import typer

from agent.cli_fleet_parts import (
    BrokerOption,
    FolderArgument,
    KeysOption,
    PassphraseOption,
    ReleaseArgument,
    hearing_place,
    hinting_at_broker,
    name_in_fleet,
    opened,
    release_name,
    seconds,
    share,
)
from agent.cli_parts import INTERRUPTED, ConfigOption, command_help, told_plainly
from agent.units import Ratio

ROLLOUT_HELP = command_help(
    "Take a release to more and more of a channel's devices. Each phase lasts at least --hold, and until half of its "
    "devices that are online have come to an end. When more than --most-failures of them have failed, all go back to "
    "the release before, and it exits 1. It listens to the devices at their broker, so it has to keep running; after "
    "Ctrl-C or a power cut the same command goes on where it was.",
    (
        "jetson-agent fleet rollout ./fleet 2026.11 --channel stable --broker broker.plant.local",
        "1, 10, 50, 100 %, an hour each at least",
    ),
    (
        "jetson-agent fleet rollout … -c agent.yaml --phases 5,100 --hold 1d --most-failures 1%",
        "slower, and stricter; with the broker, TLS and password of a configuration",
    ),
)
STATUS_HELP = command_help(
    "Show the devices at a broker: which release each runs, how far its update is, since when, and what failed. "
    "Trouble comes first. Ctrl-C ends it.",
    ("jetson-agent fleet status --broker broker.plant.local", "live"),
    ("jetson-agent fleet status -c agent.yaml --once", "once, with the broker, TLS and password of a configuration"),
    ("jetson-agent fleet status --json | jq '.[] | select(.state == \"rolled_back\")'", "for programs"),
)


def _phases(text: str) -> tuple[Ratio, ...]:
    phases = tuple(share(f"{part.removesuffix('%')}%") for part in text.split(","))
    if any(low >= high for low, high in pairwise(phases)) or phases[-1] < 1:
        raise typer.BadParameter("phases are per cent that grow, up to 100: 1,10,50,100")
    return phases


def rollout(  # noqa: PLR0913 - each is an option of the command line
    folder: FolderArgument,
    release: ReleaseArgument,
    channel: Annotated[str, typer.Option(parser=name_in_fleet, metavar="NAME", help="Of which channel's devices.")],
    *,
    phases: Annotated[str, typer.Option(metavar="N,...", help="Per cent of the devices, one after the other.")] = (
        "1,10,50,100"
    ),
    hold: Annotated[str, typer.Option(metavar="TIME", help="How long a phase lasts at least.")] = "1h",
    most_failures: Annotated[
        str, typer.Option(metavar="SHARE", help="How many of a phase's devices may fail: 0.02 or 2%.")
    ] = "2%",
    broker: BrokerOption = None,
    config: ConfigOption = None,
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Roll a release out."""
    wanted, held, failures = _phases(phases), seconds(hold), share(most_failures)
    with told_plainly(), hinting_at_broker(broker):
        from agent.fleet_admin.phases import Plan  # noqa: PLC0415  # tuf takes its time
        from agent.fleet_admin.progress_line import ProgressLine  # noqa: PLC0415  # likewise
        from agent.fleet_admin.rolling import Hearing, Rolling  # noqa: PLC0415  # likewise

        where, topic_root = hearing_place(config, broker)
        place, key_folder = opened(folder, keys, passphrase)
        plan = Plan(channel, release_name(release), wanted, held, failures)
        try:
            with ProgressLine() as line:
                is_done = Rolling(place, key_folder, plan, Hearing(where, topic_root, line.tell, line.show)).run()
        except KeyboardInterrupt as error:
            typer.echo("Stopped. Devices go on with what is signed; the same command goes on from here.", err=True)
            raise typer.Exit(INTERRUPTED) from error
        if not is_done:
            raise typer.Exit(1)
        typer.echo(f"{release} is for all of {channel}")


def status(
    broker: BrokerOption = None,
    config: ConfigOption = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it once, for programs.")] = False,
) -> None:
    """Show devices."""
    with told_plainly(), hinting_at_broker(broker):
        where, topic_root = hearing_place(config, broker)
        from agent.fleet_admin.table import show_live, show_once  # noqa: PLC0415  # rich takes its time

        if once or json:
            show_once(where, topic_root, json=json)
        else:
            show_live(where, topic_root)
