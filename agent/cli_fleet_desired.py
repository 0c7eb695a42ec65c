"""The commands of `jetson-agent fleet` that say what devices should run: commands -> calls, no logic of its own."""

from typing import Annotated

import typer

from agent.cli_fleet_parts import (
    FolderArgument,
    KeysOption,
    PassphraseOption,
    ReleaseArgument,
    name_in_fleet,
    now,
    opened,
    release_name,
    share,
)
from agent.cli_parts import command_help, told_plainly
from agent.units import Ratio

PROMOTE_HELP = command_help(
    "Say what a channel's devices, a group's, or one device should run. The nearest to the device counts: its own, "
    "else its group's, else its channel's. With a smaller share only some take it so far, always the same ones.",
    ("jetson-agent fleet promote ./fleet 2026.11 --channel beta", "all devices of beta"),
    ("jetson-agent fleet promote ./fleet 2026.11 --channel stable --share 5%", "one in twenty of stable"),
    ("jetson-agent fleet promote ./fleet 2026.11 --device orin-7", "this one, whatever its channel"),
)
UNPIN_HELP = command_help(
    "Take back what promote signed for one device or a group: it follows its group again, or its channel.",
    ("jetson-agent fleet unpin ./fleet --device orin-7", "it takes what its group or its channel has"),
    ("jetson-agent fleet unpin ./fleet --group hall-2", "so do the group's devices"),
)
ROLLBACK_HELP = command_help(
    "Have all of a channel's devices go back to the release before, whatever hours a site keeps for updates. It is "
    "signed anew, as the newest: no device is ever given old metadata.",
    ("jetson-agent fleet rollback ./fleet --channel stable", "and again: one release further back"),
)


def promote(  # noqa: PLR0913 - each is an option of the command line
    folder: FolderArgument,
    release: ReleaseArgument,
    *,
    channel: Annotated[
        str | None, typer.Option(parser=name_in_fleet, metavar="NAME", help="For a channel's devices.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(parser=name_in_fleet, metavar="NAME", help="For a group's devices.")
    ] = None,
    device: Annotated[str | None, typer.Option(parser=name_in_fleet, metavar="ID", help="For one device.")] = None,
    part: Annotated[
        float | None, typer.Option("--share", parser=share, metavar="SHARE", help="How many of them: 0.05 or 5%.")
    ] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="Whatever hours a site keeps for updates.")] = False,
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Promote a release."""
    with told_plainly():
        from agent.fleet_admin.promoting import Promotion, target_for  # noqa: PLC0415  # tuf takes its time
        from agent.fleet_admin.promoting import promote as sign_desired  # noqa: PLC0415  # likewise

        target = target_for(channel, group, device)
        place, key_folder = opened(folder, keys, passphrase)
        whole = Ratio(1.0 if part is None else part)
        desired = sign_desired(place, key_folder, Promotion(target, release_name(release), whole, urgent), now())
        typer.echo(f"{target.removesuffix('.json')}: {desired.release}, for {desired.share:.1%} of the devices")


def unpin(
    folder: FolderArgument,
    *,
    group: Annotated[str | None, typer.Option(parser=name_in_fleet, metavar="NAME", help="Of a group.")] = None,
    device: Annotated[str | None, typer.Option(parser=name_in_fleet, metavar="ID", help="Of one device.")] = None,
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Take a document of a group's or a device's own back."""
    with told_plainly():
        from agent.fleet_admin.promoting import pin_of  # noqa: PLC0415  # likewise
        from agent.fleet_admin.promoting import unpin as take_back  # noqa: PLC0415  # likewise

        target = pin_of(group, device)
        place, key_folder = opened(folder, keys, passphrase)
        desired = take_back(place, key_folder, target, now())
        follows = "its group or its channel" if group is None else "the channel of each of its devices"
        typer.echo(f"{target.removesuffix('.json')}: {desired.release} no longer; {follows} is followed again")


def rollback(
    folder: FolderArgument,
    channel: Annotated[str, typer.Option(parser=name_in_fleet, metavar="NAME", help="Which channel.")],
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Go back to the release before."""
    with told_plainly():
        from agent.fleet_admin.promoting import roll_back  # noqa: PLC0415  # likewise

        place, key_folder = opened(folder, keys, passphrase)
        desired = roll_back(place, key_folder, channel, now())
        typer.echo(f"channels/{channel}: {desired.release}, for all devices")
