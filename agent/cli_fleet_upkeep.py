"""The commands of `jetson-agent fleet` that keep a repository: commands -> calls, no logic of its own."""

from functools import partial
from typing import Annotated

import typer

from agent.cli_fleet_parts import FolderArgument, KeysOption, PassphraseOption, now, opened
from agent.cli_parts import command_help, told_plainly
from agent.errors import StopError
from agent.models.table import human
from agent.units import Bytes

ROTATE_KEYS_HELP = command_help(
    "Give a role a new key in place of an old one. For root, targets, snapshot and timestamp enough keys of root "
    "have to be here (--keys); devices follow from each root to the next, however long they were away.",
    ("jetson-agent fleet rotate-keys ./fleet --role channel:stable", "somebody who had that key has left"),
    ("jetson-agent fleet rotate-keys ./fleet --role timestamp --keys /media/root-1 --keys /media/root-2", "yearly"),
    ("jetson-agent fleet rotate-keys ./fleet --role root --replace root-2 --keys …", "one of root's keys is lost"),
)
REFRESH_HELP = command_help(
    "Sign anew what would expire: timestamp after half a week, snapshot after half a month, the rest a month "
    "before its year is over, where its keys are here. For cron or a timer, every day. Exits 1 when something "
    "that is due could not be signed.",
    ("jetson-agent fleet refresh ./fleet --passphrase-file /etc/fleet/passphrase", "from a timer"),
    ("jetson-agent fleet refresh ./fleet --keys /media/root-1 --keys /media/root-2", "root too, once a year"),
)
CHECK_HELP = command_help(
    "Examine the repository as a new device would, and every content of every release. Exits 1 when devices would "
    "stumble over something.",
    ("jetson-agent fleet check ./fleet", "before a rsync to the web server"),
)


def rotate_keys(
    folder: FolderArgument,
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLE", help="root, targets, snapshot, timestamp, releases, groups, devices or channel:NAME."
        ),
    ],
    replace: Annotated[
        str | None, typer.Option(metavar="KEY", help="Which key, where the role has several: root-2.")
    ] = None,
    *,
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Rotate a key."""
    with told_plainly():
        from agent.fleet_admin.roles import role_named  # noqa: PLC0415  # tuf takes its time
        from agent.fleet_admin.rotating import rotate  # noqa: PLC0415  # likewise

        place, key_folder = opened(folder, keys, passphrase)
        rotated = rotate(place, key_folder, role_named(role), replace, now())
        where = place.keys / ("root/" if role == "root" else "") / f"{rotated.new}.pem"
        typer.echo(f"{role} is signed by {rotated.new} from now on: {where}")
        if role == "root":
            typer.echo("Take the new key away from this machine")
        typer.echo(f"{rotated.old} counts no more: destroy {rotated.old}.pem and its copies")


def refresh(
    folder: FolderArgument,
    keys: KeysOption = None,
    passphrase: PassphraseOption = None,
    *,
    end_sooner: Annotated[
        bool,
        typer.Option("--end-sooner", help="The timestamp too, though the one before ends years later: a wrong clock."),
    ] = False,
) -> None:
    """Sign anew."""
    with told_plainly():
        from agent.fleet_admin.refreshing import refresh as sign_anew  # noqa: PLC0415  # likewise
        from agent.fleet_admin.roles import shown  # noqa: PLC0415  # likewise

        place, key_folder = opened(folder, keys, passphrase)
        refreshed = sign_anew(place, key_folder, now(), end_sooner=end_sooner)
        if refreshed.signed:
            typer.echo(f"signed anew: {', '.join(shown(role) for role in refreshed.signed)}")
        elif not refreshed.missing:
            typer.echo("nothing is due")
        if refreshed.missing:
            raise StopError("\n".join(refreshed.missing.values()))


def check(folder: FolderArgument) -> None:
    """Examine the repository."""
    with told_plainly():
        from agent.fleet_admin.checking import check as examine  # noqa: PLC0415  # likewise
        from agent.fleet_admin.place import Place  # noqa: PLC0415  # likewise
        from agent.fleet_admin.roles import is_bin, shown  # noqa: PLC0415  # likewise
        from agent.fleet_admin.wording import counted  # noqa: PLC0415  # likewise
        from agent.models.progress_bar import ProgressBar  # noqa: PLC0415  # likewise

        with ProgressBar("reading") as bar:
            finding = examine(Place(folder), now(), partial(bar.begin, have=Bytes(0)), bar.advance)
        for expiry in finding.expiries:
            if not is_bin(expiry.role) or expiry in finding.due:
                mark = "  due: jetson-agent fleet refresh" if expiry in finding.due else ""
                typer.echo(f"{shown(expiry.role):<20} version {expiry.version:<5} until {expiry.at:%Y-%m-%d}{mark}")
        typer.echo(f"{counted(finding.releases, 'release', 'releases')}, {human(finding.size)} of contents")
        for orphan in finding.orphans:
            typer.echo(f"{orphan}: no release needs it; it may be removed")
        for file in finding.leftovers:
            typer.echo(f"{file}: is being written, or left from a command that was cut off: the next one clears it")
        if finding.wrong:
            raise StopError("\n".join(finding.wrong))
        typer.echo("all is signed and whole")
